"""The files for a class: worksheets as data, the roster, and a folder of variants."""
