"""Plugins' fields on core's things at the edges: REST below each thing, and forms beside it."""
