"""Everyword's transcribe-gpu service."""
