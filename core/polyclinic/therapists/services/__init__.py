"""Writes of the therapists feature, one module per noun."""
