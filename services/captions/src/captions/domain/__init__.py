"""Captions and transcripts in every format, as pure functions of a transcript."""
