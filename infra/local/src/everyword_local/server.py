"""`everyword up`: the stack on one port, until it is told to stop."""

import contextlib
import ipaddress
import os
import resource
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from everyword_events import Misconfigured, TransientFailure
from everyword_http import OwnNames, name_of
from everyword_http.keys import KeyAccess
from everyword_http.server import server_of
from everyword_local.application import RequestOrigin, application
from everyword_local.composition import WORKER, Composition
from everyword_local.data_folder import PRIVATE_UMASK, DataFolder
from everyword_local.logs import log_as_json
from everyword_local.processes import ROLES, process_group
from everyword_local.settings import SettingsFile
from everyword_local.sparing import keep_what_is_loaded, share_heaps

BACKLOG = 512
_LOOPBACK = ("127.0.0.0/8", "::1")


@dataclass(frozen=True)
class Listening:
    """Where the server listens, and who may use it.

    `key` is needed of everybody where it is not empty; `public_search` opens the reading routes
    to those without one. Without `worker` other machines recognise (`everyword worker`).
    """

    host: str = "127.0.0.1"
    port: int = 8080
    key: str = ""
    public_search: bool = False
    worker: bool = True

    def access(self, composition: Composition, names: tuple[str, ...], *, owner: str) -> KeyAccess:
        """Return who may do what.

        Raises:
            Misconfigured: others could reach the server, and there is no key (`key_needed`).
        """
        is_reachable = bool(names) or not _is_loopback(self.host)
        if is_reachable and not self.key and not composition.keys.store.list():
            raise Misconfigured(
                "others can reach this server, and it has no key",
                hint="set EVERYWORD_KEY, or make one with `everyword keys create --scope admin`",
                code="key_needed",
            )
        composition.public_shows.others = "public" if self.public_search else "private"
        return KeyAccess(
            composition.keys,
            signing_key=composition.folder.secret(),
            environment_key=self.key,
            owner=owner,
            public_search=self.public_search,
            public_shows=composition.public_shows,
            open_without_keys=not is_reachable,
        )


def serve(
    folder: DataFolder,
    settings: SettingsFile,
    listening: Listening,
    *,
    ready: Callable[[str], None],
) -> None:
    """Run the whole stack until it is told to stop; port 0 takes a free one.

    Raises:
        Misconfigured: the port is in use (`port_in_use`), another server holds the folder, or
            others could reach it without a key.
    """
    owner = secrets.token_urlsafe(32)
    os.umask(PRIVATE_UMASK)
    share_heaps()
    with _listener(listening.host, listening.port) as listener:
        shown = f"[{listening.host}]" if ":" in listening.host else listening.host
        url = f"http://{shown}:{listener.getsockname()[1]}"
        with (
            folder.serving(url, owner),
            Composition(folder, settings, base_url=url) as composition,
            contextlib.ExitStack() as stack,
        ):
            names = settings.of_show("").server.names
            access = listening.access(composition, names, owner=owner)
            composition.resume()
            logs = folder.logs
            log_as_json(logs / "http.log", audit=logs / "audit.log")
            search = stack.enter_context(_searching(folder, settings))
            app = application(composition, access=access, search_elsewhere=search)
            server = server_of(guarded(app, settings))

            def give_up() -> None:
                server.should_exit = True

            # uvicorn sends itself the signal again at its end; by default that would end this
            # process before its children.
            signal.signal(signal.SIGTERM, lambda *_: give_up())
            roles = [role for role in ROLES if listening.worker or role != "worker"]
            wanted = {"worker": partial(_recognition_waits, composition)}
            with process_group(
                composition.arguments, give_up, roles=roles, wanted=wanted
            ) as children:
                keep_what_is_loaded()
                ready(url)
                server.run(sockets=[listener])
            broken = [child.role for child in children if child.hopeless]
            if broken:
                raise Misconfigured(
                    f"the {' and the '.join(broken)} process does not start",
                    hint=f"see {folder.logs}, or run `everyword doctor`",
                    code="start_failed",
                )


def _recognition_waits(composition: Composition) -> bool:
    """Tell whether something is to be recognised, or a pause that stands is to be looked into.

    Many archives never need it: they import transcripts, or other machines recognise.
    """
    (consumer,) = WORKER
    try:
        return bool(composition.unfinished(consumer)) or consumer in composition.bus.paused()
    except TransientFailure:
        return False


@contextlib.contextmanager
def _searching(folder: DataFolder, settings: SettingsFile) -> Iterator[Callable[..., bytes] | None]:
    """Give what searches in processes of their own, where the settings name some."""
    count = settings.of_show("").server.search_processes
    if not count:
        yield None
        return
    from everyword_local.search_processes import SearchProcesses  # noqa: PLC0415 - where used

    with SearchProcesses(count, folder.index, settings) as processes:
        yield processes.search


def guarded(app: ASGIApp, settings: SettingsFile) -> ASGIApp:
    """Put before an application what a server on a network needs: own names, trusted proxies."""
    general = settings.of_show("")
    own = OwnNames(RequestOrigin(app), names=general.server.names)
    proxies = [*_LOOPBACK, *general.search.trusted_proxies]
    guarded: ASGIApp = ProxyHeadersMiddleware(own, trusted_hosts=proxies)  # type: ignore[arg-type,assignment]
    return guarded


def _is_loopback(host: str) -> bool:
    name = name_of(f"[{host}]" if ":" in host else host)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


@contextlib.contextmanager
def _listener(host: str, port: int) -> Iterator[socket.socket]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):  # a connection is a file
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"cannot listen on {host}:{port}: {error.strerror}",
            hint="choose another with --port, or --port 0 for a free one",
            code="port_in_use",
        ) from error
    try:
        yield listener
    finally:
        listener.close()
