"""Recognise for an Everyword elsewhere: outbound connections only."""

import os
import threading
from functools import partial
from typing import TYPE_CHECKING

import click

from everyword_events import Misconfigured
from everyword_local.client import Api
from everyword_local.commands.context import CommandContext, pass_context

if TYPE_CHECKING:  # what waits for an import of its own
    from everyword_local.remote_worker import RemoteInbox

VISIBILITY_S = 60.0


@click.command()
@click.option("--engine", default="", help="The recogniser to use, whatever the show says.")
@click.option("--model", default="", help="Its model: a name or a folder.")
@click.option(
    "--leave-after",
    type=click.IntRange(0),
    default=0,
    help="End after so many polls in a row without work; 0 stays.",
)
@click.option(
    "--spot", is_flag=True, help="This is an EC2 spot machine: end in time when it is taken back."
)
@pass_context
def worker(
    context: CommandContext, engine: str, model: str, leave_after: int, *, spot: bool
) -> None:
    """Take recordings from the Everyword at --api, recognise them here, bring back transcripts.

    The key, of scope admin, is taken from EVERYWORD_KEY. SIGTERM or Ctrl-C gives the job in hand
    back; the next worker goes on where this one was.
    """
    from everyword_local.logs import log_to_person  # noqa: PLC0415 - for this command alone
    from everyword_local.remote_worker import (  # noqa: PLC0415
        RemoteBlobs,
        RemoteInbox,
        RemoteProgress,
        cancelled_at,
        settings_from,
    )
    from everyword_storage import sweep_scratch  # noqa: PLC0415
    from transcribe_gpu.adapters.decoding import PyAvAudio  # noqa: PLC0415
    from transcribe_gpu.adapters.silero import voice_activity  # noqa: PLC0415
    from transcribe_gpu.adapters.spot_notice import stop_on_spot_notice  # noqa: PLC0415
    from transcribe_gpu.config import SpeechModelSettings, TranscribeSettings  # noqa: PLC0415
    from transcribe_gpu.diarization.process import ProcessDiarizer  # noqa: PLC0415
    from transcribe_gpu.recognition import Recogniser  # noqa: PLC0415
    from transcribe_gpu.selection import EngineSelector  # noqa: PLC0415
    from transcribe_gpu.self_test import self_test  # noqa: PLC0415
    from transcribe_gpu.service import TranscribeService  # noqa: PLC0415
    from transcribe_gpu.standalone import (  # noqa: PLC0415
        announced_engine,
        known_sources,
        model_library,
    )
    from transcribe_gpu.worker import jobs_at_once, run_worker, stop_on_signals  # noqa: PLC0415

    if not context.api_url:
        raise Misconfigured(
            "whose jobs? no address is given",
            hint="everyword worker --api http://SERVER:8080",
            code="usage_api_missing",
        )
    api = Api(context.api_url, key=context.key)

    def settings_for(show: str) -> TranscribeSettings:
        settings = settings_from(api, show)
        if not engine and not model:
            return settings
        return settings.model_copy(update={"engine": engine or settings.engine, "model": model})

    chosen = settings_for("")  # refuses a wrong address or key before any work
    models = context.section("models", SpeechModelSettings)
    context.output.note(announced_engine(chosen, models))
    stop = threading.Event()
    stop_on_signals(stop)
    if spot:
        stop_on_spot_notice(stop)
    sweep_scratch()
    inbox = RemoteInbox(api, most_empty=leave_after)
    library = model_library(models)
    service = TranscribeService(
        RemoteBlobs(api),
        Recogniser(
            EngineSelector(known_sources(library), self_test=self_test),
            voice_activity(),
            diarizer=ProcessDiarizer(library),
        ),
        open_audio=PyAvAudio,
        settings_for=settings_for,
        progress=RemoteProgress(api),
        stopping=stop.is_set,
        cancelled=partial(cancelled_at, api),
        keeps_voices=True,
    )
    watch = threading.Thread(target=_leave_when_idle, args=(inbox, stop), daemon=True)
    watch.start()
    context.output.note(f"taking jobs from {api.url} (process {os.getpid()}; Ctrl-C ends)")
    log_to_person(context.output.note)
    run_worker(
        inbox, inbox.log, service, stop, visibility_s=VISIBILITY_S, at_once=jobs_at_once(models)
    )
    context.output.result({"api": api.url, "stopped": True}, ["the worker has stopped"])


def _leave_when_idle(inbox: "RemoteInbox", stop: threading.Event) -> None:
    while not stop.wait(0.2):
        if inbox.exhausted:
            stop.set()
