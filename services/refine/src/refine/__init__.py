"""Everyword's refine service."""
