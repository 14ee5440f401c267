"""Leads scored, planned, rolled up and counted."""
