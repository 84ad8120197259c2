"""The memory: metadata tables and migrations, the lake, outbox, search; the only SQLAlchemy."""
