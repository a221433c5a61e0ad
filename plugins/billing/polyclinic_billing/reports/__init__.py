"""Reports and daily figures of billing."""
