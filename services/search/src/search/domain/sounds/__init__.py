"""Found by sound: words as rows of phones, a query aligned inside them, the evidence weighed."""

from search.domain.sounds.judgement import Evidence, evidence, likelihood
from search.domain.sounds.phones import UNKNOWN, coarse, weighed_grams, written
from search.domain.sounds.places import MOST_PASSAGES, Passages, Place, best_places
from search.domain.sounds.query import sounds_asked
from search.domain.sounds.speech import Pronouncer, is_english
from search.domain.sounds.stream import (
    Reading,
    SoundPassage,
    SoundStream,
    stream_of_readings,
    stream_of_words,
)

__all__ = [
    "MOST_PASSAGES",
    "UNKNOWN",
    "Evidence",
    "Passages",
    "Place",
    "Pronouncer",
    "Reading",
    "SoundPassage",
    "SoundStream",
    "best_places",
    "coarse",
    "evidence",
    "is_english",
    "likelihood",
    "sounds_asked",
    "stream_of_readings",
    "stream_of_words",
    "weighed_grams",
    "written",
]
