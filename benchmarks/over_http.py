"""Measure what goes over HTTP: a page of a hundred moments and the widget, plain and compressed.

    python benchmarks/over_http.py

The yardstick is the same reply uncompressed. A second request with the ETag must be answered 304.
"""

import random

from running import Stack, add, transcript, wait_until_idle

EPISODES = 10
FILES = (
    ("search reply", "/v1/search?q=w20", 25.0),
    ("widget", "/widget/everyword-search.js", 13.8),
)


def main() -> None:
    """Print a row for each."""
    draw = random.Random(8)
    with Stack(worker=False) as stack, stack.api() as api:
        for number in range(EPISODES):
            add(api, transcript(10_000, draw), f"hour {number}")
        wait_until_idle(api)
        print(f"{'KB over HTTP':14} {'plain':>8} {'gzip':>8}   goal")
        for name, path, goal in FILES:
            sizes = []
            for encoding in ("identity", "gzip"):
                with api.stream("GET", path, headers={"Accept-Encoding": encoding}) as reply:
                    reply.raise_for_status()
                    sizes.append(sum(map(len, reply.iter_raw())) / 1000)
                    tag = reply.headers["ETag"]
                    assert "accept-encoding" in reply.headers.get("Vary", "").lower(), path
            again = api.get(path, headers={"If-None-Match": tag, "Accept-Encoding": "gzip"})
            assert again.status_code == 304, path
            print(f"{name:14} {sizes[0]:8.1f} {sizes[1]:8.1f}   {goal:g}", flush=True)


if __name__ == "__main__":
    main()
