"""Everyword's ingest service: takes audio in, and tells what became of every episode."""

from ingest.config import IngestSettings
from ingest.contract import CONTRACT
from ingest.service import IngestService

__all__ = ["CONTRACT", "IngestService", "IngestSettings"]
