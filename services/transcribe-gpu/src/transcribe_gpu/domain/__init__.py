"""From what an engine heard to a transcript: pure, no audio library in sight."""

from transcribe_gpu.domain.assembly import assemble
from transcribe_gpu.domain.channels import ChannelSpeech, one_talk, without_leaks
from transcribe_gpu.domain.checks import find_loops
from transcribe_gpu.domain.copies import copied_channel
from transcribe_gpu.domain.doubts import Assessed, assess
from transcribe_gpu.domain.gaps import filled, unheard
from transcribe_gpu.domain.joining import in_recording, joined
from transcribe_gpu.domain.language import AUTO, LanguageDetection, language_code
from transcribe_gpu.domain.loudness import Loudness
from transcribe_gpu.domain.phrases import sentences
from transcribe_gpu.domain.quality import Quality
from transcribe_gpu.domain.separation import talk_at_once
from transcribe_gpu.domain.speakers import (
    Diarization,
    SpeakerTurn,
    Voice,
    labelled_as_before,
    with_speakers,
    with_speakers_anew,
)
from transcribe_gpu.domain.speech import HeardWord, Hypothesis, Utterance
from transcribe_gpu.domain.tracks import best_track, spoken_in
from transcribe_gpu.domain.voice_activity import EnergyVoiceActivity, SpeechProbabilities
from transcribe_gpu.domain.windows import Window, cut_windows
from transcribe_gpu.domain.word_edges import within_speech

__all__ = [
    "AUTO",
    "Assessed",
    "ChannelSpeech",
    "Diarization",
    "EnergyVoiceActivity",
    "HeardWord",
    "Hypothesis",
    "LanguageDetection",
    "Loudness",
    "Quality",
    "SpeakerTurn",
    "SpeechProbabilities",
    "Utterance",
    "Voice",
    "Window",
    "assemble",
    "assess",
    "best_track",
    "copied_channel",
    "cut_windows",
    "filled",
    "find_loops",
    "in_recording",
    "joined",
    "labelled_as_before",
    "language_code",
    "one_talk",
    "sentences",
    "spoken_in",
    "talk_at_once",
    "unheard",
    "with_speakers",
    "with_speakers_anew",
    "within_speech",
    "without_leaks",
]
