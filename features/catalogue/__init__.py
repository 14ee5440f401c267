"""Every kind of feature with both readings side by side, and which of them a recipe gets."""
