"""GET an episode's transcript in every format."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from captions.domain.formats import FORMATS, PUBLISHED, Format
from captions.service import CaptionsService
from everyword_http import is_fresh

_ROUTE = "/v1/episodes/<episode_id>/transcript"


def register(app: Any, service: CaptionsService) -> None:
    """Put a route for each format on a Powertools resolver, and our JSON without a suffix."""
    for form in PUBLISHED:
        _add(app, service, form, form.suffix)
    _add(app, service, FORMATS["json"], "")


def _add(app: Any, service: CaptionsService, form: Format, suffix: str) -> None:
    @app.get(
        _ROUTE + suffix,
        tags=["captions"],
        summary=f"Transcript as {form.name}",
        operation_id=f"transcript_{form.name.replace('-', '_')}{'' if suffix else '_default'}",
    )
    def transcript(
        episode_id: str,
        run: Annotated[str | None, Query(description="a run's id; the newest if absent")] = None,
        if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
    ) -> Response[str]:
        ref = service.file(episode_id, form.name, run)
        etag = f'"{ref.sha256}"'
        headers: dict[str, str | list[str]] = {
            "ETag": etag,
            "Cache-Control": "no-cache",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "ETag",
            "X-Content-Type-Options": "nosniff",
        }
        if form.name == "html":
            headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        if is_fresh(if_none_match, etag):
            return Response(status_code=304, headers=headers, body="")
        return Response(
            status_code=200,
            content_type=ref.media_type,
            headers=headers,
            body=service.read(ref).decode(),
        )
