"""Shrunken rates fitted, and how far each is believed."""
