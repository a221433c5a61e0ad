"""Writes that concern a client's whole file, one module per verb."""
