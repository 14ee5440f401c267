"""Runs, versions and aliases in MLflow; who is promoted."""
