"""The Alembic environment that runs every plugin's migrations; a plugin ships version files only."""
