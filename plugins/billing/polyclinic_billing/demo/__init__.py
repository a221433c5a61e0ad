"""Billing's part of a demo chain."""
