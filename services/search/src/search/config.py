"""The `[search]` section of everyword.toml."""

from string import Formatter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class SearchSettings(BaseModel):
    """Which engine holds the index, and where a hit's link leads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["sqlite", "opensearch"] = Field(
        "sqlite", description="The engine: sqlite (embedded) or opensearch (needs url)"
    )
    url: str = Field("", description="OpenSearch's address, https://… or http://…")
    index: str = Field(
        "everyword",
        pattern=r"^[a-z][a-z0-9-]{0,60}$",
        description="What the names of OpenSearch's indexes start with",
    )
    aws_region: str = Field("", description="Sign requests for OpenSearch Serverless (aoss) there")
    sounds_within: float = Field(
        0.2,
        ge=0.0,
        le=0.4,
        description="How far what was recognised may sound from a word that nothing else finds "
        "(sqlite, English); 0 keeps no sounds, which halves the index",
    )
    time_budget_s: float = Field(
        5.0, gt=0, le=60, description="A search that takes longer is given up"
    )
    searches_per_s: float = Field(
        50.0,
        ge=0,
        description="So many searches one address may start, over a while; 0 sets no limit",
    )
    page_url: str = Field(
        "/episodes/{episode_id}",
        description="An episode's page, for episodes without a link of their own",
    )

    @field_validator("page_url")
    @classmethod
    def _is_template(cls, template: str) -> str:
        fields = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
        if not fields <= {"episode_id", "show"}:
            raise ValueError("only {episode_id} and {show} can stand in page_url")
        return template

    @model_validator(mode="after")
    def _has_address(self) -> "SearchSettings":
        if self.engine == "opensearch" and not self.url.startswith(("http://", "https://")):
            raise ValueError('engine = "opensearch" needs url = "https://…"')
        return self
