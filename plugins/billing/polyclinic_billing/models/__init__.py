"""The tables of billing, in the schema `plugin_billing`."""
