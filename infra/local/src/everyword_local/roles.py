"""What a child process runs: the dispatcher, the transcription worker, a publisher under load."""

import argparse
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from everyword_events import EverywordError, Misconfigured, Paused
from everyword_events.sqlite.bus import SqliteBus
from everyword_local import MODEL_KEY
from everyword_local.data_folder import PRIVATE_UMASK, DataFolder
from everyword_local.logs import log_as_json
from everyword_local.processes import EX_CONFIG, ROLES, stop_with_parent
from everyword_local.publisher_processes import ROLES as PUBLISHERS
from everyword_local.publisher_processes import leave_when_idle
from everyword_local.sparing import keep_what_is_loaded, share_heaps

if TYPE_CHECKING:  # what a process does not use yet is not imported
    from everyword_local.composition import Composition

log = logging.getLogger(__name__)


def main() -> int:
    """Run one role until the parent says stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=(*ROLES, *PUBLISHERS))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--settings", type=Path)
    chosen = parser.parse_args()
    os.umask(PRIVATE_UMASK)
    share_heaps()
    stop = stop_with_parent()
    try:
        with _composition(chosen.data, chosen.settings) as composition:
            log_as_json(composition.folder.logs / f"{chosen.role}.log")
            keep_what_is_loaded()
            run(chosen.role, composition, stop)
    except Misconfigured as error:
        sys.stderr.write(f"everyword {chosen.role}: {error.message}\n")
        _note(chosen.data, chosen.role, error)
        return EX_CONFIG
    except EverywordError as error:
        sys.stderr.write(f"everyword {chosen.role}: {error.message}\n")
        return 1
    return 0


def _note(data: Path, role: str, error: Misconfigured) -> None:
    """Say where people look that this role does not work, and why."""
    from everyword_local.composition import CONTRACTS  # noqa: PLC0415

    why = Paused(error.code, error.message, error.hint, datetime.now(UTC))
    with contextlib.suppress(EverywordError), SqliteBus(DataFolder(data).bus, CONTRACTS) as bus:
        for consumer in _consumers(role):
            bus.pause(consumer, why)


def _consumers(role: str) -> Sequence[str]:
    from everyword_local.composition import DISPATCHER, PUBLISHING, WORKER  # noqa: PLC0415

    return {"worker": WORKER, "dispatcher": DISPATCHER}.get(role, PUBLISHING)


def _composition(data: Path, settings: Path | None) -> "Composition":
    from everyword_local.composition import Composition  # noqa: PLC0415
    from everyword_local.settings import SettingsFile  # noqa: PLC0415

    key = os.environ.get(MODEL_KEY, "")
    return Composition(DataFolder(data), SettingsFile(settings), model_key=key)


def run(role: str, composition: "Composition", stop: threading.Event) -> None:
    """Run the consumers of one role side by side until `stop` is set."""
    if role in PUBLISHERS:
        leaving = (composition.text_waiting, stop)
        threading.Thread(target=leave_when_idle, args=leaving, daemon=True).start()
    composition.run(_consumers(role), stop)


if __name__ == "__main__":
    sys.exit(main())
