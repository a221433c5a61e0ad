"""Pages of scheduling, one module per page."""
