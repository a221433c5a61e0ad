"""The demo: believable chains on an embedded database, served on this machine alone."""
