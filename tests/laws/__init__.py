"""What must hold for every scorer, feature and layer, written once."""
