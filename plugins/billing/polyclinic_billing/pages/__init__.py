"""The pages of billing and its panels in core's pages."""
