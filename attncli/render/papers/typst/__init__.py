"""Documents in Typst, and PDF files from them."""
