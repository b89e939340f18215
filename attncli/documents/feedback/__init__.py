"""The reports for students as files: in a folder, or in a ZIP for a learning platform."""
