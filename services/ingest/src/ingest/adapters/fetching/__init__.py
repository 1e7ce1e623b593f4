"""The one way in which Everyword fetches what somebody names by address."""

from ingest.adapters.fetching.fetcher import HttpFetcher
from ingest.adapters.fetching.politeness import Politeness

__all__ = ["HttpFetcher", "Politeness"]
