"""Pure decisions of the plugin."""
