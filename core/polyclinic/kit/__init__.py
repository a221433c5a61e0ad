"""Domain-free ground of the core: configuration, database, errors, time, ids, pagination, embedded PostgreSQL."""
