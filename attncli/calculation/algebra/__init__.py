"""What every calculation is made of: operations, steps and plans, layouts, costs and expressions."""
