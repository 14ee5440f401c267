"""Recipes, training, the champion and what is watched of it."""
