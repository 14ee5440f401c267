"""Does serving read a lead as training does?."""
