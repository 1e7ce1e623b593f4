"""The `[refine]` section of everyword.toml."""

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from refine.domain.normalize import SegmentLimits
from refine.domain.rules import check_rule
from refine.domain.suggestion_limits import Limits


def _visible(text: str) -> str:
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise ValueError("holds a character that cannot be seen")
    return text


def _tidy(text: str) -> str:
    return " ".join(_visible(text).split())


Text = Annotated[str, AfterValidator(_visible)]
NonEmpty = Annotated[str, AfterValidator(_tidy), Field(min_length=1)]


class _Section(BaseModel):
    """A part of the file: a wrong key is an error that names it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Replacement(_Section):
    """One rule: what is heard, and what it becomes."""

    kind: Literal["literal", "regex"] = Field(
        "literal",
        description="`literal` finds whole words; `regex` is a pattern in the syntax of Python's "
        "`re`.",
    )
    from_: str = Field(
        alias="from",
        description="What is looked for, in a segment's text.",
    )
    to: Text = Field(
        ..., description="What stands there instead; for `regex`, `\\1` is the first group."
    )
    case_sensitive: bool = Field(False, description="Whether capitals count.")

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        check_rule(self)
        return self


class GlossaryTerm(_Section):
    """A word or name as it is written, and what recognisers make of it."""

    term: NonEmpty = Field(..., description="As it must be written.")
    heard: tuple[NonEmpty, ...] = Field(
        (), description="What recognisers write instead; each becomes the term wherever it stands."
    )


def _as_term(raw: object) -> object:
    return {"term": raw} if isinstance(raw, str) else raw


Term = Annotated[GlossaryTerm, BeforeValidator(_as_term, json_schema_input_type=str | GlossaryTerm)]


class NormalizationSettings(_Section):
    """What segments may be."""

    longest_s: PositiveFloat = Field(
        20.0, description="A longer segment is cut, at the end of a sentence or at a pause."
    )
    most_words: PositiveInt = Field(60, description="A segment of more words is cut.")
    tiny_s: float = Field(
        default=1.0,
        ge=0,
        description="A segment no longer than this, and of `tiny_words` or fewer, joins its "
        "neighbour.",
    )
    tiny_words: int = Field(
        default=2,
        ge=0,
        description="How many words such a segment has at most.",
    )
    merge_pause_s: float = Field(
        default=0.8,
        ge=0,
        description="Segments join over a pause no longer than this, and only those of one "
        "speaker.",
    )
    split_pause_s: PositiveFloat = Field(
        3.0, description="A pause this long inside a segment cuts it."
    )
    capitals: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Capitals at sentence starts. `auto`: only for recognisers without case "
        "(PocketSphinx).",
    )

    def shape(self) -> SegmentLimits:
        """Return the limits as the domain takes them."""
        return SegmentLimits(
            longest_s=self.longest_s,
            most_words=self.most_words,
            tiny_s=self.tiny_s,
            tiny_words=self.tiny_words,
            merge_pause_s=self.merge_pause_s,
            split_pause_s=self.split_pause_s,
        )


class ValidationSettings(_Section):
    """How much of a line a suggestion of the language model may change."""

    word_change_ratio: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="The share of a line's words that may change.",
    )
    edit_distance: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="How far the new line may be from the old: Levenshtein's distance over the "
        "longer text.",
    )
    consecutive_changes: int = Field(
        default=3,
        ge=0,
        description="How many words in a row may change.",
    )
    min_words: int = Field(
        default=5,
        ge=1,
        description="The two limits that count words hold for lines of so many words and more.",
    )

    def limits(self) -> Limits:
        """Return the limits as the domain takes them."""
        return Limits(
            word_change_ratio=self.word_change_ratio,
            edit_distance=self.edit_distance,
            consecutive_changes=self.consecutive_changes,
            min_words=self.min_words,
        )


class LanguageModelSettings(_Section):
    """Which language model suggests corrections; its key comes by environment only."""

    provider: Literal["off", "openai", "bedrock"] = Field(
        "off",
        description="`openai` is any server that speaks OpenAI's API, such as Ollama, vLLM or "
        "llama.cpp.",
    )
    model: str = Field(
        "",
        description="The model's name, as the provider knows it. Needed unless the provider is "
        "off.",
    )
    url: str = Field(
        "",
        description="The server's address, such as `http://127.0.0.1:11434/v1`. Needed for "
        "`openai`.",
    )
    region: str = Field(
        "", description="The AWS region, for `bedrock`; empty is the environment's own."
    )
    context: str = Field(
        default="",
        max_length=4000,
        description="What the model is told about the show: who speaks, and of what.",
    )
    chunk_tokens: int = Field(
        default=3000,
        ge=300,
        description="How much of a transcript one call carries at most.",
    )
    overlap_lines: int = Field(
        default=3,
        ge=0,
        le=20,
        description="Lines on either side of a chunk that are shown to understand it by.",
    )
    max_reply_tokens: int = Field(
        default=4000,
        ge=100,
        description="How long one answer may be.",
    )
    concurrency: int = Field(
        default=4,
        ge=1,
        le=32,
        description="Calls at a time.",
    )
    timeout_s: PositiveFloat = Field(60.0, description="One call ends after this.")
    budget_s: PositiveFloat = Field(
        900.0, description="After this nothing more is asked for an episode."
    )
    usd_per_million_tokens_in: float | None = Field(
        default=None,
        ge=0,
        description="The price of what is asked; with it tokens become the event's cost.",
    )
    usd_per_million_tokens_out: float | None = Field(
        default=None,
        ge=0,
        description="The price of what is answered.",
    )
    chapters: bool = Field(
        True,
        description="Whether the model is asked, once more, where chapters begin and what they are"
        " called, in episodes of ten minutes and more whose creator gave none.",
    )
    validation: ValidationSettings = Field(
        ValidationSettings(), description="How much of a line a suggestion may change."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider == "openai" and not self.url.startswith(("http://", "https://")):
            raise ValueError('provider "openai" needs `url`, for one http://127.0.0.1:11434/v1')
        if self.provider != "off" and not self.model:
            raise ValueError(f'provider "{self.provider}" needs `model`')
        return self


class RefineSettings(_Section):
    """How transcripts are refined; may differ from show to show."""

    glossary: tuple[Term, ...] = Field(
        (),
        description="Names and terms as they must be written: a text, or a table with the ways it"
        " is misheard.",
    )
    replacements: tuple[Replacement, ...] = Field((), description="Rules, applied in their order.")
    model: LanguageModelSettings = Field(
        LanguageModelSettings(),
        description="A language model that suggests corrections; off unless chosen.",
    )
    normalization: NormalizationSettings = Field(
        NormalizationSettings(), description="What segments may be."
    )
    speaker_confidence: float = Field(
        default=0.85,
        ge=0,
        le=1,
        description="How alike two voices must be (cosine) before a speaker is recognised, where "
        "`[transcribe] known_voices` lets voices be known. Measured in docs/benchmarks.md.",
    )
