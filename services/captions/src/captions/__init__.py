"""Everyword's captions: a transcript in every format people and players read."""
