"""Found by sound: words as rows of coarse sounds, and a query aligned inside them."""

from search.domain.sounds.alignment import Heard, nearest_in
from search.domain.sounds.classes import UNKNOWN, coarse
from search.domain.sounds.query import SoundQuery, sound_query
from search.domain.sounds.speech import Pronouncer
from search.domain.sounds.stream import Reading, SoundStream, readings_of, stream_of_words

__all__ = [
    "UNKNOWN",
    "Heard",
    "Pronouncer",
    "Reading",
    "SoundQuery",
    "SoundStream",
    "coarse",
    "nearest_in",
    "readings_of",
    "sound_query",
    "stream_of_words",
]
