"""POST /v1/audio/transcriptions: a short clip in, its words out, as OpenAI's clients want it."""

import json
from collections.abc import Callable, Generator, Iterator
from http import HTTPStatus
from itertools import chain
from math import log
from statistics import fmean
from typing import Annotated, Final, Literal
from zlib import compress

import anyio
from fastapi import Form, UploadFile
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from everyword_events import EverywordError
from everyword_http import Router, needs
from everyword_transcripts import Segment, Transcript, join_words
from transcribe_gpu.clips import ClipService

PATH: Final = "/v1/audio/transcriptions"
POOL: Final = "clips"
_FRAMES_PER_S: Final = 100
Format = Literal["json", "text", "srt", "verbose_json", "vtt"]
Granularity = Literal["word", "segment"]
RenderCaptions = Callable[[Transcript, str], bytes]
"""Writes a transcript as `vtt` or `srt`."""


class TimedWord(BaseModel):
    """A word with its own time, in seconds."""

    word: str
    start: float
    end: float


class TimedSegment(BaseModel):
    """A stretch of speech, in seconds, with what typed clients of OpenAI's cannot do without.

    `avg_logprob` is by word, 0 where no word has a score; there is no speech without words, no
    sampling, and token ids of this model would tell nobody anything.
    """

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int] = []
    temperature: float = 0.0
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float = 0.0

    @classmethod
    def of(cls, number: int, segment: Segment) -> "TimedSegment":
        """Write a segment."""
        raw = segment.text.encode()
        scores = [word.score for word in segment.words if word.score]
        return cls(
            id=number,
            seek=round(segment.start * _FRAMES_PER_S),
            start=segment.start,
            end=segment.end,
            text=segment.text,
            avg_logprob=round(fmean(map(log, scores)), 4) if scores else 0.0,
            compression_ratio=round(len(raw) / len(compress(raw)), 4),
        )


class TranscriptionReply(BaseModel):
    """The text of a clip; `verbose_json` has its length, segments and, asked for, its words."""

    text: str
    task: str = "transcribe"
    language: str
    duration: float
    segments: list[TimedSegment] | None = None
    words: list[TimedWord] | None = None


class ClipRouter(Router):
    """Routes that recognise: on threads of their own, few and patient."""

    pool = POOL


class _ClosingStream(StreamingResponse):
    """Server-sent events whose source is closed with them, also where the client went away.

    Starlette leaves a generator that was not read to its end suspended, with all that it holds.
    """

    def __init__(self, events: Generator[str], source: Generator[object]) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._generators = (events, source)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                for each in self._generators:
                    await run_in_threadpool(each.close)


def router(service: ClipService, render_captions: RenderCaptions) -> Router:
    """Return the route for clips."""
    routes = ClipRouter(tags=["transcribe"])

    @routes.post(
        PATH,
        summary="Recognise a short clip at once, as OpenAI's API does",
        operation_id="transcribe_clip",
        dependencies=[needs("upload")],
        response_model=TranscriptionReply,
    )
    def transcribe_clip(  # noqa: PLR0917 - a form's fields
        file: UploadFile,
        model: Annotated[str, Form()] = "",
        language: Annotated[str, Form()] = "",
        response_format: Annotated[Format, Form()] = "json",
        timestamp_granularities: Annotated[
            list[Granularity] | None, Form(alias="timestamp_granularities[]")
        ] = None,
        stream: Annotated[bool, Form()] = False,
        prompt: Annotated[str, Form()] = "",  # noqa: ARG001 - taken, and not needed
        temperature: Annotated[float, Form()] = 0.0,  # noqa: ARG001
        model_type: Annotated[str, Form()] = "",
        user_id: Annotated[str, Form()] = "",  # noqa: ARG001 - neither used nor kept
    ) -> Response:
        heard = service.recognise(file.file, model=model or model_type, language=language)
        if stream:
            first = next(heard)  # what is refused is refused by its status
            return _ClosingStream(_events(first, heard), heard)
        *_, transcript = heard
        assert isinstance(transcript, Transcript)
        match response_format:
            case "text":
                return PlainTextResponse(_text(transcript) + "\n")
            case "srt" | "vtt":
                kind = "text/vtt" if response_format == "vtt" else "application/x-subrip"
                return Response(render_captions(transcript, response_format), media_type=kind)
            case "verbose_json":
                wanted = timestamp_granularities or ["segment"]
                return _json(_reply(transcript, words="word" in wanted, segments=True))
            case _:
                return _json(_reply(transcript, words=False, segments=False))

    return routes


def _text(transcript: Transcript) -> str:
    return join_words([segment.text for segment in transcript.segments], transcript.language)


def _reply(transcript: Transcript, *, words: bool, segments: bool) -> TranscriptionReply:
    return TranscriptionReply(
        text=_text(transcript),
        language=transcript.language,
        duration=round(transcript.duration_s, 3),
        segments=[TimedSegment.of(*each) for each in enumerate(transcript.segments)]
        if segments
        else None,
        words=[TimedWord(word=w.word, start=w.start, end=w.end) for w in transcript.words()]
        if words
        else None,
    )


def _json(reply: TranscriptionReply) -> Response:
    return Response(
        reply.model_dump_json(exclude_none=True), HTTPStatus.OK, media_type="application/json"
    )


def _events(first: str | Transcript, rest: Iterator[str | Transcript]) -> Generator[str]:
    """Yield server-sent events: a delta for each sentence as it is heard, then the whole text."""
    told = False
    try:
        for heard in chain([first], rest):
            texts = [heard] if isinstance(heard, str) else []
            if isinstance(heard, Transcript) and not told:
                texts = [_text(heard)] if heard.segments else []
            for text in texts:
                delta = text if told else text.lstrip()
                yield _event({"type": "transcript.text.delta", "delta": delta})
                told = True
            if isinstance(heard, Transcript):
                yield _event({"type": "transcript.text.done", "text": _text(heard)})
    except EverywordError as error:
        said = {"code": error.code, "message": f"{error.message} - {error.hint}".strip(" -")}
        yield _event({"type": "error", "error": said})
    yield "data: [DONE]\n\n"


def _event(form: dict[str, object]) -> str:
    return f"data: {json.dumps(form, ensure_ascii=False)}\n\n"
