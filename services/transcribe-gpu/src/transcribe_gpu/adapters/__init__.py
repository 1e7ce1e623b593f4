"""Technologies behind the ports: PyAV, PocketSphinx, faster-whisper, files."""
