"""Append-only audit trail: every write, refusal and read of clinical data leaves a row."""
