"""How well leads were ordered and told: figures, curves and groups of a run."""
