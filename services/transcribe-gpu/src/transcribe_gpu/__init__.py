"""Everyword's transcribe-gpu service: audio in, words with times out."""
