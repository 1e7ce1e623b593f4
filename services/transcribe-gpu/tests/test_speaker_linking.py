"""Speakers of overlapping chunks become speakers of a recording; two may speak at once."""

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from everyword_events import InvalidInput
from transcribe_gpu.diarization.linking import link
from transcribe_gpu.diarization.local_speakers import (
    FRAME_S,
    HOP_FRAMES,
    LocalSpeaker,
    LocalSpeakers,
)
from transcribe_gpu.diarization.segmentation import FRAMES, SPEAKERS, SpeakerSegmentation
from transcribe_gpu.diarization.segmented import turns_of

Floats = NDArray[np.float32]
SECOND = HOP_FRAMES
"""Frames of about a second: the step from chunk to chunk."""


def seen(activity: NDArray[np.bool_], voices: Floats, *, noise: float = 0.3) -> LocalSpeakers:
    """Look at who speaks when, (n_speakers, n_frames), as a perfect segmentation would."""
    random = np.random.default_rng(3)
    found = LocalSpeakers(HOP_FRAMES)
    rows = []
    for chunk, begin in enumerate(range(0, activity.shape[1] - FRAMES + 1, HOP_FRAMES)):
        here = activity[:, begin : begin + FRAMES]
        order = random.permutation([n for n in range(len(here)) if here[n].any()])[:SPEAKERS]
        likely = np.zeros((FRAMES, SPEAKERS), np.float16)
        for place, who in enumerate(order.tolist()):
            likely[:, place] = here[who]
            found.speakers.append(LocalSpeaker(chunk, place, float(here[who].sum()) * FRAME_S))
            rows.append(voices[who] + noise * random.normal(0, 1, voices.shape[1]))
        found.probabilities.append(likely)
    embeddings = np.stack(rows)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    found.embeddings = embeddings.astype(np.float32)
    return found


def alternating(*seconds: tuple[int, int]) -> NDArray[np.bool_]:
    """Return who speaks in turns of (speaker, seconds)."""
    count = max(who for who, _ in seconds) + 1
    rows = [np.arange(count)[:, None] == np.full(long * SECOND, who) for who, long in seconds]
    return np.concatenate(rows, axis=1)


def voices_of(count: int, *, alike: float = 0.0) -> Floats:
    """Return voices whose cosine is about `alike`."""
    random = np.random.default_rng(7)
    common = random.normal(0, 1, 256)
    own = random.normal(0, 1, (count, 256))
    return np.asarray(np.sqrt(alike) * common + np.sqrt(1 - alike) * own, np.float32)


CONVERSATION = alternating((0, 4), (1, 3), (0, 3), (1, 6), (0, 2), (1, 3), (0, 5))


@pytest.mark.parametrize("alike", [0.2, 0.6, 0.88])
@pytest.mark.parametrize("speakers", [0, 2])
def test_two_are_told_apart_however_alike_their_voices_are(alike: float, speakers: int) -> None:
    found = seen(CONVERSATION, voices_of(2, alike=alike))
    turns = turns_of(found, link(found, speakers=speakers))
    assert {turn.speaker for turn in turns} == {"SPEAKER_00", "SPEAKER_01"}
    assert [turn.speaker for turn in turns] == ["SPEAKER_00", "SPEAKER_01"] * 3 + ["SPEAKER_00"]
    starts = [turn.start for turn in turns]
    assert starts == pytest.approx([0.02, 4.1, 7.1, 10.1, 16.2, 18.2, 21.3], abs=0.1)


@pytest.mark.parametrize("seconds", [8, 200])
def test_one_speaker_stays_one(seconds: int) -> None:
    found = seen(alternating((0, seconds)), voices_of(1), noise=0.5)
    (turn,) = turns_of(found, link(found, speakers=0))
    assert turn.end == pytest.approx(seconds * SECOND * FRAME_S, abs=1.1)


def test_four_speakers_are_counted_and_fewer_are_given() -> None:
    activity = alternating(*[(who, 4 + who) for _ in range(3) for who in range(4)])
    found = seen(activity, voices_of(4, alike=0.5))
    assert len(set(link(found, speakers=0).tolist())) == 4
    assert len(set(link(found, speakers=3).tolist())) == 3
    assert len(set(link(found, speakers=4).tolist())) == 4


def test_who_hardly_speaks_is_one_of_the_others() -> None:
    activity = alternating((0, 9), (1, 9), (0, 9))
    activity = np.concatenate((activity, np.zeros((1, activity.shape[1]), bool)))
    activity[2, 300:320] = True
    activity[:2, 300:320] = False
    found = seen(activity, voices_of(3))
    assert len(set(link(found, speakers=0).tolist())) == 2


def test_two_at_once_are_two_turns() -> None:
    activity = CONVERSATION.copy()
    activity[1, 100:160] = True
    found = seen(activity, voices_of(2))
    first, second = turns_of(found, link(found, speakers=0))[:2]
    assert (first.speaker, second.speaker) == ("SPEAKER_00", "SPEAKER_01")
    assert second.start < first.end - 0.9


def test_nobody_speaks() -> None:
    silent = LocalSpeakers(HOP_FRAMES, [np.zeros((FRAMES, SPEAKERS), np.float16)])
    labels = link(silent, speakers=0)
    assert labels.size == 0
    assert turns_of(silent, labels) == []


def test_a_long_recording_is_linked_in_little_memory() -> None:
    turns = [(n % 3, 2 + n % 4) for n in range(60)]
    found = seen(alternating(*turns), voices_of(3, alike=0.4))
    assert link(found, speakers=0, most=30).tolist() == link(found, speakers=0).tolist()


@pytest.mark.parametrize("content", [b"", b"no checkpoint"])
def test_what_is_no_segmentation_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "pytorch_model.bin"
    file.write_bytes(content)
    with pytest.raises(InvalidInput):
        SpeakerSegmentation(file)
    with pytest.raises(InvalidInput, match="cannot read"):
        SpeakerSegmentation(tmp_path / "none.bin")
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("it/data.pkl", pickle.dumps({"state_dict": {}}))
    file.write_bytes(raw.getvalue())
    with pytest.raises(InvalidInput, match="lacks"):
        SpeakerSegmentation(file)
