"""Polyclinic: practice management for chains of massage clinics, extended by plugins."""

__version__ = "0.1.0"
