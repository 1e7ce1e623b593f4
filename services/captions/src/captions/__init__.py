"""Everyword's captions service."""
