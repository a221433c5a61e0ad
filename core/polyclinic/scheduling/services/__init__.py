"""Writes of scheduling, one module per verb."""
