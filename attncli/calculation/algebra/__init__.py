"""The parts of every calculation: operations, steps, plans, layouts, costs and expressions."""
