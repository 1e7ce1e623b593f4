"""What tests and benchmarks of search share: transcripts and a brute-force oracle."""

from typing import Final

from search.config import SearchSettings

PATIENT: Final = SearchSettings(time_budget_s=60.0)
"""What is asked is what a search finds, however slow a busy machine is."""
