"""Found by sound: words as rows of coarse sounds, and a query aligned inside them."""

from search.domain.sounds.alignment import Heard, grams_of, nearest_around_shared, nearest_in
from search.domain.sounds.classes import UNKNOWN, coarse
from search.domain.sounds.places import Place, ranked
from search.domain.sounds.query import SoundQuery, sound_query
from search.domain.sounds.speech import Pronouncer, is_english
from search.domain.sounds.stream import Reading, SoundStream, readings_of, stream_of_words

__all__ = [
    "UNKNOWN",
    "Heard",
    "Place",
    "Pronouncer",
    "Reading",
    "SoundQuery",
    "SoundStream",
    "coarse",
    "grams_of",
    "is_english",
    "nearest_around_shared",
    "nearest_in",
    "ranked",
    "readings_of",
    "sound_query",
    "stream_of_words",
]
