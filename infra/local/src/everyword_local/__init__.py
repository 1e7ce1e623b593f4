"""Everyword whole on one machine."""
