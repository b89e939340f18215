"""Which mistake explains a wrong step: the search, and the runs that it makes."""
