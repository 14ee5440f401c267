"""Two models on the same leads: who changes band, and why."""
