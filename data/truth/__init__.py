"""What the simulator knows of each lead: its true probability, the limit that no model can beat."""
