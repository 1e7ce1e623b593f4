"""Everyword's ingest service."""
