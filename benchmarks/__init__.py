"""Measures the product beside a hand-written program that does the same work: `make bench`."""
