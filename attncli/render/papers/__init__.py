"""Documents to hand in: Markdown, LaTeX and Typst, from which PDF is made."""
