"""JSON in and out of billing."""
