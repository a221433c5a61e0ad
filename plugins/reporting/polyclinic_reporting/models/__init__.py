"""Tables of the reporting plugin, one module per noun."""
