"""Which leads are looked at when, what became of them, and the matrix of it."""
