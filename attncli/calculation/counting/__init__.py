"""The cost of a calculation: operations, parameters and bytes, of a document or of sizes."""
