"""Writes of billing: permission first, then the rules, the rows, the ledger, the audit line and the event."""
