"""The screen of `attncli explore`: a calculation to walk through, cell by cell."""
