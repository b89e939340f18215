"""From a document to a problem: names, choices and matrices, read and validated once."""
