"""What each function is made of, service by service; imported by that service's handlers only."""
