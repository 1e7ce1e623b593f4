"""The `[search]` section of everyword.toml."""

from ipaddress import ip_network
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
    by_sound: bool = Field(
        True,
        description="Keep what English episodes sound like, and find by sound what nothing "
        "spells; false makes the index a third smaller",
    )
    likely: float = Field(
        0.25,
        gt=0.0,
        lt=1.0,
        description="How likely it must be that a moment is right where the query was perhaps said",
    )
    time_budget_s: float = Field(
        5.0, gt=0, le=60, description="A search that takes longer is given up"
    )
    searches_per_s: float = Field(
        50.0,
        ge=0,
        description="So many searches one address may start, over a while; 0 sets no limit",
    )
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="Addresses or networks of your reverse proxies, such as 127.0.0.1: what they "
        "say in X-Forwarded-For and X-Forwarded-Proto is believed, besides the loopback's word",
    )
    page_url: str = Field(
        "/episodes/{episode_id}",
        description="An episode's page, for episodes without a link of their own",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            ip_network(proxy)
        return proxies

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
