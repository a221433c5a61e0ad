"""The test kit, a pytest plugin: throw-away PostgreSQL, two organisations, actors by role, REST and page clients."""
