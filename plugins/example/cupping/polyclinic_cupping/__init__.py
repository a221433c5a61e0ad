"""Cupping: where cups stood, how strongly they drew, what the skin and the client said."""
