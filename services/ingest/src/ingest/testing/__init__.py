"""What tests of ingest need in more than one place."""
