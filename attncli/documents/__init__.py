"""Files and literals to documents, and matrices back to JSON, CSV and NPZ.

Only this room opens files, and only this room parses.
"""
