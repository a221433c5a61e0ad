"""What plugins ask and do in core through `ctx.core`: the actor's permissions and the granted scopes hold."""
