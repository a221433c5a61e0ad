"""Journeys run against one populated chain per worker."""
