"""The routes of refine's function."""

from collections.abc import Callable, Sequence

import refine.api
from everyword_http import Router
from refine.service import RefineService
from refine.show_voices import ShowVoices
from refine.voices_api import voices_router


def refine_routers(
    service: RefineService, voices: ShowVoices, consents: Callable[[str], bool]
) -> Sequence[Router]:
    """Return the routes: corrections of transcripts, and the voices that are known."""
    return [refine.api.router(service), voices_router(voices, consents)]
