"""Clients: contact data, duplicates, search, flags, health history, the clinics where they are known."""
