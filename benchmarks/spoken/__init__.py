"""Speech whose words are known: to learn from, and to measure found by sound."""
