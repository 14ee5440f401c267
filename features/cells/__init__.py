"""One cell: how people write it, and the canonical value it stands for."""
