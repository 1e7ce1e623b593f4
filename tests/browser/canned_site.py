"""The canned archive as a web site, on a free port of this machine."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from browser.canned_archive import Archive, Episode, state
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from everyword_transcripts import write_transcript
from search.pages import render_results, render_transcript
from search.widget_files import widget_path
from support.waiting import until

BAD = 400
ADDED = ("doubts", "turns")
"""What is added to an episode's page and needs nothing but the transcript."""
WEB = Path(str(files("everyword_local") / "web"))


class _Policy:
    """Sends every answer under the archive's policy, and writes down what was asked."""

    def __init__(self, app: ASGIApp, archive: Archive) -> None:
        self._app = app
        self._archive = archive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._archive.asked.append(f"{scope['path']}?{scope['query_string'].decode()}")

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = self._archive.policy.encode()
                message["headers"] = [*message["headers"], (b"content-security-policy", policy)]
            await send(message)

        await self._app(scope, receive, with_policy)


class _Site:
    """The routes; each method answers one."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    async def _trouble(self, query: str = "") -> Response | None:
        while self.archive.held in {"*", query}:  # noqa: ASYNC110 - the test's thread lets it go
            await asyncio.sleep(0.01)
        if not self.archive.fail:
            return None
        problem = {
            "type": "about:blank",
            "title": "Trouble",
            "status": self.archive.fail,
            "detail": "the index is away",
            "code": "index_away",
            "hint": "it comes back by itself",
        }
        return JSONResponse(problem, self.archive.fail, media_type="application/problem+json")

    def _episode(self, request: Request) -> Episode | None:
        return self.archive.episodes.get(request.path_params["id"])

    async def search(self, request: Request) -> Response:
        trouble = await self._trouble(request.query_params["q"])
        return trouble or JSONResponse(self.archive.search(request.query_params))

    async def timeline(self, request: Request) -> Response:
        trouble = await self._trouble(request.query_params["q"])
        return trouble or JSONResponse(self.archive.timeline(request.query_params))

    async def suggest(self, request: Request) -> Response:
        return JSONResponse({"suggestions": self.archive.suggest(request.query_params["q"])})

    async def shows(self, _: Request) -> Response:
        return JSONResponse({"names": self.archive.names(lambda each: [each.info.show])})

    async def speakers(self, _: Request) -> Response:
        return JSONResponse(
            {
                "names": self.archive.names(
                    lambda each: [s.name or "" for s in each.transcript.speakers]
                )
            }
        )

    async def transcript(self, request: Request) -> Response:
        trouble = await self._trouble()
        episode = self._episode(request)
        if trouble or episode is None:
            return trouble or JSONResponse({}, 404)
        return Response(write_transcript(episode.transcript), media_type="application/json")

    async def captions(self, request: Request) -> Response:
        episode = self._episode(request)
        assert episode is not None
        cues = []
        for segment in episode.transcript.segments:
            text = segment.text.replace("&", "&amp;").replace("<", "&lt;")
            cues.append(f"{_stamp(segment.start)} --> {_stamp(segment.end)}\n{text}\n")
        return Response("\n".join(["WEBVTT\n", *cues]), media_type="text/vtt")

    async def media(self, request: Request) -> Response:
        episode = self._episode(request)
        if episode is None or episode.audio is None:
            return Response(status_code=404)
        return FileResponse(episode.audio, media_type="audio/ogg")

    async def page_of_episode(self, request: Request) -> Response:
        episode = self._episode(request)
        if episode is None:
            return HTMLResponse((WEB / "episode.html").read_text())
        at = request.query_params.get("t")
        page = render_transcript(
            episode.transcript,
            episode.info,
            episode_id=episode.episode_id,
            at_s=float(at) if at else None,
            extra_scripts=[f"/static/{name}.js" for name in ADDED],
        )
        return HTMLResponse(page)

    async def page_of_results(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        asked = dict(request.query_params)
        reply = self.archive.search(asked) if query else None
        narrowed = {name: value for name, value in asked.items() if name not in {"q", "cursor"}}
        whenever = {name: value for name, value in asked.items() if name not in {"from", "to"}}
        timeline: Any = self.archive.timeline(whenever) if query else None
        page = render_results(reply, query=query, narrowed=narrowed, timeline=timeline)
        return HTMLResponse(page)

    async def host(self, _: Request) -> Response:
        return HTMLResponse(self.archive.host_page)

    async def index(self, _: Request) -> Response:
        return HTMLResponse((WEB / "index.html").read_text())

    async def status(self, _: Request) -> Response:
        return HTMLResponse((WEB / "status.html").read_text())

    async def work(self, request: Request) -> Response:
        """Answer an operator's route with what the test says, or as one that is not there."""
        path = request.url.path.removeprefix("/v1/")
        if request.method == "POST":
            asked = await request.json()
            answer = self.archive.work.get(f"POST {path}", {})
            self.archive.work[f"asked {path}"] = asked
            status = answer.get("status", 200)
            kind = "application/problem+json" if status >= BAD else "application/json"
            return JSONResponse(answer, status, media_type=kind)
        found = self.archive.work.get(path)
        return await self._trouble() or JSONResponse(found or {}, 200 if found else 404)

    async def episodes(self, request: Request) -> Response:
        state = request.query_params.get("state")
        states = [each for each in self.archive.states if state in {None, each["state"]}]
        listing = {"episodes": states, "next": None}
        return await self._trouble() or JSONResponse(listing)

    async def announce(self, request: Request) -> Response:
        body = await request.json()
        self.archive.announced.append(body)
        number = f"new-{len(self.archive.announced)}"
        new = state(number, body["title"], "awaiting_upload", show=body.get("show", ""))
        self.archive.states.insert(0, new)
        upload = {"kind": "put", "url": f"/uploads/{number}", "headers": {}}
        return JSONResponse({"episode_id": number, "existing": False, "upload": upload}, 201)

    async def take_transcript(self, request: Request) -> Response:
        """Take a transcript's file, warn of it, and want the audio that the form names."""
        async with request.form() as form:
            file = form["file"]
            assert isinstance(file, UploadFile)
            raw = await file.read()
        if b"-->" not in raw:
            body = {"detail": "not a caption file that can be read", "hint": "save it again"}
            return JSONResponse(body, 400, media_type="application/problem+json")
        stated = {name: value for name, value in form.items() if name != "file"}
        self.archive.announced.append({**stated, "file": file.filename})
        number = f"new-{len(self.archive.announced)}"
        self.archive.uploads[f"{number}.transcript"] = raw
        waits = "bytes" in stated
        new = state(number, str(stated["title"]), "awaiting_upload" if waits else "refining")
        self.archive.states.insert(0, new)
        upload = {"kind": "put", "url": f"/uploads/{number}", "headers": {}} if waits else None
        warnings = [] if raw.endswith(b"\n") else ["1 caption has no end (line 4)"]
        reply = {"episode_id": number, "existing": False, "upload": upload, "warnings": warnings}
        return JSONResponse(reply, 201)

    async def upload(self, request: Request) -> Response:
        self.archive.uploads[request.path_params["id"]] = await request.body()
        trouble = await self._trouble("upload")
        if trouble:
            return trouble
        self._state(request)["state"] = "queued"
        return JSONResponse({})

    async def one(self, request: Request) -> Response:
        return JSONResponse(self._state(request))

    async def remove(self, request: Request) -> Response:
        self.archive.states.remove(removed := self._state(request))
        return JSONResponse({**removed, "state": "removed"})

    async def change(self, request: Request) -> Response:
        body = await request.json()
        known = self._state(request)
        if any(known[name] != value for name, value in body.pop("expect", {}).items()):
            problem = {"detail": "it is another now", "hint": "read it again"}
            return JSONResponse(problem, 409, media_type="application/problem+json")
        known.update(body)
        return JSONResponse(known)

    async def replay(self, request: Request) -> Response:
        self._state(request).update(state="queued", error=None)
        return JSONResponse({"episode_ids": [request.path_params["id"]]}, 202)

    def _state(self, request: Request) -> dict[str, object]:
        wanted = request.path_params["id"]
        return next(each for each in self.archive.states if each["episode_id"] == wanted)


def application(archive: Archive) -> Starlette:
    """Return the site with all its routes, under the archive's policy."""
    site = _Site(archive)
    return Starlette(
        routes=[
            Route("/", site.index),
            Route("/host", site.host),
            Route("/status", site.status),
            Route("/v1/health", site.work),
            Route("/v1/feed-imports", site.work),
            Route("/v1/feed-imports/{id}", site.work),
            Route("/v1/replays", site.work),
            Route("/v1/dead-letters", site.work),
            Route("/v1/dead-letters:redrive", site.work, methods=["POST"]),
            Route("/v1/feeds", site.work, methods=["POST"]),
            Route("/v1/episodes:import", site.work, methods=["POST"]),
            Route("/search", site.page_of_results),
            Route("/episodes/{id}", site.page_of_episode),
            Route("/v1/search", site.search),
            Route("/v1/timeline", site.timeline),
            Route("/v1/suggest", site.suggest),
            Route("/v1/shows", site.shows),
            Route("/v1/speakers", site.speakers),
            Route("/v1/episodes", site.announce, methods=["POST"]),
            Route("/v1/transcripts", site.take_transcript, methods=["POST"]),
            Route("/v1/episodes", site.episodes),
            Route("/v1/episodes/{id}", site.remove, methods=["DELETE"]),
            Route("/v1/episodes/{id}", site.change, methods=["PATCH"]),
            Route("/v1/episodes/{id}", site.one),
            Route("/v1/episodes/{id}/replays", site.replay, methods=["POST"]),
            Route("/v1/episodes/{id}/transcript", site.transcript),
            Route("/v1/episodes/{id}/transcript.vtt", site.captions),
            Route("/uploads/{id}", site.upload, methods=["PUT"]),
            Route("/media/{id}", site.media),
            Mount("/widget", StaticFiles(directory=widget_path())),
            Mount("/static", StaticFiles(directory=WEB)),
        ],
        middleware=[Middleware(_Policy, archive=archive)],
    )


def _stamp(seconds: float) -> str:
    return f"{int(seconds // 3600):02}:{int(seconds // 60) % 60:02}:{seconds % 60:06.3f}"


@contextmanager
def served(archive: Archive) -> Iterator[Archive]:
    """Serve the archive on a free port of this machine, in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    archive.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(application(archive), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        until(lambda: server.started)
        yield archive
    finally:
        archive.held = None
        server.should_exit = True
        server.force_exit = True
        thread.join(120)
        listener.close()
