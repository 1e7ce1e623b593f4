"""Events in, files and events out: duplicates, reordering, replays, removal."""

import json
from typing import Any

import pytest

from captions.addresses import address_of
from captions.config import CaptionsSettings
from captions.contract import CONTRACT
from captions.domain.file_formats import FORMATS, PUBLISHED
from captions.service import CaptionsService
from everyword_events import CaptionsPublished, NotFound, SuggestedChapter, new_run_id
from everyword_transcripts import Segment, Transcript, Word


def test_a_refined_transcript_is_published_in_every_format(stage: Any, spoken: Any) -> None:
    event = stage.refined(spoken(("A", "Hello there, world."), names=[("A", "Ada")]))
    (published,) = stage.service.handle(event)
    assert CONTRACT.emits == (type(published.data),)
    assert published.meta.causation_id == event.meta.event_id
    assert list(published.data.files) == [form.name for form in PUBLISHED]
    for name, ref in published.data.files.items():
        assert ref.media_type == FORMATS[name].media_type
        assert ref.uri.endswith(f"/{event.meta.run_id}/captions/{FORMATS[name].file}")
        assert stage.blobs.get(ref) == stage.service.read(
            stage.service.file(stage.episode_id, name)
        )
    assert "<v Ada>Hello there, world." in stage.text("vtt")


def test_the_same_event_twice_gives_the_same_event_and_writes_nothing(
    stage: Any, spoken: Any
) -> None:
    event = stage.refined(spoken(("A", "Hello.")))
    (first,) = stage.service.handle(event)
    stage.settings["Show"] = CaptionsSettings(profile="podcast-srt", max_line_chars=8)
    (again,) = stage.service.handle(event)
    assert again.meta.event_id == first.meta.event_id
    assert again.data == first.data


def test_a_long_episode_gets_chapters_unless_they_are_switched_off(stage: Any) -> None:
    words, at = [], 0.0
    for topic in ("lighthouse keeper storm beacon", "flour oven baker yeast"):
        for number in range(120):
            said = topic.split()
            words.append(Segment(at, at + 3, topic, None, tuple(Word(w, at, at + 1) for w in said)))
            at += 3.5 if number < 119 else 8
    transcript = Transcript("en", at, tuple(words))
    (published,) = stage.service.handle(stage.refined(transcript))
    assert b'"generated": true' in stage.service.chapters(stage.episode_id)
    address = address_of(published.data.files["chapters"])
    assert address == f"/v1/episodes/{stage.episode_id}/chapters.json"
    stage.settings["Show"] = CaptionsSettings(chapters=False)
    (again,) = stage.service.handle(stage.refined(transcript, run_id=new_run_id()))
    assert "chapters" not in again.data.files
    with pytest.raises(NotFound):
        stage.service.chapters(stage.episode_id)


def test_chapters_of_the_language_model_are_taken_where_they_are_in_order(
    stage: Any, spoken: Any
) -> None:
    event = stage.refined(Transcript("en", 900.0, spoken(("A", "The storm.")).segments))
    for titles, holds in (
        (((0.0, "The  storm\n"), (300.0, "The \u202efog")), True),
        (((5.0, "The storm"), (300.0, "The fog")), False),
        (((0.0, "The storm"), (300.0, "The fog"), (300.0, "Again")), False),
        (((0.0, "The storm"), (901.0, "The fog")), False),
        (((0.0, "The storm"), (300.0, "\u202e")), False),
    ):
        suggested = tuple(SuggestedChapter(start=at, title=title) for at, title in titles)
        data = event.data.model_copy(update={"chapters": suggested})
        (published,) = stage.service.handle(stage.event(data, new_run_id()))
        assert ("chapters" in published.data.files) is holds
        if holds:
            made = json.loads(stage.service.chapters(stage.episode_id))
            assert made["generated"] is True
            assert "language model" in made["description"]
            assert [each["title"] for each in made["chapters"]] == ["The storm", "The fog"]


def test_the_newest_run_is_served_whatever_comes_last(stage: Any, spoken: Any) -> None:
    old, new = new_run_id(), new_run_id()
    stage.service.handle(stage.refined(spoken(("A", "New words.")), run_id=new))
    (late,) = stage.service.handle(stage.refined(spoken(("A", "Old words.")), run_id=old))
    assert isinstance(late.data, CaptionsPublished)
    assert "New words." in stage.text("vtt")
    assert "Old words." in stage.text("vtt", old)
    assert "New words." in stage.text("vtt", new)


def test_a_new_title_is_shown_and_the_published_file_stays(stage: Any, spoken: Any) -> None:
    event = stage.refined(spoken(("A", "Hello.")), info=stage.info("Old", day=1))
    (published,) = stage.service.handle(event)
    assert not stage.service.handle(stage.changed("New & improved", day=3))
    assert "<title>New &amp; improved</title>" in stage.text("html")
    assert stage.text("md").startswith("# New \\& improved\n")
    assert "<title>Old</title>" in stage.blobs.get(published.data.files["html"]).decode()
    stage.service.handle(stage.changed("Stale", day=2))
    assert "<title>New &amp; improved</title>" in stage.text("html")


def test_a_title_that_came_before_the_transcript_is_used(stage: Any, spoken: Any) -> None:
    stage.service.handle(stage.changed("Newer", day=3))
    stage.service.handle(stage.refined(spoken(("A", "Hi.")), info=stage.info("Older", day=1)))
    assert "<title>Newer</title>" in stage.text("html")


def test_an_episode_with_captions_is_of_a_show_until_it_is_removed(stage: Any, spoken: Any) -> None:
    with pytest.raises(NotFound):
        stage.service.show_of(stage.episode_id)
    stage.service.handle(stage.refined(spoken(("A", "Hello."))))
    assert stage.service.show_of(stage.episode_id) == "Show"
    stage.service.handle(stage.removed())
    with pytest.raises(NotFound):
        stage.service.show_of(stage.episode_id)


def test_removal_is_for_good_even_when_it_comes_first(stage: Any, spoken: Any) -> None:
    event = stage.refined(spoken(("A", "Secret.")))
    stage.service.handle(event)
    key = f"episodes/{stage.episode_id}/{event.meta.run_id}/captions/captions.vtt"
    assert stage.blobs.stat(key) is not None
    stage.service.handle(stage.removed())
    with pytest.raises(NotFound):
        stage.service.file(stage.episode_id, "vtt")
    with pytest.raises(NotFound):
        stage.service.file(stage.episode_id, "vtt", event.meta.run_id)
    assert stage.blobs.stat(key) is None
    assert not stage.service.handle(stage.refined(spoken(("A", "Secret again."))))
    stage.service.handle(stage.changed("Back?", day=9))
    with pytest.raises(NotFound):
        stage.service.file(stage.episode_id, "html")


def test_an_episode_removed_while_its_captions_are_written_leaves_nothing(
    stage: Any, spoken: Any
) -> None:
    event = stage.refined(spoken(("A", "Secret.")))

    class RemovedMeanwhile:
        """The store, where the removal arrives between the first file and the second."""

        def put(self, key: str, body: bytes, *, media_type: str) -> Any:
            if key.endswith(".srt"):
                stage.service.handle(stage.removed())
            return stage.blobs.put(key, body, media_type=media_type)

        def __getattr__(self, name: str) -> Any:
            return getattr(stage.blobs, name)

    service = CaptionsService(RemovedMeanwhile(), lambda _: CaptionsSettings(), stage.latest)
    assert not service.handle(event)
    for form in FORMATS.values():
        key = f"episodes/{stage.episode_id}/{event.meta.run_id}/captions/{form.file}"
        assert stage.blobs.stat(key) is None


def test_the_show_decides_the_limits(stage: Any, spoken: Any) -> None:
    stage.settings["Wide"] = CaptionsSettings(max_line_chars=80, max_lines=1)
    text = "one two three four five six seven eight nine ten eleven twelve thirteen"
    stage.service.handle(
        stage.refined(spoken((None, text), word_s=0.4), info=stage.info(show="Wide"))
    )
    assert text in stage.text("vtt")


def test_silence_gives_valid_empty_files(stage: Any) -> None:
    stage.service.handle(stage.refined(Transcript("en", 10.0)))
    assert stage.text("vtt") == stage.text("karaoke-vtt") == "WEBVTT\n"
    assert stage.text("srt") == stage.text("txt") == ""
    assert stage.text("podcast-json") == '{"version":"1.0.0","segments":[]}'
    assert '"segments":[]' in stage.text("json")
    assert "<p" not in stage.text("html")


def test_an_unknown_format_run_or_episode_is_not_found(stage: Any, spoken: Any) -> None:
    stage.service.handle(stage.refined(spoken(("A", "Hi."))))
    for episode, form, run in (
        (stage.episode_id, "docx", None),
        (stage.episode_id, "vtt", new_run_id()),
        (new_run_id(), "vtt", None),
    ):
        with pytest.raises(NotFound):
            stage.service.file(episode, form, run)
