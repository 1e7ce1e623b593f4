"""Everyword whole on one machine."""

MODEL_KEY = "EVERYWORD_MODEL_KEY"
"""The environment's name for the key of the language model."""
