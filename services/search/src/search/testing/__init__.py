"""What tests and benchmarks of search share: transcripts and a brute-force oracle."""
