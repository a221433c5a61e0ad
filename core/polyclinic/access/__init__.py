"""Who may do what: the actor, the permission registry, `require` and the scoped statements."""
