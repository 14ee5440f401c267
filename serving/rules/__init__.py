"""The scorecard: points as data, bound to a recipe."""
