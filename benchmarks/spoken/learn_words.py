"""Learn from Whisper's errors what the phones of written words are taken for.

    PYTHONPATH=benchmarks python -m spoken.learn_words FOLDER MODEL [MODEL …] [--cache DIR]

Writes `words` and `weights_of_words` of learned.json in search.domain.phonetics. FOLDER holds
recordings and their truth (see `everyword eval search`), a MODEL is a folder that faster-whisper
loads. Every recording is mixed with white noise and with the babble of the others at 5 to 15 dB
and recognised, once. Phones said and written are aligned and counted; then places that the
phonetic search finds, and that do not have the word written, teach a logistic regression, drawn
towards the weights that were there before: few errors of few recordings are no ground for more.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from everyword_local.commands.evaluating_search import truths_in
from everyword_transcripts import Transcript, read_transcript
from everyword_transcripts.truth import Truth
from search.adapters.pronunciations import pronouncer
from search.config import SearchSettings
from search.domain.pages import SearchRequest
from search.domain.phonetics import phones
from search.domain.query import parse_query
from search.domain.tokens import tokens_of
from search.engines import open_engine
from search.evaluation import document_of, is_asked, is_said_at, said_in
from spoken.corpora import CACHE
from spoken.learn_sounds import LEARNED, N, Table, counted

SNRS_DB = (5, 10, 15)
VOICES = 6
DRAWN_TO_BEFORE = 200.0
Samples = NDArray[np.float32]
Floats = NDArray[np.float64]


def main(arguments: Sequence[str] | None = None) -> int:
    """Learn, and write what was learnt."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    truths = truths_in(options.folder, "en").truths
    heard = [
        one
        for model in options.models
        for one in noisy(options.folder, truths, model, options.cache)
    ]
    learned = json.loads(LEARNED.read_text("utf-8"))
    learned["words"] = confusions_of(truths, heard)
    LEARNED.write_text(json.dumps(learned, separators=(",", ":")) + "\n", "utf-8")
    learned["weights_of_words"] = weights(truths, heard, learned["weights_of_words"])
    LEARNED.write_text(json.dumps(learned, separators=(",", ":")) + "\n", "utf-8")
    return 0


def noisy(
    folder: Path, truths: Sequence[Truth], model: Path, cache: Path
) -> Iterator[dict[str, Transcript]]:
    """Yield the transcripts of all recordings in each condition, recognised once."""
    from faster_whisper import WhisperModel  # noqa: PLC0415 - for this script alone
    from faster_whisper.audio import decode_audio  # noqa: PLC0415

    audio = {truth.audio.name: decode_audio(str(folder / truth.audio.name)) for truth in truths}
    whisper = None
    for kind, snr_db in [(kind, snr) for kind in ("white", "babble") for snr in SNRS_DB]:
        found: dict[str, Transcript] = {}
        for name, speech in audio.items():
            kept = cache / f"{model.name}-{kind}-{snr_db}-{name}.json"
            if not kept.exists():
                whisper = whisper or WhisperModel(str(model), device="cpu", compute_type="int8")
                others = [a for other, a in audio.items() if other != name]
                samples = mixed(speech, others if kind == "babble" else [], snr_db)
                segments, _ = whisper.transcribe(
                    samples, language="en", word_timestamps=True, vad_filter=True,
                    condition_on_previous_text=False,
                )  # fmt: skip
                words = [
                    {"word": w.word, "start": w.start, "end": w.end}
                    for segment in segments
                    for w in segment.words or ()
                ]
                kept.write_text(json.dumps(as_transcript(words, len(speech) / 16_000)), "utf-8")
            found[name] = read_transcript(kept.read_bytes())
        yield found


def as_transcript(words: Sequence[dict[str, object]], duration_s: float) -> dict[str, object]:
    """Return our transcript JSON of one segment."""
    text = "".join(str(word["word"]) for word in words).strip()
    segment = {"start": 0, "end": duration_s, "text": text, "words": words}
    return {"language": "en", "duration_s": duration_s, "segments": [segment] if words else []}


def mixed(speech: Samples, others: Sequence[Samples], snr_db: float) -> Samples:
    """Mix with white noise, or the babble of others, at a ratio over the louder 60 %."""
    draw = np.random.default_rng(len(speech))
    noise = draw.standard_normal(len(speech))
    if others:
        noise = np.zeros(len(speech))
        for _ in range(VOICES):
            voice = others[draw.integers(len(others))]
            again = np.tile(voice, len(speech) // len(voice) + 1)
            noise += np.roll(again, draw.integers(len(voice)))[: len(speech)] / rms(voice)
    frames = np.sort((speech[: len(speech) // 400 * 400].reshape(-1, 400) ** 2).mean(axis=1))
    loud = float(np.sqrt(frames[int(0.4 * len(frames)) :].mean()))
    result: Samples = (speech + noise / rms(noise) * loud * 10 ** (-snr_db / 20)).astype(np.float32)
    return result


def rms(samples: NDArray[np.floating]) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(samples**2))) + 1e-9


def confusions_of(
    truths: Sequence[Truth], heard: Sequence[dict[str, Transcript]]
) -> dict[str, list[object]]:
    """Return what becomes of each phone, in hundredths of a nat."""
    say = pronouncer().phones_of
    pairs = []
    for transcripts in heard:
        for truth in truths:
            texts = (
                " ".join(w.text for w in truth.words),
                " ".join(w.word for w in transcripts[truth.audio.name].words()),
            )
            said, got = (
                phones.codes_of(
                    "".join(say(t) for w in text.split() for t in tokens_of(w)).encode()
                )
                for text in texts
            )
            pairs.append((said[said < N].tolist(), got[got < N].tolist()))
    classes = phones.coarse(phones.LETTERS[:N])
    alike = np.array([[a == b for b in classes] for a in classes], dtype=float)
    start = np.where(np.eye(N) > 0, 2.5, np.where(alike > 0, 1.0, -1.5))
    table: Table = (start, np.full(N, -1.5), np.full(N, -1.5))
    for _ in range(3):
        table = counted(pairs, table, alike)
    as_heard, missed, extra = ((100 * part).round().astype(int).tolist() for part in table)
    return {"heard": as_heard, "missed": missed, "extra": extra}


def weights(
    truths: Sequence[Truth], heard: Sequence[dict[str, Transcript]], before: Sequence[float]
) -> list[float]:
    """Return the weights of the evidence, by places where the word is not written."""
    rows: list[Sequence[float]] = []
    right: list[float] = []
    for transcripts in heard:
        with tempfile.TemporaryDirectory() as folder:
            engine = open_engine(SearchSettings(), Path(folder) / "words.sqlite")
            for name, transcript in transcripts.items():
                engine.index.put(document_of(name, transcript))
            assert engine.phonetics is not None
            said = {
                truth.audio.name: said_in(truth, transcripts[truth.audio.name]) for truth in truths
            }
            terms = {one.term for some in said.values() for one in some if is_asked(one.term)}
            for term in sorted(terms):
                for one in engine.phonetics.weighed(parse_query(term), SearchRequest(())):
                    moment = one.at.moments[0]
                    written = [w["text"] for w in moment.snippet if w["match"]]
                    if not any(term in tokens_of(word) for word in written):
                        rows.append(one.evidence.of_words())
                        right.append(is_said_at(term, one.at.episode_id, moment, said))
            engine.close()
    return regression(np.array(rows), np.array(right, float), np.array(before)).round(3).tolist()


def regression(values: Floats, right: Floats, before: Floats) -> Floats:
    """Fit by Newton's method, drawn to the weights before (but for the constant)."""
    mean, spread = values.mean(axis=0), values.std(axis=0) + 1e-9
    mean[0], spread[0] = 0.0, 1.0
    scaled = (values - mean) / spread
    drawn_to = before * spread
    drawn_to[0] = before[0] + (before[1:] * mean[1:]).sum()
    strength = DRAWN_TO_BEFORE * np.eye(len(before))
    strength[0, 0] = 1e-6
    fitted = drawn_to.copy()
    for _ in range(60):
        likely = 1 / (1 + np.exp(-scaled @ fitted))
        slope = scaled.T @ (likely - right) + strength @ (fitted - drawn_to)
        bend = (scaled * (likely * (1 - likely))[:, None]).T @ scaled + strength
        fitted -= np.linalg.solve(bend, slope)
    result: Floats = fitted / spread
    result[0] = fitted[0] - (fitted[1:] * mean[1:] / spread[1:]).sum()
    return result


if __name__ == "__main__":
    sys.exit(main())
