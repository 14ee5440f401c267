"""Instants in µs, wall clocks, seasons."""
