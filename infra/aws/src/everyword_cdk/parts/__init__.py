"""Constructs, one per capability; the stacks are made of them."""
