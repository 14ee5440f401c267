"""Leads and their scores as JSON: what was sent, one by one or the plain at once; what is answered."""
