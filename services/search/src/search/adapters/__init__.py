"""The engines: SQLite FTS5 (embedded) and OpenSearch."""
