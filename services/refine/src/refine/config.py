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

from refine.domain.normalize import Shape
from refine.domain.rules import check_rule
from refine.domain.suggestions import Limits


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

    kind: Literal["literal", "regex"] = "literal"
    from_: str = Field(alias="from")
    to: Text
    case_sensitive: bool = False

    @model_validator(mode="after")
    def _compiles(self) -> Self:
        check_rule(self)
        return self


class GlossaryTerm(_Section):
    """A word or name as it is written, and what recognisers make of it."""

    term: NonEmpty
    heard: tuple[NonEmpty, ...] = ()


def _as_term(raw: object) -> object:
    return {"term": raw} if isinstance(raw, str) else raw


Term = Annotated[GlossaryTerm, BeforeValidator(_as_term, json_schema_input_type=str | GlossaryTerm)]


class NormalizationSettings(_Section):
    """What segments may be; see `refine.domain.normalize`."""

    longest_s: PositiveFloat = 20.0
    most_words: PositiveInt = 60
    tiny_s: float = Field(default=1.0, ge=0)
    tiny_words: int = Field(default=2, ge=0)
    merge_pause_s: float = Field(default=0.8, ge=0)
    split_pause_s: PositiveFloat = 3.0
    capitals: Literal["auto", "on", "off"] = "auto"

    def shape(self) -> Shape:
        """Return the limits as the domain takes them."""
        return Shape(
            longest_s=self.longest_s,
            most_words=self.most_words,
            tiny_s=self.tiny_s,
            tiny_words=self.tiny_words,
            merge_pause_s=self.merge_pause_s,
            split_pause_s=self.split_pause_s,
        )


class ValidationSettings(_Section):
    """How much of a line a suggestion may change; see `refine.domain.suggestions`."""

    word_change_ratio: float = Field(default=0.4, ge=0, le=1)
    edit_distance: float = Field(default=0.5, ge=0, le=1)
    consecutive_changes: int = Field(default=3, ge=0)
    min_words: int = Field(default=5, ge=1)

    def limits(self) -> Limits:
        """Return the limits as the domain takes them."""
        return Limits(
            word_change_ratio=self.word_change_ratio,
            edit_distance=self.edit_distance,
            consecutive_changes=self.consecutive_changes,
            min_words=self.min_words,
        )


class ModelSettings(_Section):
    """Which language model suggests corrections; its key comes by environment only.

    `context` tells the model about the show. A chunk of lines costs at most `chunk_tokens`, with
    `overlap_lines` on either side to understand it by; a call ends after `timeout_s`, all calls of
    an episode after `budget_s`. Prices, where given, turn tokens into the event's cost.
    """

    provider: Literal["off", "openai", "bedrock"] = "off"
    model: str = ""
    url: str = ""
    region: str = ""
    context: str = Field(default="", max_length=4000)
    chunk_tokens: int = Field(default=3000, ge=300)
    overlap_lines: int = Field(default=3, ge=0, le=20)
    max_reply_tokens: int = Field(default=4000, ge=100)
    concurrency: int = Field(default=4, ge=1, le=32)
    timeout_s: PositiveFloat = 60.0
    budget_s: PositiveFloat = 900.0
    usd_per_million_tokens_in: float | None = Field(default=None, ge=0)
    usd_per_million_tokens_out: float | None = Field(default=None, ge=0)
    validation: ValidationSettings = ValidationSettings()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider == "openai" and not self.url.startswith(("http://", "https://")):
            raise ValueError('provider "openai" needs `url`, for one http://127.0.0.1:11434/v1')
        if self.provider != "off" and not self.model:
            raise ValueError(f'provider "{self.provider}" needs `model`')
        return self


class RefineSettings(_Section):
    """How transcripts are refined; may differ from show to show."""

    glossary: tuple[Term, ...] = ()
    replacements: tuple[Replacement, ...] = ()
    model: ModelSettings = ModelSettings()
    normalization: NormalizationSettings = NormalizationSettings()
    speaker_confidence: float = Field(default=0.85, ge=0, le=1)
    """How sure a voice match must be before a known speaker is named."""
