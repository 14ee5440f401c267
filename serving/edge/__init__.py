"""One HTTP request in, one answer out; closed by default."""
