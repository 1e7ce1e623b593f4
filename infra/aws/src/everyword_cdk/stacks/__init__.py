"""One stack per service, and the bus, the website and operations."""
