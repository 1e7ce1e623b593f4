"""GET an episode's transcript in every format."""

from typing import Annotated

from fastapi import Header, Query, Response

from captions.domain.file_formats import FORMATS, PUBLISHED, Format
from captions.service import CaptionsService
from everyword_http import PublicRouter, is_fresh

_ROUTE = "/v1/episodes/{episode_id}/transcript"


def router(service: CaptionsService) -> PublicRouter:
    """Return a route for each format, and our JSON without a suffix."""
    routes = PublicRouter(tags=["captions"])
    for form in PUBLISHED:
        _add(routes, service, form, form.suffix)
    _add(routes, service, FORMATS["json"], "")
    return routes


def _add(routes: PublicRouter, service: CaptionsService, form: Format, suffix: str) -> None:
    content = {form.media_type.partition(";")[0]: {"schema": {"type": "string"}}}

    @routes.get(
        _ROUTE + suffix,
        summary=f"Transcript as {form.name}",
        operation_id=f"transcript_{form.name.replace('-', '_')}{'' if suffix else '_default'}",
        response_class=Response,
        responses={
            200: {"description": "The file", "content": content},
            304: {"description": "Not modified"},
        },
    )
    def transcript(
        episode_id: str,
        run: Annotated[str | None, Query(description="a run's id; the newest if absent")] = None,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        ref = service.file(episode_id, form.name, run)
        etag = f'"{ref.sha256}"'
        headers = {
            "ETag": etag,
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
        }
        if form.name == "html":
            headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        if is_fresh(if_none_match, etag):
            return Response(status_code=304, headers=headers)
        headers["Content-Type"] = ref.media_type
        return Response(service.read(ref), headers=headers)
