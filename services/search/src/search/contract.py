"""Search's place on the bus."""

from typing import Final

from everyword_events import (
    EpisodeChanged,
    EpisodeIndexed,
    EpisodeRemoved,
    ServiceContract,
    TranscriptRefined,
)

CONTRACT: Final = ServiceContract(
    "search",
    consumes=(TranscriptRefined, EpisodeChanged, EpisodeRemoved),
    emits=(EpisodeIndexed,),
)
