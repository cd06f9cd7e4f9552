"""A database of conversations: SQLite or PostgreSQL, through SQLAlchemy. The extra `store`."""
