"""Measures (scales) and measurements (scored values on them)."""

from polyclinic.plugins.contract import Better, Measure, Measurement, Moment

__all__ = ["Better", "Measure", "Measurement", "Moment"]
