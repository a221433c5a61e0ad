"""What the plugin adds to Polyclinic."""
