"""`python -m everyword_local`, and the `everyword` command itself."""

import os
import sys
from _signal import (  # type: ignore[import-not-found]  # enum would take time first
    SIG_DFL,
    SIGINT,
    default_int_handler,
    signal,
)


def main() -> None:
    """Run the command; Ctrl-C before it can tidy up ends it without a word."""
    signal(SIGINT, SIG_DFL)
    # pydantic would look through all that is installed for plugins; we have none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from everyword_local import command  # noqa: PLC0415 - may be interrupted

    signal(SIGINT, default_int_handler)
    try:
        command.main()
    except KeyboardInterrupt:
        sys.exit(command.INTERRUPTED)
    except SystemExit as end:
        _end_at_once(end.code)
        raise


def _end_at_once(code: object) -> None:
    """End the process without taking hundreds of modules apart, if nothing is left to do.

    That takes as long as a bare Python's whole life. What runs at exit is run; where a thread still
    works, or the output cannot be written, the process ends the usual way.
    """
    import atexit  # noqa: PLC0415
    import threading  # noqa: PLC0415

    if not (code is None or isinstance(code, int)) or threading.active_count() > 1:
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - it has no public name
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return
    os._exit(code or 0)


if __name__ == "__main__":
    main()
