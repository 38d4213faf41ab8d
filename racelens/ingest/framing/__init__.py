"""How the records of a source are laid out in its bytes, told from the bytes alone."""
