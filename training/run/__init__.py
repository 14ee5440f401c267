"""One training run from tables to verdict."""
