"""Columns that know the outcome, named by measurement."""
