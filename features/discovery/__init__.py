"""From exports nobody has seen to a recipe, every guess with its reason."""
