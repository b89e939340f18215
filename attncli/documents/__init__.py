"""Read files and literals as documents; write matrices as JSON, CSV and NPZ.

Only this package opens files and parses them.
"""
