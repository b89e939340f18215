"""An answer as a person wrote it: values, digits and blanks."""
