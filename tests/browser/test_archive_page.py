"""The first page of the local stack: episodes with live state, and adding to them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser.canned_archive import HOSTILE, SAMPLES, Archive, state

pytestmark = pytest.mark.browser
Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]

DROP = """(names) => {
  const data = new DataTransfer();
  for (const name of names) data.items.add(new File(['0123456789'], name, { type: 'audio/mpeg' }));
  const send = (type) => document.body.dispatchEvent(
    new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
  send('dragenter');
  const seen = document.body.classList.contains('dropping');
  send('dragover');
  send('drop');
  return seen;
}"""


def row(page: Any, title: str) -> Any:
    return page.locator(".episode", has_text=title)


def test_an_empty_archive_invites(archive: Archive, open_page: Open) -> None:
    page = open_page(archive.url)
    page.get_by_text("Nothing here yet.").wait_for()
    page.get_by_role("button", name="Choose files").click()
    assert page.get_by_role("dialog", name="Add episodes").is_visible()
    assert page.get_by_role("button", name="Add", exact=True).is_disabled()


def test_states_are_live(archive: Archive, open_page: Open) -> None:
    archive.states = [state("1", "Harbour", "queued", show="Voices", duration_s=3671.0)]
    page = open_page(archive.url)
    assert "Voices · 1:01:11" in row(page, "Harbour").inner_text()
    row(page, "Queued").wait_for()
    archive.states[0].update(state="transcribing", progress={"fraction": 0.43, "eta_s": 150})
    row(page, "Transcribing 43 %, about 3 min left").wait_for()
    assert row(page, "Harbour").locator("progress").get_attribute("value") == "0.43"
    archive.states[0].update(state="ready", progress=None)
    page.get_by_text("Harbour is ready to be searched").wait_for(state="attached")
    assert row(page, "Harbour").locator("progress").count() == 0


def test_what_is_shown_never_goes_back(archive: Archive, open_page: Open) -> None:
    working = {"stage": "transcribe", "fraction": 0.6, "eta_s": 10}
    now = state("1", "Harbour", "transcribing", progress=working)
    now["updated_at"] = "2026-02-02T00:00:00Z"
    archive.states = [now, state("2", "Other", "ready")]
    page = open_page(archive.url)
    row(page, "Transcribing 60 %").wait_for()
    late = {**now, "progress": {**working, "fraction": 0.4}, "updated_at": "2026-02-02T00:00:00Z"}
    archive.states = [late, state("2", "Other, renamed", "ready")]
    row(page, "Other, renamed").wait_for()
    assert "Transcribing 60 %" in row(page, "Harbour").inner_text()
    late.update(state="queued", progress=None, updated_at="2026-02-01T00:00:00Z")
    archive.states = [late, state("2", "Other, again", "ready")]
    row(page, "Other, again").wait_for()
    assert "Transcribing 60 %" in row(page, "Harbour").inner_text()


def test_a_failure_says_why_and_is_tried_again(archive: Archive, open_page: Open) -> None:
    error = {"code": "engine", "message": "the engine gave up", "hint": "try a smaller model"}
    archive.states = [state("1", "Broken", "failed", error=error, duration_s=9.0)]
    page = open_page(archive.url)
    text = row(page, "Broken").inner_text()
    assert "the engine gave up" in text
    assert "try a smaller model" in text
    row(page, "Broken").get_by_role("button", name="Try again").click()
    row(page, "Queued").wait_for()


def test_an_episode_is_removed_after_asking(archive: Archive, open_page: Open) -> None:
    archive.states = [state("1", "Keep", "ready"), state("2", "Go", "ready")]
    page = open_page(archive.url)
    page.get_by_role("button", name="Remove Go").click()
    page.get_by_role("button", name="Keep it").click()
    assert page.locator(".episode").count() == 2
    page.get_by_role("button", name="Remove Go").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    row(page, "Go").wait_for(state="detached")
    assert [each["title"] for each in archive.states] == ["Keep"]


def test_recordings_are_picked_named_and_sent(archive: Archive, open_page: Open) -> None:
    archive.states = [state("1", "Old", "ready", show="Voices")]
    page = open_page(archive.url)
    page.get_by_role("button", name="Add episodes").click()
    page.set_input_files("#files", [SAMPLES / "interview.opus", SAMPLES / "archive.opus"])
    page.get_by_label("Title of interview.opus (804.1 kB)").fill("Tape")
    page.get_by_role("combobox", name="Show").fill("Voices")
    page.get_by_role("combobox", name="Language").select_option("en")
    page.get_by_label("One speaker on each channel").check()
    page.get_by_role("button", name="Add 2 recordings").click()
    row(page, "Tape").wait_for()
    row(page, "archive").locator("span", has_text="Queued").wait_for()
    assert page.locator(".episode").count() == 3
    assert archive.announced[0] == {
        "title": "Tape",
        "filename": "interview.opus",
        "bytes": 804_114,
        "show": "Voices",
        "language": "en",
        "channels": "speakers",
        "media_type": "audio/ogg",
    }
    assert archive.uploads["new-1"] == (SAMPLES / "interview.opus").read_bytes()
    assert archive.uploads["new-2"] == (SAMPLES / "archive.opus").read_bytes()


def test_one_recording_and_one_transcript_go_together_if_their_names_do_or_one_says_so(
    archive: Archive, open_page: Open, tmp_path: Path
) -> None:
    for name in ("Ep 1.mp3", "talk.vtt", "ep 1.en.vtt"):
        (tmp_path / name).write_bytes(b"ID3" if name.endswith("mp3") else CUE)
    page = open_page(archive.url)
    page.get_by_role("button", name="Choose files").click()
    together = page.get_by_label("They belong together, though their names differ")
    page.set_input_files("#files", [tmp_path / "Ep 1.mp3", tmp_path / "ep 1.en.vtt"])
    page.get_by_label("Title of Ep 1.mp3 (3 bytes) with ep 1.en.vtt").wait_for()
    assert not together.is_visible()
    page.set_input_files("#files", [tmp_path / "Ep 1.mp3", tmp_path / "talk.vtt"])
    page.get_by_role("button", name="Add 2 episodes").wait_for()
    together.check()
    page.get_by_label("Title of Ep 1.mp3 (3 bytes) with talk.vtt").wait_for()
    together.uncheck()
    page.get_by_role("button", name="Add 2 episodes").wait_for()


CUE = b"WEBVTT\n\n00:01.000 --> 00:02.000\nA hundred boats"


def test_transcripts_go_with_recordings_of_their_name(
    archive: Archive, open_page: Open, tmp_path: Path
) -> None:
    names = ["Ep 1.mp3", "ep 1.en.vtt", "ep 1.srt", "alone.srt", "ep 2.mp3", "none.vtt"]
    for name in names:
        (tmp_path / name).write_bytes(b"ID3" if name.endswith("mp3") else CUE)
    (tmp_path / "alone.srt").write_bytes(CUE + b"\n")
    (tmp_path / "none.vtt").write_bytes(b"nothing")
    page = open_page(archive.url)
    page.get_by_role("button", name="Choose files").click()
    page.set_input_files("#files", [tmp_path / name for name in names])
    page.get_by_text("ep 1.srt was left out: ep 1.en.vtt is used.").wait_for()
    page.get_by_label("Title of Ep 1.mp3 (3 bytes) with ep 1.en.vtt").fill("First")
    page.get_by_role("button", name="Add 4 episodes").click()
    row(page, "not a caption file that can be read - save it again").wait_for()
    first, second, third = archive.announced
    assert (first["title"], first["file"], first["filename"]) == (
        "First",
        "ep 1.en.vtt",
        "Ep 1.mp3",
    )
    assert (first["bytes"], first["media_type"]) == ("3", "audio/mpeg")
    assert archive.uploads["new-1"] == b"ID3"
    assert archive.uploads["new-1.transcript"] == CUE
    assert "file" not in second
    assert (third["title"], third["file"]) == ("alone", "alone.srt")
    assert "bytes" not in third
    note = page.locator("#note")
    assert note.inner_text() == "ep 1.en.vtt: 1 caption has no end (line 4)"


def test_an_upload_shows_how_far_it_is(archive: Archive, open_page: Open, tmp_path: Path) -> None:
    big = tmp_path / "big_file.wav"
    big.write_bytes(bytes(3_000_000))
    page = open_page(archive.url)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.get_by_role("button", name="Choose files").click()
    page.set_input_files("#files", [big])
    assert page.get_by_label("Title of big_file.wav (3.0 MB)").input_value() == "big file"
    page.get_by_role("button", name="Add", exact=True).click()
    share = "Number(document.querySelector('.episode').innerText.match(/Uploading (\\d+) %/)?.[1])"
    for least in (1, 2, 3):  # so slow that it is far from done
        page.wait_for_function(f"() => {share} >= {least}")
    assert not archive.uploads
    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    row(page, "Queued").wait_for()
    assert page.locator(".episode").count() == 1


def test_a_failed_upload_is_sent_again(archive: Archive, open_page: Open) -> None:
    page = open_page(archive.url)
    page.get_by_role("button", name="Choose files").click()
    page.set_input_files("#files", [SAMPLES / "archive.opus"])
    page.route("**/uploads/*", lambda route: route.abort())
    page.get_by_role("button", name="Add", exact=True).click()
    failed = row(page, "archive")
    failed.get_by_text("The upload broke off - try it again").wait_for()
    page.unroute("**/uploads/*")
    failed.get_by_role("button", name="Try again").click()
    row(page, "Queued").wait_for()


def test_recordings_are_dropped_anywhere(archive: Archive, open_page: Open) -> None:
    page = open_page(archive.url)
    page.get_by_text("Nothing here yet.").wait_for()
    assert page.evaluate(DROP, ["My_first  talk.mp3", "two.mp3"]), (
        "it shows that it would take them"
    )
    assert page.get_by_label("Title of My_first talk.mp3").input_value() == "My first talk"
    page.get_by_role("button", name="Add 2 recordings").click()
    page.locator(".episode").nth(1).wait_for()
    assert "dropping" not in (page.locator("body").get_attribute("class") or "")


def test_searching_takes_the_list_s_place(archive: Archive, open_page: Open) -> None:
    archive.states = [state("1", "Old", "ready")]
    page = open_page(archive.url)
    row(page, "Old").wait_for()
    box = page.get_by_role("combobox", name="Search every spoken word")
    box.fill("foghorn")
    page.locator(".hit").first.wait_for()
    assert not row(page, "Old").is_visible()
    title = page.locator("everyword-search h3 a").first
    assert title.get_attribute("href") == f"{archive.url}/episodes/interview"
    box.fill("")
    row(page, "Old").wait_for()


def test_an_archive_that_does_not_answer_is_said(archive: Archive, open_page: Open) -> None:
    archive.fail = 503
    page = open_page(archive.url)
    page.get_by_role("alert").wait_for()
    assert page.get_by_role("alert").inner_text() == "the index is away - it comes back by itself"
    archive.fail = 0
    page.get_by_text("Nothing here yet.").wait_for(timeout=60_000)


def test_an_episode_at_work_has_a_page(archive: Archive, open_page: Open) -> None:
    archive.states = [state("x1", f"Tape {HOSTILE}", "transcribing", progress={"fraction": 0.5})]
    page = open_page(f"{archive.url}/episodes/x1")
    page.get_by_text("Transcribing 50 %").wait_for()
    assert page.get_by_role("heading", level=1).inner_text() == f"Tape {HOSTILE}"
    error = {"code": "x", "message": "it is not audio", "hint": ""}
    archive.states[0].update(state="failed", error=error)
    page.get_by_text("it is not audio").wait_for()
    archive.episodes["x1"] = archive.episodes["interview"]
    archive.states[0].update(state="ready", error=None)
    page.locator("everyword-transcript").wait_for()


def test_an_episode_is_found_among_many(archive: Archive, open_page: Open) -> None:
    archive.states = [
        state(
            str(number),
            f"Épisode {number:02}",
            "failed" if number == 3 else "ready",
            show="Harbour" if number % 2 else "Island",
            duration_s=60.0 * number,
            speakers=["Ada"] if number == 7 else [],
            created_at=f"2026-02-{number + 1:02}T06:00:00Z",
        )
        for number in range(12, 0, -1)
    ]
    page = open_page(archive.url)
    titles = page.locator(".episode h3")
    find = page.get_by_label("Find an episode")

    def shows(*numbers: int) -> None:
        expected = [f"Épisode {number:02}" for number in numbers]
        page.wait_for_function(
            "(wanted) => JSON.stringify([...document.querySelectorAll('.episode h3')]"
            ".map((each) => each.innerText)) === JSON.stringify(wanted)",
            arg=expected,
        )

    find.fill("episode 05")
    shows(5)
    find.fill("ada")
    shows(7)
    find.fill("")
    page.locator("#arrange [name=of]").select_option("Harbour")
    page.get_by_label("Order").select_option("oldest")
    shows(1, 3, 5, 7, 9, 11)
    page.reload()
    shows(1, 3, 5, 7, 9, 11)
    page.get_by_label("State").select_option("failed")
    shows(3)
    find.fill("nobody")
    page.get_by_text("No episode is like that.").wait_for()
    find.fill("")
    for label in ("of", "state"):
        page.locator(f"#arrange [name={label}]").select_option("")
    page.get_by_label("Order").select_option("newest")
    shows(*range(12, 0, -1))
    assert titles.count() == 12


def test_episodes_are_seen_by_show_and_year(archive: Archive, open_page: Open, axe: Axe) -> None:
    archive.states = [
        state(
            str(number),
            f"Tape {number:02}",
            "ready",
            show=("", "Harbour", "Island")[number % 3],
            published_at=f"{2020 + number % 2}-03-01T00:00:00Z" if number > 3 else None,
            created_at=f"2026-02-{number:02}T06:00:00Z",
        )
        for number in range(15, 0, -1)
    ]
    page = open_page(archive.url)
    row(page, "Tape 15").wait_for()
    page.get_by_label("View").select_option("groups")
    groups = page.locator("#groups > details > summary")
    page.wait_for_function("() => document.querySelectorAll('#groups > details').length === 3")
    assert groups.all_inner_texts() == [
        "Harbour 5 episodes",
        "Island 5 episodes",
        "No show 5 episodes",
    ]
    assert not row(page, "Tape 13").is_visible(), "many are folded"
    groups.first.press("Enter")
    years = page.locator("#groups > details").first.locator(".years summary")
    assert years.all_inner_texts() == ["2021 2 episodes", "2020 2 episodes", "No date 1 episode"]
    years.first.press("Enter")
    assert page.locator(".episode h3:visible").all_inner_texts() == ["Tape 13", "Tape 07"]
    assert axe(page) == []

    archive.states[2].update(title="Tape 13, renamed", updated_at="2026-03-01T00:00:00Z")
    row(page, "Tape 13, renamed").wait_for()
    assert page.locator(".episode:visible").count() == 2, "what is unfolded stays so"
    page.get_by_label("Find an episode").fill("tape 08")
    row(page, "Tape 08").wait_for()
    assert page.locator(".episode").count() == 1
    page.get_by_label("Find an episode").fill("")
    page.get_by_label("View").select_option("list")
    row(page, "Tape 01").wait_for()
    titles = page.locator(".episode h3").all_inner_texts()
    assert titles[:3] == ["Tape 15", "Tape 14", "Tape 13, renamed"]
    assert len(titles) == 15
