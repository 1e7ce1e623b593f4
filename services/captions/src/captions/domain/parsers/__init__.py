"""Captions that others wrote, read as browsers and players read them."""
