"""From what an engine heard to a transcript: pure, no audio library in sight."""

from transcribe_gpu.domain.assembly import assemble
from transcribe_gpu.domain.channels import ChannelSpeech, one_talk
from transcribe_gpu.domain.checks import find_loops
from transcribe_gpu.domain.language import AUTO, language_code
from transcribe_gpu.domain.loudness import Loudness
from transcribe_gpu.domain.speech import HeardWord, Utterance

__all__ = [
    "AUTO",
    "ChannelSpeech",
    "HeardWord",
    "Loudness",
    "Utterance",
    "assemble",
    "find_loops",
    "language_code",
    "one_talk",
]
