"""Arithmetic on arrays, knowing no recipe: figures of scorers, what chance does to them, two regressions."""
