"""Newest run wins: run ids are UUIDv7 strings, so that they sort by the time they were made."""


def is_newer(run_id: str, than: str | None) -> bool:
    """Tell whether `run_id` was started after the run `than` (None: there was none)."""
    return than is None or run_id > than


def is_stale(run_id: str, held: str | None) -> bool:
    """Tell whether a projection that holds run `held` must ignore an event of `run_id`.

    An event of the run it holds is not stale: applying it again gives the same state.
    """
    return held is not None and run_id < held
