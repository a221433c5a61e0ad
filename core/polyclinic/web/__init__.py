"""Flask-only parts under the features: actor loading, the edges' transaction scope, errors, rendering, OpenAPI."""
