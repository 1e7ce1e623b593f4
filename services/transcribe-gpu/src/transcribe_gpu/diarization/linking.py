"""Local speakers become the speakers of a recording: clustering that knows what was seen.

Agglomerative clustering by the cosine of mean voices, with two things more that are known of two
clusters: how long both speak in one chunk, as different speakers, which keeps apart voices that
are alike; and how long they are the same speaker of two chunks that overlap. Constraints of
the first kind are those of pyannote's pipeline (Bredin 2023) and of Kinoshita et al. (2021).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transcribe_gpu.diarization.local_speakers import FRAME_S, LocalSpeaker, LocalSpeakers
from transcribe_gpu.diarization.segmentation import FRAMES

ONE_VOICE: Final = 0.8
"""Score of two clusters from which on they are one speaker."""
SAME: Final = 0.1
"""What it adds to a score if all of the smaller cluster is the same speaker as in the other."""
PARTED_S: Final = 0.5
"""Two who both speak so long in one chunk are two."""
LEAST_S: Final = 1.5
"""Who speaks less in the whole recording is taken for one of the others."""
_ALIKE: Final = 0.5
"""Share of the frames of two overlapping chunks in which two speakers must agree to be one."""
_TRACK: Final = 0.8
"""How near a local speaker's voice must be to that of the chunks before, to be tracked."""
MOST_TRACKS: Final = 1200
"""Clustering's memory grows with the square of what it is given."""

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
Pairs = dict[tuple[int, int], float]


def link(seen: LocalSpeakers, *, speakers: int, most: int = MOST_TRACKS) -> Labels:
    """Return each local speaker's speaker, (n,), by first appearance; 0 `speakers` is unknown.

    Of more than `most` tracks the longest are clustered; the others join the nearest voice.
    """
    if not seen.speakers:
        return np.empty(0, np.int64)
    tracks = _tracks(seen)
    weights = np.array([each.speech_s for each in seen.speakers])
    sums = np.zeros((tracks.max() + 1, seen.embeddings.shape[1]))
    np.add.at(sums, tracks, seen.embeddings * weights[:, None])
    lengths = np.bincount(tracks, weights).astype(np.float64)
    chosen = np.argsort(-lengths, kind="stable")[:most]
    spoken_s = np.bincount(tracks, seen.spoken_s())[chosen].astype(np.float64)
    merges = _merged(sums[chosen], lengths[chosen], *_evidence(seen, tracks, chosen))
    found = _Tree(merges, spoken_s).cut(speakers)
    labels = np.full(len(sums), -1)
    labels[chosen] = found
    centres = _unit(np.stack([sums[labels == n].sum(axis=0) for n in range(found.max() + 1)]))
    return _by_appearance(seen, _all_labelled(seen, labels[tracks], centres))


def _tracks(seen: LocalSpeakers) -> Labels:
    """Follow speakers from chunk to chunk; a track is one voice, and ends where that is unsure."""
    tracks = np.full(len(seen.speakers), -1)
    sums: list[Floats] = []
    before: list[int] = []
    now: list[int] = []
    for at, speaker in enumerate(seen.speakers):
        if now and seen.speakers[now[0]].chunk != speaker.chunk:
            before, now = now, []
        now.append(at)
        voice = seen.embeddings[at].astype(np.float64)
        taken = {int(tracks[other]) for other in now[:-1]}
        for other in before:
            track = int(tracks[other])
            near = float(voice @ _unit(sums[track][None])[0]) >= _TRACK
            if track not in taken and near and _agreed_s(seen, seen.speakers[other], speaker):
                tracks[at] = track
                sums[track] = sums[track] + voice * speaker.speech_s
                break
        else:
            tracks[at] = len(sums)
            sums.append(voice * speaker.speech_s)
    return tracks


def _agreed_s(seen: LocalSpeakers, one: LocalSpeaker, other: LocalSpeaker) -> float:
    """Return how long two speakers of following chunks are one, in seconds; 0 if they are not."""
    if other.chunk - one.chunk != 1:
        return 0.0
    ends, begins = seen.speaks(one)[seen.hop :], seen.speaks(other)[: FRAMES - seen.hop]
    both, any_of_them = np.count_nonzero(ends & begins), np.count_nonzero(ends | begins)
    return both * FRAME_S if both > _ALIKE * any_of_them else 0.0


def _evidence(seen: LocalSpeakers, tracks: Labels, chosen: Labels) -> tuple[Floats, Floats]:
    """Return for how long each two of the chosen tracks are parted, and are the same, (n, n)."""
    place = {int(track): at for at, track in enumerate(chosen)}
    chunks: defaultdict[int, list[int]] = defaultdict(list)
    for at, speaker in enumerate(seen.speakers):
        chunks[speaker.chunk].append(at)
    parted, same = np.zeros((len(chosen),) * 2), np.zeros((len(chosen),) * 2)
    for chunk, here in chunks.items():
        for one in here:
            for other in (*here, *chunks.get(chunk + 1, ())):
                a, b = place.get(int(tracks[one])), place.get(int(tracks[other]))
                if a is None or b is None or a == b:
                    continue
                first, second = seen.speakers[one], seen.speakers[other]
                if second.chunk != chunk:
                    agreed_s = _agreed_s(seen, first, second)
                    same[a, b] += agreed_s
                    same[b, a] += agreed_s
                elif (both_s := min(first.speech_s, second.speech_s)) >= PARTED_S:
                    parted[a, b] += both_s
    return parted, same


@dataclass(frozen=True, slots=True)
class _Merge:
    kept: int
    gone: int
    score: float


class _Tree:
    """Clusters joined two by two, the likeliest first, until one is left."""

    def __init__(self, merges: Sequence[_Merge], spoken_s: Floats) -> None:
        self._merges = merges
        self._lengths = spoken_s

    def cut(self, speakers: int) -> Labels:
        """Return the clusters that speak long enough, (n,); what is in none is -1."""
        level = self._level_of(speakers) if speakers else self._sure_level()
        owner = np.arange(len(self._lengths))
        for merge in self._merges[:level]:
            owner[owner == merge.gone] = merge.kept
        lengths = np.bincount(owner, self._lengths, minlength=len(owner))
        large = np.flatnonzero(lengths >= min(LEAST_S, lengths.max()))
        if speakers:
            large = np.sort(large[np.argsort(-lengths[large], kind="stable")[:speakers]])
        labels = np.full(len(owner), -1)
        for number, each in enumerate(large.tolist()):
            labels[owner == each] = number
        return labels

    def _sure_level(self) -> int:
        doubtful = (n for n, merge in enumerate(self._merges) if merge.score < ONE_VOICE)
        return next(doubtful, len(self._merges))

    def _level_of(self, speakers: int) -> int:
        """Return the last level with so many speakers; the one with most where none has."""
        lengths = self._lengths.copy()
        counts = [int(np.count_nonzero(lengths >= LEAST_S))]
        for merge in self._merges:
            lengths[merge.kept] += lengths[merge.gone]
            lengths[merge.gone] = 0
            counts.append(int(np.count_nonzero(lengths >= LEAST_S)))
        wanted = min(speakers, max(counts))
        return max(level for level, count in enumerate(counts) if count >= wanted)


def _merged(sums: Floats, lengths: Floats, parted: Floats, same: Floats) -> list[_Merge]:
    """Join the two that score best, again and again."""
    scores = np.stack([_scores(at, sums, lengths, parted, same) for at in range(len(sums))])
    merges: list[_Merge] = []
    for _ in range(len(sums) - 1):
        kept, gone = (int(each) for each in np.unravel_index(scores.argmax(), scores.shape))
        merges.append(_Merge(kept, gone, float(scores[kept, gone])))
        for values in (sums, lengths):
            values[kept] += values[gone]
        for matrix in (parted, same):
            matrix[kept] += matrix[gone]
            matrix[:, kept] += matrix[:, gone]
        lengths[gone] = 0
        scores[gone] = scores[:, gone] = -np.inf
        scores[kept] = np.where(lengths > 0, _scores(kept, sums, lengths, parted, same), -np.inf)
        scores[:, kept] = scores[kept]
    return merges


def _scores(at: int, sums: Floats, lengths: Floats, parted: Floats, same: Floats) -> Floats:
    """Return how likely a cluster and each other are one speaker."""
    shorter = np.maximum(np.minimum(lengths, lengths[at]), 1e-9)
    found = _unit(sums) @ _unit(sums[at][None])[0]
    found += SAME * np.minimum(1, same[at] / shorter) - np.minimum(1, parted[at] / shorter)
    found[at] = -np.inf
    return np.asarray(found)


def _all_labelled(seen: LocalSpeakers, labels: Labels, centres: Floats) -> Labels:
    """Give what is in no cluster to the nearest voice that does not speak in the same chunk."""
    taken: defaultdict[int, set[int]] = defaultdict(set)
    for speaker, label in zip(seen.speakers, labels.tolist(), strict=True):
        taken[speaker.chunk].add(label)
    found = labels.copy()
    for at in np.flatnonzero(labels < 0).tolist():
        order: Sequence[int] = np.argsort(-(centres @ seen.embeddings[at]), kind="stable").tolist()
        chunk = taken[seen.speakers[at].chunk]
        found[at] = next((each for each in order if each not in chunk), order[0])
        chunk.add(int(found[at]))
    return found


def _by_appearance(seen: LocalSpeakers, labels: Labels) -> Labels:
    """Number the speakers in the order in which they begin to speak."""
    first: dict[int, int] = {}
    for speaker, label in zip(seen.speakers, labels.tolist(), strict=True):
        begin = speaker.chunk * seen.hop + int(seen.speaks(speaker).argmax())
        first[label] = min(begin, first.get(label, begin))
    order = {old: new for new, old in enumerate(sorted(first, key=lambda label: first[label]))}
    return np.array([order[label] for label in labels.tolist()])


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
