"""REST of billing, below `/api/v1/ext/billing`."""
