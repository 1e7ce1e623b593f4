"""Which engine would be taken is asked of another process, so that this one stays small."""

import pytest

from everyword_events import InvalidInput
from transcribe_gpu.announcement import announced_apart
from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings


def test_the_line_and_the_error_are_those_of_the_engines() -> None:
    assert "pocketsphinx" in announced_apart(
        TranscribeSettings(engine="pocketsphinx"), SpeechModelSettings()
    )
    with pytest.raises(InvalidInput, match="nonsense") as refused:
        announced_apart(TranscribeSettings(engine="nonsense"), SpeechModelSettings())
    assert refused.value.hint
