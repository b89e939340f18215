"""The answers of a class as graders have them: folders, ZIPs, and exports of learning platforms."""
