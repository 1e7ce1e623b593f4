"""GET the voices that are known in a show; DELETE them."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from everyword_http import Router, needs
from refine.show_voices import KnownVoice, ShowVoices

Show = Annotated[str, Query(max_length=500, description="The show; empty is none.")]


class VoicesReply(BaseModel):
    """Whose voices are known in a show, and whether it consents that they are."""

    show: str
    known_voices: bool
    voices: list[KnownVoice]


class ForgottenReply(BaseModel):
    """The episodes in which voiceprints were deleted."""

    show: str
    episode_ids: list[str]


def voices_router(voices: ShowVoices, consents: Callable[[str], bool]) -> Router:
    """Return the routes of known voices; they are biometric data, so each needs `admin`."""
    routes = Router(tags=["refine"], dependencies=[needs("admin")])

    @routes.get(
        "/v1/voices", summary="Whose voices are known in a show", operation_id="known_voices"
    )
    def known(show: Show = "") -> VoicesReply:
        return VoicesReply(show=show, known_voices=consents(show), voices=voices.known(show))

    @routes.delete(
        "/v1/voices",
        summary="Delete what is kept of a person's voice in a show, or of all voices",
        operation_id="forget_voices",
    )
    def forget(
        show: Show = "",
        name: Annotated[str | None, Query(max_length=200, description="Whose; absent: all")] = None,
    ) -> ForgottenReply:
        return ForgottenReply(show=show, episode_ids=voices.forget(show, name))

    return routes
