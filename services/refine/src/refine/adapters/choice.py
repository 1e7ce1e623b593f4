"""Which language model the settings ask for; a client is loaded for the one that is asked for."""

from typing import TYPE_CHECKING

from refine.config import LanguageModelSettings
from refine.ports import LanguageModel

if TYPE_CHECKING:
    from refine.adapters.bedrock_model import ConverseClient


def build_model(
    settings: LanguageModelSettings, *, api_key: str = "", client: "ConverseClient | None" = None
) -> LanguageModel | None:
    """Return the model, or None where it is off; nothing is called yet.

    `api_key` comes from the environment; `client` stands in for Bedrock's own.
    """
    if settings.provider == "openai":
        from refine.adapters.openai_model import OpenAiCompatibleModel  # noqa: PLC0415 - httpx

        return OpenAiCompatibleModel(settings.url, settings.model, api_key=api_key)
    if settings.provider == "bedrock":
        from refine.adapters.bedrock_model import BedrockModel, bedrock_client  # noqa: PLC0415

        runtime = client or bedrock_client(region=settings.region, timeout_s=settings.timeout_s)
        return BedrockModel(settings.model, runtime)
    return None


class Models:
    """Builds each model once, and keeps its connections: what `RefineService` takes as `models`."""

    def __init__(self, *, api_key: str = "") -> None:
        self._api_key = api_key
        self._built: dict[LanguageModelSettings, LanguageModel | None] = {}

    def __call__(self, settings: LanguageModelSettings) -> LanguageModel | None:
        """Return the model, or None where it is off."""
        if settings not in self._built:
            self._built[settings] = build_model(settings, api_key=self._api_key)
        return self._built[settings]

    def close(self) -> None:
        """Close all connections."""
        for model in self._built.values():
            close = getattr(model, "close", None)
            if close is not None:
                close()
        self._built.clear()
