"""Everyword's search service."""
