"""Writes of the identity feature, one module per noun."""
