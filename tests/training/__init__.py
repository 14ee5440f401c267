"""How a scorer is made, judged and registered."""
