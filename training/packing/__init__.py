"""A fitted model with everything a served score needs, written, and read back through serving."""
