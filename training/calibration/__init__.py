"""Maps from margins to probabilities, chosen where newer outcomes do not refute the plainest."""
