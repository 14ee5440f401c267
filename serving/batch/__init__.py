"""A whole export scored: every row back, in its order."""
