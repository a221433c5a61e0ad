"""The `polyclinic` command."""
