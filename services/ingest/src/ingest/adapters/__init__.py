"""Ingest's ports on real technology: PyAV, SQLite."""
