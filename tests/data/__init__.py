"""The simulated company, and the limit that no model can beat."""
