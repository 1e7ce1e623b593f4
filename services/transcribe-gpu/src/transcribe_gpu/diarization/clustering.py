"""Embeddings of short stretches become speakers: spectral clustering, then a smooth path.

Affinities are pruned to each stretch's nearest neighbours before the normalized Laplacian's
eigenvectors are clustered (Ng, Jordan and Weiss 2001; the pruning as in arXiv 1710.10468). The
largest gap between its smallest eigenvalues tells how many speakers there are.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Labels = NDArray[np.int64]

MOST_SPEAKERS: Final = 10
ONE_VOICE: Final = 0.80
"""Cosine between the centres of two clusters above which they are one voice. Measured: halves of
one voice .86 and more, two voices .56 to .73; but two women on one telephone line .89."""
_ONE_VOICE_BRIEFLY: Final = 0.70
_BRIEF: Final = 40
"""So few stretches vary by what is said as much as by who says it."""
_MOST_STRETCHES: Final = 1500
"""More are thinned out before clustering: its memory grows with their square."""
_NEIGHBOURS: Final = 0.1
_FEWEST_NEIGHBOURS: Final = 8
_FLOOR: Final = 0.01
_SWITCH: Final = 0.05
_ROUNDS: Final = 4


def cluster(embeddings: Floats, starts: NDArray[np.float64], *, speakers: int) -> Labels:
    """Return each stretch's speaker, (n,), numbered by first appearance; 0 `speakers` is unknown.

    `embeddings` are (n, d), of length 1; `starts` are seconds, rising.
    """
    if len(embeddings) == 0:
        return np.empty(0, np.int64)
    thinned = embeddings[:: max(1, -(-len(embeddings) // _MOST_STRETCHES))]
    centres = _centres(thinned, speakers)
    labels = np.argmax(embeddings @ centres.T, axis=1)
    for _ in range(_ROUNDS):
        centres = _means(embeddings, labels, centres)
        labels = _smooth_path(embeddings @ centres.T, starts)
    order = {old: new for new, old in enumerate(dict.fromkeys(labels.tolist()))}
    return np.array([order[label] for label in labels.tolist()])


def _centres(embeddings: Floats, speakers: int) -> Floats:
    """Return the clusters' centres, (k, d), of length 1."""
    most = min(speakers or MOST_SPEAKERS, len(embeddings))
    if most == 1 or len(embeddings) < _FEWEST_NEIGHBOURS:
        return _unit(embeddings.mean(axis=0, keepdims=True))
    values, vectors = _spectrum(embeddings)
    if speakers:
        return _spectral_centres(embeddings, vectors, most)
    count = int(np.argmax(np.diff(values[: most + 1]))) + 1
    centres = _spectral_centres(embeddings, vectors, count)
    return _merged(centres, _ONE_VOICE_BRIEFLY if len(embeddings) < _BRIEF else ONE_VOICE)


def _spectrum(embeddings: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the normalized Laplacian's eigenvalues, rising, and eigenvectors, in columns."""
    similar = np.clip(embeddings @ embeddings.T, 0, None).astype(np.float64)
    count = max(_FEWEST_NEIGHBOURS, int(len(embeddings) * _NEIGHBOURS))
    nearest = np.partition(similar, -count, axis=1)[:, -count][:, None]
    pruned = np.where(similar >= nearest, similar, similar * _FLOOR)
    affinity = np.maximum(pruned, pruned.T)
    np.fill_diagonal(affinity, 0)
    degree = np.sqrt(np.maximum(affinity.sum(axis=1), 1e-9))
    laplacian = np.eye(len(affinity)) - affinity / np.outer(degree, degree)
    values, vectors = np.linalg.eigh(laplacian)
    return values, vectors


def _spectral_centres(embeddings: Floats, vectors: NDArray[np.float64], count: int) -> Floats:
    # A third of what starting any process of the stack takes, and only this needs it.
    from scipy.cluster.vq import kmeans2  # type: ignore[import-untyped]  # noqa: PLC0415

    rows = vectors[:, :count]
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    best: tuple[float, Labels] | None = None
    for seed in range(10):
        middles, labels = kmeans2(rows, count, minit="++", seed=seed, missing="warn")
        cost = float(np.square(rows - middles[labels]).sum())
        if len(set(labels.tolist())) == count and (best is None or cost < best[0]):
            best = (cost, labels)
    if best is None:
        return _unit(embeddings.mean(axis=0, keepdims=True))
    return _unit(np.stack([embeddings[best[1] == each].mean(axis=0) for each in range(count)]))


def _merged(centres: Floats, limit: float) -> Floats:
    """Merge centres that are as close as two recordings of one voice."""
    kept = list(centres)
    while len(kept) > 1:
        similar = np.stack(kept) @ np.stack(kept).T
        np.fill_diagonal(similar, -1)
        one, other = np.unravel_index(int(np.argmax(similar)), similar.shape)
        if similar[one, other] < limit:
            break
        both = _unit((kept[one] + kept[other])[None])[0]
        kept = [each for at, each in enumerate(kept) if at not in (one, other)] + [both]
    return np.stack(kept)


def _means(embeddings: Floats, labels: Labels, centres: Floats) -> Floats:
    return _unit(
        np.stack(
            [
                embeddings[labels == each].mean(axis=0) if np.any(labels == each) else centre
                for each, centre in enumerate(centres)
            ]
        )
    )


def _smooth_path(scores: Floats, starts: NDArray[np.float64]) -> Labels:
    """Return the likeliest sequence of speakers when a change has a price (Viterbi)."""
    count = scores.shape[1]
    best = scores[0].astype(np.float64)
    came_from = np.zeros(scores.shape, np.int64)
    pauses = np.diff(starts, prepend=starts[0])
    usual = float(np.median(pauses)) if len(pauses) > 1 else 0.0
    for at in range(1, len(scores)):
        price = _SWITCH if pauses[at] <= 1.5 * usual else _SWITCH / 3
        reached = best[:, None] - price * (1 - np.eye(count))
        came_from[at] = np.argmax(reached, axis=0)
        best = reached.max(axis=0) + scores[at]
    path = np.empty(len(scores), np.int64)
    path[-1] = int(np.argmax(best))
    for at in range(len(scores) - 1, 0, -1):
        path[at - 1] = came_from[at, path[at]]
    return path


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)
