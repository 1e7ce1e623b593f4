"""What each phone is heard as, learnt from speech whose truth is known.

Figures are log odds in hundredths of a nat: how much likelier it is to hear this where that phone
is said than anywhere (Durbin et al., Biological Sequence Analysis, 1998, section 2.2). They and
the weights beside them are written by benchmarks/spoken/learn_sounds.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from search.domain.phonetics.phones import PHONES

_AT_UNKNOWN: Final = -800
Figures = NDArray[np.int32]


@dataclass(frozen=True)
class Confusions:
    """What may become of a phone, in hundredths of a nat.

    `heard[a, b]`: phone a is said, b is heard; `missed[a]`: a is not heard; `extra[b]`: b is heard
    where nothing is said. The last of each axis is the unknown sound.
    """

    heard: Figures
    missed: Figures
    extra: Figures

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> "Confusions":
        """Take from JSON, whose rows are in the order of PHONES."""
        count = len(PHONES)
        heard = np.full((count + 1, count + 1), _AT_UNKNOWN, dtype=np.int32)
        heard[:count, :count] = table["heard"]
        return cls(
            heard,
            np.array([*table["missed"], _AT_UNKNOWN], dtype=np.int32),
            np.array([*table["extra"], _AT_UNKNOWN], dtype=np.int32),
        )


@dataclass(frozen=True)
class Learned:
    """Confusions of words and of phones recognised in the audio; for weights see `likelihood`."""

    words: Confusions
    recognized: Confusions
    weights_of_words: Sequence[float]
    weights_of_recognized: Sequence[float]


def _learned() -> Learned:
    raw = json.loads(resources.files(__package__).joinpath("learned.json").read_text("utf-8"))
    return Learned(
        Confusions.read(raw["words"]),
        Confusions.read(raw["recognized"]),
        raw["weights_of_words"],
        raw["weights_of_recognized"],
    )


LEARNED: Final = _learned()
