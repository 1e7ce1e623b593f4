"""What the language model is asked: one message for every chunk of lines."""

from collections.abc import Sequence

from everyword_transcripts import Transcript
from refine.config import RefineSettings
from refine.domain.glossary_candidates import GlossaryCandidate
from refine.domain.lines import Chunk, PromptLine
from refine.domain.prompt import user_message


class PromptBuilder:
    """Builds the message about a chunk; what is the same for all chunks is made once."""

    def __init__(
        self,
        transcript: Transcript,
        settings: RefineSettings,
        show: str,
        near: Sequence[GlossaryCandidate],
    ) -> None:
        self._show = {"name": show, "about": settings.model.context}
        self._glossary = [
            {"term": entry.term, "heard": list(entry.heard)} for entry in settings.glossary
        ]
        self._speakers = [{"label": s.label, "name": s.name} for s in transcript.speakers]
        self._near: dict[int, list[GlossaryCandidate]] = {}
        for place in near:
            self._near.setdefault(place.segment, []).append(place)

    def about(self, chunk: Chunk) -> str:
        """Return the message."""
        return user_message(
            show=self._show,
            glossary=self._glossary,
            speakers=self._speakers,
            before=[_form(line) for line in chunk.before],
            lines=[{"idx": line.idx, **_form(line)} for line in chunk.lines],
            after=[_form(line) for line in chunk.after],
            candidates=[
                {"idx": line.idx, "heard": place.heard, "term": place.term}
                for line in chunk.lines
                for place in self._near.get(line.segment, [])
                if line.first <= place.first < line.stop
            ],
        )


def _form(line: PromptLine) -> dict[str, str | None]:
    return {"speaker": line.speaker, "text": line.text}
