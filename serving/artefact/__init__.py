"""The folder that holds everything a served score needs, and whether it is whole."""
