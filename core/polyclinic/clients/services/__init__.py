"""Writes of the clients feature, one module per noun."""
