"""What a calculation costs: operations, parameters and bytes, of a document or of sizes."""
