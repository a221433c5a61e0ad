"""Reads of billing: within the actor's organisation and the clinics where the permission is held."""
