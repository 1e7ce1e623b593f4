"""The data folder is its owner's alone, and the logs tell no words and no signatures."""

from pathlib import Path

import httpx

from support.stack import Everyword, write_transcript_file


def test_the_folder_is_its_owners_and_the_logs_tell_nothing(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path / "data")
    everyword.data.mkdir(mode=0o755)
    file = write_transcript_file(tmp_path / "talk.json", "the storm took the fog horn")
    everyword("add", "--transcript", str(file), "--wait")
    asked = {"title": "t", "filename": "t.wav", "bytes": 10}
    with everyword.up() as (url, _):
        assert httpx.get(f"{url}/v1/search?q=zanzibar", timeout=60).status_code == 200
        assert httpx.get(f"{url}/search?q=zanzibar", timeout=60).status_code == 200
        assert httpx.get(f"{url}/v1/search?q=%22zanzibar", timeout=60).status_code == 400
        upload = httpx.post(f"{url}/v1/episodes", json=asked, timeout=60).json()["upload"]["url"]
        assert httpx.put(upload, content=b"0123456789", timeout=60).status_code == 200
        metrics = httpx.get(f"{url}/metrics", timeout=60).text
    assert (
        'everyword_http_requests_total{method="GET",route="/v1/search",status="200"} 1.0' in metrics
    )
    assert 'route="/uploads/{token}"' in metrics
    assert "everyword_deliveries_unfinished" in metrics
    logged = "".join(path.read_text() for path in (everyword.data / "logs").iterdir())
    assert '"route": "/v1/search"' in logged
    for secret in ("zanzibar", upload.rsplit("/", 1)[1], "storm"):
        assert secret not in logged
    for path in (everyword.data, *everyword.data.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
