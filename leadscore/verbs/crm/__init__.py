"""To and from CRMs and ad platforms."""
