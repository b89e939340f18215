"""Which keys a query may attend to: the rules, and the operation that masks scores."""
