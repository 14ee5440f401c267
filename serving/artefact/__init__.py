"""The folder that holds everything a served score needs, and where it is found."""
