"""The public surface for plugins, by theme; what its reference in docs/plugins does not list is not API."""
