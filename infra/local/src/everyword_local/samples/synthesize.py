"""Synthesize the two sample episodes and their truth files, beside this script.

Run `python synthesize.py` with flite 2.2 and opusenc (opus-tools) installed. Noise and gaps are
seeded and the Ogg serial numbers are fixed, so the same tools write the same bytes again.
"""

import io
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import soundfile

Samples = npt.NDArray[np.float32]

SAMPLE_RATE = 16_000  # what the flite voices speak at, and what the recognisers listen at
SPEECH_RMS = 0.08  # of full scale; leaves about 12 dB to the peaks
NOISE_RMS = 0.001  # of full scale: a room is never digitally silent
MARGIN_S = 0.02  # kept around a sentence: the synthesizer's boundaries cut closer than ears do
FADE_S = 0.005
LEAD_S = 0.4  # before the first sentence and after the last
GAP_S = (0.35, 0.6)  # between sentences, drawn uniformly
BITRATE_KBITS = {1: 32, 2: 64}  # by channels; less would let the two speakers leak into each other


@dataclass(frozen=True, slots=True)
class FliteVoice:
    """A flite voice and the float features that make a speaker of it."""

    name: str
    features: tuple[tuple[str, float], ...] = ()

    def arguments(self) -> list[str]:
        """Return the voice as flite's command line wants it."""
        settings = [("--setf", f"{feature}={value}") for feature, value in self.features]
        return ["-voice", self.name, *(argument for pair in settings for argument in pair)]


@dataclass(frozen=True, slots=True)
class Script:
    """An episode before it is spoken: who has which voice, and who says what.

    `spoken` has one `Speaker: sentence` a line.
    """

    name: str
    title: str
    show: str
    published_at: str
    channels: Literal["speakers", "mix"]
    voices: dict[str, FliteVoice]
    spoken: str
    seed: int

    def lines(self) -> Iterator[tuple[str, str]]:
        """Yield the speaker and the text of each sentence."""
        for line in self.spoken.splitlines():
            speaker, _, text = line.partition(": ")
            yield speaker, text

    def channel_of(self, speaker: str) -> int | None:
        """Return the channel that is the speaker's own, or None where all share one."""
        return list(self.voices).index(speaker) if self.channels == "speakers" else None


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone of flite's output, in seconds from the start of that output."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SampleWord:
    """One spoken word, in seconds."""

    word: str
    start: float
    end: float

    def shifted(self, by_s: float) -> "SampleWord":
        """Return the word `by_s` seconds later, rounded to milliseconds."""
        return SampleWord(self.word, round(self.start + by_s, 3), round(self.end + by_s, 3))


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the truth, in seconds from the start of the episode."""

    speaker: str
    channel: int | None
    text: str
    start: float
    end: float
    words: tuple[SampleWord, ...]


INTERVIEW = Script(
    name="interview",
    title="Ten thousand hours of tape",
    show="The Long Playback",
    published_at="2026-02-03T06:00:00Z",
    channels="speakers",
    voices={"Helen": FliteVoice("slt"), "Thomas": FliteVoice("rms")},
    spoken="""\
Helen: Hello and welcome to the program, my name is Helen.
Helen: Today we are talking about a sound archive on the coast.
Helen: Can you tell us about the oldest voice?
Thomas: The oldest is the voice of the lighthouse keeper, and he is talking about the storm of \
the century.
Thomas: He says that the foghorn was so loud that every window in the house would shake.
Helen: How do you find one sentence in ten thousand hours of conversation?
Thomas: Every interview has a transcript, and every word in it points back to the moment when it \
was spoken.
Helen: Suppose that I want to hear about the foghorn.
Thomas: We found the foghorn in nine different interviews.
Thomas: You type the word, and one second later you hear the person who said it.
Helen: What happens when the computer makes a mistake?
Thomas: It happens all the time, especially with the names of people and places.
Thomas: We correct the mistake one time, and the computer repairs all of the transcripts.
Helen: That is a wonderful idea.
Helen: And what is your favorite discovery?
Thomas: It is the story of a woman called Margaret, whose father was the lighthouse keeper.
Helen: What did she say about the foghorn?
Thomas: She told us that when the foghorn stopped, she could not sleep.
Helen: How can people listen to these stories?
Thomas: Everything is on our website, where anybody can listen for free.
Thomas: The past is not silent, it is just very difficult to search.
Helen: Thank you for coming in today, Thomas.
Thomas: It was a pleasure.
""",
    seed=1,
)

ARCHIVE = Script(
    name="archive",
    title="Margaret, daughter of the lighthouse keeper",
    show="Island Voices",
    published_at="2026-02-10T06:00:00Z",
    channels="mix",
    voices={
        "Daniel": FliteVoice("kal16"),
        "Margaret": FliteVoice("slt", (("duration_stretch", 1.1), ("f0_shift", 0.85))),
    },
    spoken="""\
Daniel: Margaret, when were you born?
Margaret: In the middle of a terrible storm, on the second of January.
Margaret: My father was the lighthouse keeper, and my mother kept the weather records.
Margaret: There were four of us, and we did not have any neighbors.
Daniel: What did you hear at night?
Margaret: When the fog came in, my father started the engine, and the foghorn would sound until \
the morning.
Margaret: To visitors it was a terrible noise, but to me it was the sound of safety.
Margaret: When the foghorn stopped, I could not sleep.
Daniel: How did you get food in the winter?
Margaret: A fisherman delivered food and letters every two weeks.
Margaret: One winter, nobody visited us for thirty days, and we had nothing but potatoes.
Daniel: Did you ever feel alone?
Margaret: I was never lonely, because the radio was my best friend.
Daniel: When did you finally leave the island?
Margaret: One summer the government installed an automatic system.
Margaret: They did not need my father anymore, and we had to leave the island.
Daniel: And what do you miss the most?
Margaret: I have lived in the city for forty years, and I still wake up when it is quiet.
Margaret: I still hear the foghorn in my dreams.
Daniel: Thank you for telling us your story.
""",
    seed=2,
)


def speak(voice: FliteVoice, text: str) -> tuple[Samples, list[Phone]]:
    """Speak `text`; return float32 (n_samples,) at 16 kHz mono, and the phones without pauses."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        command = ["flite", *voice.arguments(), "-psdur", "-t", text, "-o", str(path)]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        samples, sample_rate = soundfile.read(path, dtype="float32")
    if sample_rate != SAMPLE_RATE:
        raise ValueError(f"voice {voice.name} speaks at {sample_rate} Hz, not {SAMPLE_RATE}")
    return samples, [phone for phone in parse_phones(printed) if phone.name != "pau"]


def parse_phones(printed: str) -> Iterator[Phone]:
    """Yield the phones of flite's `-psdur` print: `name:end` pairs, ends in seconds."""
    start = 0.0
    for pair in printed.split():
        name, _, end = pair.rpartition(":")
        yield Phone(name, start, float(end))
        start = float(end)


@cache
def count_phones(voice_name: str, word: str) -> int:
    """Return how many phones the voice's lexicon gives the word."""
    return len(speak(FliteVoice(voice_name), word)[1])


def time_words(voice: FliteVoice, text: str, phones: list[Phone]) -> list[SampleWord]:
    """Group a sentence's phones into its words.

    Raises:
        ValueError: a word sounds longer or shorter in the sentence than alone; reword it.

    """
    words: list[SampleWord] = []
    at = 0
    for word in (token.strip(",.?") for token in text.split()):
        own = phones[at : at + count_phones(voice.name, word)]
        if not own:
            break
        words.append(SampleWord(word, own[0].start, own[-1].end))
        at += len(own)
    if at != len(phones) or len(words) != len(text.split()):
        raise ValueError(f"phones and words do not match: {text}")
    return words


def level(samples: Samples) -> Samples:
    """Fade both ends and bring the samples to the speech level."""
    n_fade = int(FADE_S * SAMPLE_RATE)
    ramp = np.linspace(0.0, 1.0, n_fade, dtype=np.float32)
    shaped = samples.copy()
    shaped[:n_fade] *= ramp
    shaped[-n_fade:] *= ramp[::-1]
    gain = SPEECH_RMS / float(np.sqrt(np.mean(np.square(shaped))))
    return shaped * np.float32(gain)


def perform(script: Script) -> tuple[Samples, list[Sentence]]:
    """Speak a script; return float32 (n_samples, n_channels) at 16 kHz, and its truth."""
    rng = np.random.default_rng(script.seed)
    placed: list[tuple[int, int, Samples]] = []  # first sample, channel, speech
    sentences: list[Sentence] = []
    at = int(LEAD_S * SAMPLE_RATE)
    for speaker, text in script.lines():
        voice, channel = script.voices[speaker], script.channel_of(speaker)
        samples, phones = speak(voice, text)
        first = max(0, int((phones[0].start - MARGIN_S) * SAMPLE_RATE))
        speech = level(samples[first : int((phones[-1].end + MARGIN_S) * SAMPLE_RATE)])
        offset_s = (at - first) / SAMPLE_RATE
        words = tuple(word.shifted(offset_s) for word in time_words(voice, text, phones))
        sentences.append(Sentence(speaker, channel, text, words[0].start, words[-1].end, words))
        placed.append((at, channel or 0, speech))
        at += len(speech) + int(rng.uniform(*GAP_S) * SAMPLE_RATE)
    last, _, speech = placed[-1]
    n_samples = last + len(speech) + int(LEAD_S * SAMPLE_RATE)
    n_channels = len(script.voices) if script.channels == "speakers" else 1
    return mix(placed, rng.normal(0.0, NOISE_RMS, (n_samples, n_channels))), sentences


def mix(placed: Iterable[tuple[int, int, Samples]], noise: npt.NDArray[np.float64]) -> Samples:
    """Lay each (first sample, channel, speech) over the noise (n_samples, n_channels)."""
    audio = noise.astype(np.float32)
    for first, channel, speech in placed:
        audio[first : first + len(speech), channel] += speech
    if np.abs(audio).max() >= 1.0:
        raise ValueError("the speech clips: lower SPEECH_RMS")
    return audio


def encode_opus(audio: Samples, path: Path, serial: int) -> None:
    """Write float32 (n_samples, n_channels) at 16 kHz as Ogg Opus, resampled to 48 kHz."""
    wav = io.BytesIO()
    soundfile.write(wav, audio, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    bitrate = str(BITRATE_KBITS[audio.shape[1]])
    command = ["opusenc", "--quiet", "--speech", "--bitrate", bitrate]
    command += ["--serial", str(serial), "-", str(path)]
    subprocess.run(command, check=True, input=wav.getvalue())


def write_episode(script: Script, folder: Path) -> None:
    """Write the script's audio and truth into the folder."""
    audio, sentences = perform(script)
    path = folder / f"{script.name}.opus"
    encode_opus(audio, path, serial=script.seed)
    truth = {
        "title": script.title,
        "show": script.show,
        "published_at": script.published_at,
        "language": "en",
        "audio": path.name,
        "channels": script.channels,
        "speakers": list(script.voices),
        "duration_s": round(len(audio) / SAMPLE_RATE, 3),
        "sentences": [asdict(sentence) for sentence in sentences],
    }
    path.with_suffix(".json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Write both episodes beside this script."""
    for script in (INTERVIEW, ARCHIVE):
        write_episode(script, Path(__file__).parent)


if __name__ == "__main__":
    main()
