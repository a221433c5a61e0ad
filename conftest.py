"""The repository's tests, core's and the plugins', use the shipped test kit."""

pytest_plugins = ["polyclinic.testing.plugin", "polyclinic.testing.populated"]
"""Where Polyclinic is installed, pytest has loaded the first by its entry point, which bears the same name."""

collect_ignore_glob = ["plugins/example/*"]
"""The examples are not installed here: `tests/plugins/test_wheels.py` runs their tests from their wheels."""
