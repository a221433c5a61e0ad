"""The repository's tests, core's and the plugins', use the shipped test kit."""

pytest_plugins = ["polyclinic.testing.plugin", "polyclinic.testing.populated"]
"""Where Polyclinic is installed, pytest has loaded the first by its entry point, which bears the same name."""
