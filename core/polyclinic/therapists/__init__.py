"""Therapists: the clinics they work at, their registrations and their weekly hours."""
