"""Alembic migrations of the schema, from an empty database to `schema.METADATA`."""
