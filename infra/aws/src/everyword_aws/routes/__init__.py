"""Which routes the functions answer that serve more than one router."""
