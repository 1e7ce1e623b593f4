"""Refinement's pure steps: each takes a transcript and returns another and what it did."""
