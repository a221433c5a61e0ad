"""The hand-written ceiling: bare WSGI, psycopg and orjson with the product's SQL, authentication and audit."""
