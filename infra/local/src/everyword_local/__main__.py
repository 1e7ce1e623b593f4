"""`python -m everyword_local`, and the `everyword` command itself."""

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
    from everyword_local import command  # noqa: PLC0415 - may be interrupted

    signal(SIGINT, default_int_handler)
    try:
        command.main()
    except KeyboardInterrupt:
        sys.exit(command.INTERRUPTED)


if __name__ == "__main__":
    main()
