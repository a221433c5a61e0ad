"""What chain administrators decide about the installation: which plugins are on where, and what they may do."""
