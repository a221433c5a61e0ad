"""Advice for the time after a visit."""
