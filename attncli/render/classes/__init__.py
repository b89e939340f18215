"""The report on a class: a gradebook as tables, data and pages."""
