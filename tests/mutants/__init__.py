"""Small faults planted in the crucial modules one at a time, to see whether the tests notice each of them.

`make mutants PIECE=split` tries one piece for ten minutes at most and goes on where it stopped. mutmut
plants; `pieces.toml` says which modules and tests belong together, `equivalent.toml` which faults change
nothing.
"""
