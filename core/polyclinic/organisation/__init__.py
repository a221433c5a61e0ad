"""Organisation, clinics, rooms, settings: the lowest feature."""
