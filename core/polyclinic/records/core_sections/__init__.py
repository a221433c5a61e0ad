"""The sections that core itself contributes to every treatment record."""
