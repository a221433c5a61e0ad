"""Two filled organisations for the probes."""

from polyclinic.testing.populated import populated_live, populated_template  # noqa: F401
