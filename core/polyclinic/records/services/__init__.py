"""Writes of the records feature."""
