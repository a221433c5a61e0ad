"""Core's own report definitions and the runner behind `ctx.core.reports`."""
