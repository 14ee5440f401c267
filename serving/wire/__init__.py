"""Leads and their scores as JSON: what was sent, item by item, and the plain ones at once; what is answered."""
