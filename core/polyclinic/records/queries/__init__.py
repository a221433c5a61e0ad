"""Reads of the records feature."""
