"""What search means, whatever engine does it: tokens, queries, tiers, moments, pages."""
