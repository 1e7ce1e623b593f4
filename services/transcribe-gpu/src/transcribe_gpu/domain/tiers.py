"""How good a transcript is wanted: names that stay while models come and go."""

from typing import Final

DRAFT: Final = "draft"
FAST: Final = "fast"
ACCURATE: Final = "accurate"
MAX: Final = "max"
TIERS: Final = (DRAFT, FAST, ACCURATE, MAX)
