"""The guarded fetcher against real servers: hostile ones, broken ones, and slow ones."""

import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from everyword_events import EverywordError, InvalidInput, TransientFailure
from ingest.adapters.fetching import HttpFetcher, Politeness
from ingest.adapters.fetching.addresses import checked_url, is_public
from ingest.ports import Fetched, FetchRequest
from support.waiting import PATIENCE_S

EAGER = Politeness(at_once=8, delay_s=0)
BODY = bytes(range(256)) * 400


@pytest.fixture
def fetcher() -> HttpFetcher:
    return HttpFetcher(allowed=lambda _: True, politeness=EAGER)


def fetch(fetcher: HttpFetcher, url: str, to: Path, **limits: Any) -> Fetched:
    to.mkdir(exist_ok=True)
    limits = {"max_bytes": 1_000_000, "total_s": 20.0, **limits}
    return fetcher.fetch(FetchRequest(url=url, to=to / "file", **limits))


def refused(fetcher: HttpFetcher, url: str, to: Path, **limits: Any) -> EverywordError:
    with pytest.raises(EverywordError) as caught:
        fetch(fetcher, url, to, **limits)
    assert not (to / "file").exists()
    assert caught.value.message
    assert "\n" not in caught.value.message
    return caught.value


def test_a_file_is_fetched_with_what_the_server_says_of_it(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    url = web.file("/a%20day.mp3", BODY, ETag='"1"', **{"Last-Modified": "Fri, 27 Nov 2026"})
    web.redirect("/start", "/middle")
    web.redirect("/middle", url)
    fetched = fetch(fetcher, f"{web.url}/start", tmp_path)
    assert fetched.path.read_bytes() == BODY
    assert (fetched.url, fetched.filename) == (url, "a day.mp3")
    assert (fetched.media_type, fetched.etag) == ("audio/mpeg", '"1"')
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]
    again = fetch(fetcher, url, tmp_path / "b", etag='"1"')
    assert again.not_modified


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0",
        "fc00::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::",
        "64:ff9b::a9fe:a9fe", "ff02::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::5db8:d822"])
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "169.254.169.254"]
)
def test_private_hosts_are_refused_by_default(host: str, tmp_path: Path) -> None:
    error = refused(HttpFetcher(politeness=EAGER), f"http://{host}:1/a.mp3", tmp_path)
    assert error.code == "address_not_allowed"
    assert "allow_private_addresses" in error.hint


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://10.0.0.7/x", "http://[::1]/"]
)
def test_every_hop_of_a_redirect_is_checked(web: Any, tmp_path: Path, target: str) -> None:
    # The test's own server stands for a public one.
    fetcher = HttpFetcher(allowed=lambda address: address == "127.0.0.1", politeness=EAGER)
    web.redirect("/go", target)
    assert refused(fetcher, f"{web.url}/go", tmp_path).code == "address_not_allowed"
    assert web.times("/go") == 1


def test_a_name_is_resolved_once_and_the_checked_address_is_connected_to(
    web: Any, tmp_path: Path
) -> None:
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    port = web.url.rpartition(":")[2]
    web.file("/a.mp3", BODY)
    fetcher = HttpFetcher(
        allowed=lambda _: True, politeness=EAGER, resolve=lambda _host, _port: next(answers)
    )
    assert fetch(fetcher, f"http://rebind.example:{port}/a.mp3", tmp_path).path.exists()
    assert next(answers) == ["169.254.169.254"]  # nobody asked a second time
    assert web.asked[0][1]["Host"] == f"rebind.example:{port}"


@pytest.mark.parametrize(
    "url",
    ["", "a.mp3", "ftp://example.com/a", "file:///etc/passwd", "http://", "http:///x",
     "http://a b/", "http://example.com:0/", "http://example.com/\nx", "javascript:alert(1)",
     "http://example.com:99999/", "http://[::1/", "http://" + "a" * 5000],
)  # fmt: skip
def test_what_is_no_web_address(fetcher: HttpFetcher, url: str, tmp_path: Path) -> None:
    assert refused(fetcher, url, tmp_path).code == "address_invalid"


def test_addresses_beyond_ascii() -> None:
    assert checked_url("https://exämple.com/ä b".replace(" ", "%20")) == (
        "https://xn--exmple-cua.com/%C3%A4%20b"
    )


def test_a_redirect_to_what_is_no_address_is_refused(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    web.redirect("/a", "http://[x/")
    assert refused(fetcher, f"{web.url}/a", tmp_path).message


def test_redirects_in_a_circle_end(fetcher: HttpFetcher, web: Any, tmp_path: Path) -> None:
    web.redirect("/a", "/b")
    web.redirect("/b", "/a")
    assert refused(fetcher, f"{web.url}/a", tmp_path).code == "redirect_loop"
    for number in range(40):
        web.redirect(f"/{number}", f"/{number + 1}")
    assert refused(fetcher, f"{web.url}/0", tmp_path).code == "redirect_loop"
    assert web.times("/12") == 0


def test_too_much_is_refused_by_its_stated_and_by_its_real_size(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    url = web.file("/big", BODY)
    assert refused(fetcher, url, tmp_path, max_bytes=1000).code == "too_large"

    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(BODY)

    url = web.page("/endless", endless)
    assert refused(fetcher, url, tmp_path, max_bytes=1_000_000).code == "too_large"
    assert not list(tmp_path.iterdir())


def test_a_gzip_bomb_is_stopped_while_it_unpacks(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    bomb = gzip.compress(bytes(200_000_000), 1)
    url = web.file("/bomb", bomb, **{"Content-Encoding": "gzip"})
    began = time.process_time()
    error = refused(fetcher, url, tmp_path, max_bytes=2_000_000)
    assert error.code == "too_large"
    assert time.process_time() - began < 2


def test_gzip_that_was_not_asked_for_is_unpacked(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    url = web.file("/a", gzip.compress(BODY), **{"Content-Encoding": "gzip"})
    assert fetch(fetcher, url, tmp_path).path.read_bytes() == BODY
    url = web.file("/cut", gzip.compress(BODY)[:-20], **{"Content-Encoding": "gzip"})
    assert "damaged gzip" in refused(fetcher, url, tmp_path / "c").message
    url = web.file("/br", BODY, **{"Content-Encoding": "br"})
    assert "not asked for" in refused(fetcher, url, tmp_path / "d").message


@pytest.mark.parametrize("where", ["headers", "body"])
def test_a_slow_drip_ends_with_the_total_time(
    fetcher: HttpFetcher, web: Any, tmp_path: Path, where: str
) -> None:
    over = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        if where == "body":
            request.send_response(200)
            request.end_headers()
        while not over.wait(0.1):
            request.wfile.write(b"H")
            request.wfile.flush()

    url = web.page("/drip", drip)
    error = refused(fetcher, url, tmp_path, total_s=1.0)
    over.set()
    assert isinstance(error, TransientFailure)
    assert error.code == "download_too_slow"


def test_what_broke_off_is_taken_up_where_it_broke(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    whole = web.file("/a.mp3", BODY, ETag='"7"')
    serve_whole = web.pages["/a.mp3"]

    def breaks_off(request: BaseHTTPRequestHandler) -> None:
        web.pages["/a.mp3"] = serve_whole
        request.send_response(200)
        request.send_header("Content-Length", str(len(BODY)))
        request.send_header("ETag", '"7"')
        request.end_headers()
        request.wfile.write(BODY[:60_000])

    web.pages["/a.mp3"] = breaks_off
    assert fetch(fetcher, whole, tmp_path).path.read_bytes() == BODY
    assert web.asked[-1][1]["Range"] == "bytes=60000-"
    assert web.asked[-1][1]["If-Range"] == '"7"'


def test_what_an_earlier_process_left_is_taken_up_unless_the_file_changed(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    url = web.file("/a.mp3", BODY, ETag='"7"')
    (tmp_path / "file.part").write_bytes(BODY[:5000])
    about = f'{{"url": "{url}", "validator": "\\"7\\""}}'
    (tmp_path / "file.part.json").write_text(about)
    assert fetch(fetcher, url, tmp_path).path.read_bytes() == BODY
    assert web.asked[-1][1]["Range"] == "bytes=5000-"
    url = web.file("/a.mp3", b"new", ETag='"8"')
    (tmp_path / "file.part").write_bytes(BODY[:5000])
    (tmp_path / "file.part.json").write_text(about)
    assert fetch(fetcher, url, tmp_path).path.read_bytes() == b"new"


def test_a_file_that_is_always_cut_off_is_a_clear_failure(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(BODY)))
        request.end_headers()
        request.wfile.write(BODY[:60_000])

    error = refused(fetcher, web.page("/cut", cut), tmp_path)
    assert isinstance(error, TransientFailure)
    assert "broke off" in error.message


@pytest.mark.parametrize(
    ("status", "kind"), [(404, InvalidInput), (403, InvalidInput), (503, TransientFailure)]
)
def test_a_refusal_is_told_with_the_server_s_own_words(
    fetcher: HttpFetcher, web: Any, tmp_path: Path, status: int, kind: type[EverywordError]
) -> None:
    def page(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        request.send_header("Retry-After", "7")
        request.end_headers()

    error = refused(fetcher, web.page("/no", page), tmp_path)
    assert isinstance(error, kind)
    assert f"answers {status}" in error.message
    if isinstance(error, TransientFailure):
        assert error.retry_after_s == 7


@pytest.mark.parametrize("later", ["²", "9" * 5000, "soon"])
def test_a_wait_that_is_no_number_is_passed_over(
    fetcher: HttpFetcher, web: Any, tmp_path: Path, later: str
) -> None:
    def page(request: BaseHTTPRequestHandler) -> None:
        request.send_response(503)
        request.send_header("Retry-After", later)
        request.end_headers()

    error = refused(fetcher, web.page("/no", page), tmp_path)
    assert isinstance(error, TransientFailure)
    assert error.retry_after_s is None


def test_a_server_that_is_not_there_or_speaks_something_else(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    assert isinstance(refused(fetcher, "http://127.0.0.1:1/", tmp_path), TransientFailure)
    assert refused(fetcher, "http://nobody.invalid/", tmp_path).code == "name_unknown"

    def nonsense(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"220 ready for mail\r\n\r\n")

    assert refused(fetcher, web.page("/smtp", nonsense), tmp_path).code == "download_failed"


def test_a_password_goes_to_its_own_server_only_and_is_never_told(
    fetcher: HttpFetcher, web: Any, tmp_path: Path
) -> None:
    port = web.url.rpartition(":")[2]
    web.file("/b.mp3", BODY)
    web.redirect("/a", "/b.mp3")
    web.redirect("/away", f"http://localhost:{port}/b.mp3")
    fetch(fetcher, f"http://ada:s3cret@127.0.0.1:{port}/a", tmp_path)
    sent = [headers.get("Authorization") for _, headers in web.asked]
    assert sent == ["Basic YWRhOnMzY3JldA=="] * 2
    web.asked.clear()
    fetch(fetcher, f"http://ada:s3cret@127.0.0.1:{port}/away", tmp_path)
    assert [headers.get("Authorization") for _, headers in web.asked][1] is None
    error = refused(fetcher, f"http://ada:s3cret@127.0.0.1:{port}/none", tmp_path / "x")
    assert "s3cret" not in error.message


def test_one_host_is_asked_by_so_many_at_a_time_with_a_pause_between() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    politeness = Politeness(at_once=1, delay_s=2.0, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        with politeness.towards("a"):
            pass
    with politeness.towards("b"):
        pass
    assert slept == [2.0, 2.0]


def test_a_host_s_places_are_limited() -> None:
    politeness, inside, most = Politeness(at_once=2, delay_s=0), [0], [0]
    lock, both = threading.Lock(), threading.Barrier(2, timeout=PATIENCE_S)

    def visit() -> None:
        with politeness.towards("a"):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            both.wait()
            time.sleep(0.02)  # in which a third could come in
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=visit) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2
