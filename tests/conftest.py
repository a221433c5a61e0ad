"""The repository's tests use the shipped test kit."""

pytest_plugins = ["polyclinic.testing.plugin", "polyclinic.testing.populated"]
