"""Pure decisions of the neuromuscular protocol."""
