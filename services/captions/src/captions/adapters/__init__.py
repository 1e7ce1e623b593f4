"""What captions keeps its projection in."""
