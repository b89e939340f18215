"""What a teacher hands out, as files: worksheets, rosters, and a folder of variants."""
