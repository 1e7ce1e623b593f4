"""The runner over the SQLite bus: what becomes of a delivery, whatever the handler does."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from everyword_events import (
    BrokenHost,
    Conflict,
    Delivery,
    Event,
    Handler,
    Inbox,
    Interrupted,
    InvalidInput,
    Misconfigured,
    ServiceContract,
    TranscriptReady,
    TranscriptRefined,
    TransientFailure,
)
from everyword_events.consumer import runner as runner_module
from everyword_events.consumer.pause import PauseGate
from everyword_events.consumer.retry import RetryPolicy
from everyword_events.consumer.runner import ConsumerRunner
from everyword_events.sqlite.bus import SqliteBus
from everyword_events.testing import drain, ready, sample
from support.waiting import PATIENCE_S, until

CONTRACTS = (
    ServiceContract("refine", consumes=(TranscriptReady,)),
    ServiceContract("captions", consumes=(TranscriptRefined,)),
)
AT_ONCE = RetryPolicy(base_delay_s=0)
FOR_EVER_S = 300.0
"""What comes sooner was not waited for."""


def refine(event: Event) -> Sequence[Event]:
    assert isinstance(event.data, TranscriptReady)
    return [event.causes("refine", sample(TranscriptRefined))]


def raising(error: BaseException) -> Handler:
    def handler(_event: Event) -> Sequence[Event]:
        raise error

    return handler


def runner_of(bus: SqliteBus, handler: Handler, **options: object) -> ConsumerRunner:
    return ConsumerRunner(bus.inbox("refine"), bus, handler, **options)  # type: ignore[arg-type]


@contextmanager
def running(runner: ConsumerRunner, bus: SqliteBus) -> Iterator[None]:
    """Run forever in a thread, beside a block."""
    stop = threading.Event()
    thread = threading.Thread(target=runner.run_forever, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        deadline = time.monotonic() + PATIENCE_S
        while thread.is_alive() and time.monotonic() < deadline:
            bus.wake()
            thread.join(0.01)
    assert not thread.is_alive()


def test_results_are_published_and_the_delivery_acknowledged(sqlite_bus: SqliteBus) -> None:
    event = ready()
    sqlite_bus.append([event])
    assert runner_of(sqlite_bus, refine).run_once() == 1
    (refined,) = drain(sqlite_bus.inbox("captions"))
    assert refined.meta.causation_id == event.meta.event_id
    assert sqlite_bus.pending()["refine"].unfinished == 0
    assert runner_of(sqlite_bus, refine).run_once() == 0


def test_a_batch_is_settled_whole(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready() for _ in range(7)])
    runner = runner_of(sqlite_bus, refine, batch=5)
    assert [runner.run_once() for _ in range(3)] == [5, 2, 0]
    assert len(drain(sqlite_bus.inbox("captions"))) == 7


def test_a_separate_log_gets_the_results_first(sqlite_bus: SqliteBus) -> None:
    seen: list[int] = []

    class Spy:
        def append(self, events: Sequence[Event]) -> None:
            seen.append(sqlite_bus.pending()["refine"].in_flight)
            sqlite_bus.append(events)

    sqlite_bus.append([ready()])
    log: Any = Spy()
    ConsumerRunner(sqlite_bus.inbox("refine"), log, refine).run_once()
    assert seen == [1]
    assert len(drain(sqlite_bus.inbox("captions"))) == 1
    assert sqlite_bus.pending()["refine"].unfinished == 0


def test_invalid_input_is_dead_lettered_at_once_with_its_words(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    error = InvalidInput("not a transcript", hint="import it again", code="bad_transcript")
    runner_of(sqlite_bus, raising(error)).run_once()
    (dead,) = sqlite_bus.list()
    assert (dead.code, dead.message, dead.hint, dead.attempts) == (
        "bad_transcript",
        "not a transcript",
        "import it again",
        1,
    )


def test_a_transient_failure_is_tried_again_then_works(sqlite_bus: SqliteBus) -> None:
    attempts: list[Event] = []

    def third_time_lucky(event: Event) -> Sequence[Event]:
        attempts.append(event)
        if len(attempts) < 3:
            raise TransientFailure("the store is asleep")
        return refine(event)

    sqlite_bus.append([ready()])
    runner = runner_of(sqlite_bus, third_time_lucky, policy=AT_ONCE)
    while runner.run_once():
        pass
    assert len(attempts) == 3
    assert len(drain(sqlite_bus.inbox("captions"))) == 1
    assert sqlite_bus.list() == []


class FakeTime:
    """A wall clock that a test moves, for a bus and a runner."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def moment(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def work_for(seconds: float, runner: ConsumerRunner, time_: FakeTime) -> None:
    """Let a runner work while so much time passes, a second at a time."""
    end = time_.now + seconds
    while time_.now < end:
        runner.run_once()
        time_.now += 1.0


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[tuple[SqliteBus, FakeTime]]:
    clock = FakeTime()
    with SqliteBus(tmp_path / "timed.sqlite3", CONTRACTS, clock=clock) as bus:
        yield bus, clock


def test_a_model_server_that_is_down_for_twenty_minutes_costs_no_episode(
    timed: tuple[SqliteBus, FakeTime],
) -> None:
    bus, clock = timed
    up_at = clock.now + 20 * 60
    calls: list[float] = []

    def handler(event: Event) -> Sequence[Event]:
        calls.append(clock.now)
        if clock.now < up_at:
            raise TransientFailure("the model does not answer", code="model_unreachable")
        return refine(event)

    events = [ready() for _ in range(4)]
    bus.append(events)
    runner = runner_of(bus, handler, draw=random.Random(1), clock=clock.moment)
    work_for(20 * 60 + 300, runner, clock)
    assert bus.list() == []
    assert len(drain(bus.inbox("captions"))) == len(events)
    assert len(calls) < 30 * len(events)
    assert bus.pending()["refine"].unfinished == 0


def test_what_never_answers_is_given_up_after_an_hour_and_more(
    timed: tuple[SqliteBus, FakeTime],
) -> None:
    bus, clock = timed
    bus.append([ready()])
    error = TransientFailure("the store is asleep", hint="wake it", code="asleep")
    runner = runner_of(bus, raising(error), draw=random.Random(1), clock=clock.moment)
    work_for(3600, runner, clock)
    assert bus.list() == []
    work_for(2 * 3600, runner, clock)
    (dead,) = bus.list()
    assert (dead.code, dead.message, dead.hint) == ("asleep", "the store is asleep", "wake it")


def test_retries_do_not_use_up_the_attempts_of_unexpected_errors(sqlite_bus: SqliteBus) -> None:
    errors = iter([*[TransientFailure("not now")] * 9, *[KeyError("x")] * 5])

    def failing(_event: Event) -> Sequence[Event]:
        raise next(errors)

    sqlite_bus.append([ready()])
    runner = runner_of(sqlite_bus, failing, policy=AT_ONCE)
    assert [runner.run_once() for _ in range(15)] == [1] * 14 + [0]
    assert [dead.attempts for dead in sqlite_bus.list()] == [5]


def test_a_clock_that_jumps_ahead_gives_nothing_up(timed: tuple[SqliteBus, FakeTime]) -> None:
    bus, clock = timed
    bus.append([ready()])
    runner = runner_of(bus, raising(TransientFailure("not now")), clock=clock.moment)
    for _ in range(5):
        assert runner.run_once() == 1
        clock.now += 365 * 24 * 3600
    assert bus.list() == []


def test_what_a_clock_that_ran_ahead_dated_is_done_once_it_is_set_back(
    timed: tuple[SqliteBus, FakeTime],
) -> None:
    bus, clock = timed
    events = [ready() for _ in range(3)]
    clock.now += 365 * 24 * 3600
    bus.append(events)
    claimed_by_one_who_dies = bus.inbox("refine").receive(most=1, visibility_s=60)
    failing = runner_of(bus, raising(TransientFailure("not now")), batch=1, clock=clock.moment)
    assert failing.run_once() == 1
    clock.now -= 365 * 24 * 3600
    working = runner_of(bus, refine, clock=clock.moment)
    while working.run_once():
        pass
    assert len(claimed_by_one_who_dies) == 1
    assert bus.list() == []
    assert bus.pending()["refine"].unfinished == 0
    caused = drain(bus.inbox("captions"))
    assert {each.meta.causation_id for each in caused} == {e.meta.event_id for e in events}


def test_wrong_settings_pause_the_consumer_and_harm_no_delivery(
    timed: tuple[SqliteBus, FakeTime],
) -> None:
    """A typo in everyword.toml while the server runs: nothing is lost, and work goes on after."""
    bus, clock = timed
    typo = [True]
    seen: list[str] = []

    def handler(event: Event) -> Sequence[Event]:
        seen.append(event.meta.event_id)
        if typo[0]:
            raise Misconfigured("line 4: unknown key 'refine.glosary'", hint="did you mean …")
        return refine(event)

    events = [ready() for _ in range(6)]
    bus.append(events)
    gate = PauseGate("refine", bus, changed=lambda: typo[0], clock=lambda: 0.0)
    runner = runner_of(bus, handler, gate=gate, wait_s=0.1, batch=5)
    with running(runner, bus):
        until(lambda: "refine" in bus.paused())
        time.sleep(0.3)  # in which nothing more is tried
        why = bus.paused()["refine"]
        assert (why.code, why.message) == ("misconfigured", "line 4: unknown key 'refine.glosary'")
        assert why.hint == "did you mean …"
        assert len(seen) == 1
        assert bus.pending()["refine"].unfinished == len(events)
        typo[0] = False
        clock.now += 60  # what was given back is due
        until(lambda: bus.pending()["refine"].unfinished == 0)
        assert bus.paused() == {}
    assert bus.list() == []
    assert len(drain(bus.inbox("captions"))) == len(events)


def test_a_broken_host_ends_the_runner_and_leaves_the_delivery(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready(), ready()])
    gate = PauseGate("refine", sqlite_bus)
    runner = runner_of(sqlite_bus, raising(BrokenHost("no CUDA", hint="mend it")), gate=gate)
    with pytest.raises(BrokenHost):
        runner.run_forever(threading.Event())
    assert sqlite_bus.paused()["refine"].message == "no CUDA"
    assert sqlite_bus.pending()["refine"].unfinished == 2
    assert sqlite_bus.list() == []


def test_a_poison_event_is_dead_lettered_then_redriven_after_the_fix(
    sqlite_bus: SqliteBus, caplog: pytest.LogCaptureFixture
) -> None:
    event = ready()
    sqlite_bus.append([event])
    runner = runner_of(sqlite_bus, raising(KeyError("secret text")), policy=AT_ONCE)
    while runner.run_once():
        pass
    (dead,) = sqlite_bus.list()
    assert dead.attempts == 5
    assert dead.code == "unexpected_error"
    assert dead.message == "unexpected error in refine: KeyError"
    assert event.meta.event_id in dead.hint
    assert [r for r in caplog.records if r.exc_info], "the traceback is in the log"
    (news,) = drain(sqlite_bus.inbox("ingest"))
    assert news.meta.episode_id == event.meta.episode_id

    assert sqlite_bus.redrive([dead.dead_letter_id]) == 1
    runner_of(sqlite_bus, refine).run_once()
    assert len(drain(sqlite_bus.inbox("captions"))) == 1
    assert sqlite_bus.list() == []


def test_a_conflict_is_acknowledged(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    runner_of(sqlite_bus, raising(Conflict("done already"))).run_once()
    assert sqlite_bus.pending()["refine"].unfinished == 0
    assert sqlite_bus.list() == []


def test_an_interruption_counts_no_attempt(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    runner = runner_of(sqlite_bus, raising(Interrupted("spot notice")))
    for _ in range(7):
        assert runner.run_once() == 1
    (delivery,) = sqlite_bus.inbox("refine").receive(most=1, visibility_s=1)
    assert delivery.attempt == 1


def test_one_bad_delivery_does_not_spoil_its_batch(sqlite_bus: SqliteBus) -> None:
    def picky(event: Event) -> Sequence[Event]:
        if event.data.episode.title == "bad":  # type: ignore[attr-defined]
            raise InvalidInput("no")
        return refine(event)

    sqlite_bus.append([ready("good"), ready("bad"), ready("good")])
    runner_of(sqlite_bus, picky, batch=3).run_once()
    assert len(drain(sqlite_bus.inbox("captions"))) == 2
    assert len(sqlite_bus.list()) == 1


def test_a_result_that_cannot_be_published_dead_letters_only_its_own_delivery(
    sqlite_bus: SqliteBus,
) -> None:
    def sometimes_huge(event: Event) -> Sequence[Event]:
        data = sample(TranscriptRefined)
        if event.data.episode.title == "huge":  # type: ignore[attr-defined]
            data = data.model_copy(update={"language": "x" * 300_000})
        return [event.causes("refine", data)]

    sqlite_bus.append([ready("good"), ready("huge"), ready("good")])
    runner_of(sqlite_bus, sometimes_huge, batch=3).run_once()
    assert len(drain(sqlite_bus.inbox("captions"))) == 2
    (dead,) = sqlite_bus.list()
    assert dead.code == "event_too_large"


def test_a_handler_that_returns_no_events_by_mistake_is_an_error(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    forgetful: Handler = lambda _event: None  # type: ignore[assignment,return-value] # noqa: E731
    runner = runner_of(sqlite_bus, forgetful, policy=RetryPolicy(1))
    runner.run_once()
    (dead,) = sqlite_bus.list()
    assert dead.message == "unexpected error in refine: TypeError"


def test_deliveries_whose_workers_died_each_time_are_dead_lettered(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    inbox = sqlite_bus.inbox("refine")
    for _ in range(5):
        assert len(inbox.receive(most=1, visibility_s=0)) == 1  # and then killed
    handled: list[Event] = []

    def handler(event: Event) -> Sequence[Event]:
        handled.append(event)
        return ()

    assert runner_of(sqlite_bus, handler).run_once() == 1
    assert handled == []
    (dead,) = sqlite_bus.list()
    assert dead.code == "no_answer"


class BeatsSeen:
    """An inbox that tells at what time of the bus a claim was last extended."""

    def __init__(self, inbox: Inbox, clock: FakeTime) -> None:
        self._inbox = inbox
        self._clock = clock
        self.extended_at = 0.0

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None:
        at = self._clock.now
        self._inbox.extend(delivery, visibility_s=visibility_s)
        self.extended_at = at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inbox, name)


def test_the_heartbeat_keeps_long_work_from_others(timed: tuple[SqliteBus, FakeTime]) -> None:
    bus, clock = timed
    bus.append([ready()])
    inbox: Any = BeatsSeen(bus.inbox("refine"), clock)
    others: list[Sequence[Delivery]] = []

    def slow(event: Event) -> Sequence[Event]:
        for _ in range(6):
            clock.now += 0.29
            until(lambda: inbox.extended_at == clock.now)
            others.append(bus.inbox("refine").receive(most=1, visibility_s=60))
        return refine(event)

    ConsumerRunner(inbox, bus, slow, visibility_s=0.3).run_once()
    assert others == [()] * 6
    assert len(drain(bus.inbox("captions"))) == 1


def test_a_lost_claim_is_noticed_and_does_no_harm(
    sqlite_bus: SqliteBus, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_bus.append([ready()])

    def overtaken(event: Event) -> Sequence[Event]:
        sqlite_bus.release_claims("refine")
        (other,) = sqlite_bus.inbox("refine").receive(most=1, visibility_s=3600)
        until(lambda: "claim lost while working" in caplog.messages)
        events = refine(event)
        sqlite_bus.inbox("refine").append_and_acknowledge(events, [other])
        return events

    runner_of(sqlite_bus, overtaken, visibility_s=0.3).run_once()
    assert len(drain(sqlite_bus.inbox("captions"))) == 1
    assert sqlite_bus.pending()["refine"].unfinished == 0


def test_threads_share_the_work(sqlite_bus: SqliteBus) -> None:
    at_once = threading.Barrier(3, timeout=120)

    def together(event: Event) -> Sequence[Event]:
        at_once.wait()
        return refine(event)

    sqlite_bus.append([ready() for _ in range(6)])
    runner = runner_of(sqlite_bus, together, batch=1, threads=3, wait_s=0.05)
    with running(runner, sqlite_bus):
        until(lambda: sqlite_bus.pending()["captions"].waiting == 6)


def test_run_forever_wakes_for_new_events(sqlite_bus: SqliteBus) -> None:
    with running(runner_of(sqlite_bus, refine, wait_s=FOR_EVER_S), sqlite_bus):
        for number in (1, 2):
            sqlite_bus.append([ready()])
            until(lambda number=number: sqlite_bus.pending()["captions"].waiting == number)  # type: ignore[misc]


def test_batches_grow_while_handlers_are_quick_and_shrink_when_not(
    sqlite_bus: SqliteBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()
    in_hand: list[int] = []
    clock = FakeTime()
    monkeypatch.setattr(runner_module, "time", SimpleNamespace(monotonic=clock))

    def handler(_event: Event) -> Sequence[Event]:
        in_hand.append(sqlite_bus.pending()["refine"].in_flight)
        if len(in_hand) == 3:
            clock.now += 0.1
        if len(in_hand) == 11:
            stop.set()
        return ()

    sqlite_bus.append([ready() for _ in range(11)])
    runner_of(sqlite_bus, handler, batch=4).run_forever(stop)
    # batches of 1, 2 (slow at its end: settled one by one), 1, 2, 4, and the last one
    assert in_hand == [1, 2, 2, 1, 2, 2, 4, 4, 4, 4, 1]


def test_stopping_finishes_what_is_in_hand_and_returns_the_rest(sqlite_bus: SqliteBus) -> None:
    stop = threading.Event()
    handled: list[Event] = []

    def handler(event: Event) -> Sequence[Event]:
        handled.append(event)
        if len(handled) == 2:  # the first of a batch of two
            stop.set()
        return refine(event)

    sqlite_bus.append([ready() for _ in range(3)])
    runner_of(sqlite_bus, handler).run_forever(stop)
    assert len(drain(sqlite_bus.inbox("captions"))) == 2
    left = sqlite_bus.inbox("refine").receive(most=3, visibility_s=1)
    assert [delivery.attempt for delivery in left] == [1]


def test_work_that_outlasts_the_grace_is_given_back_uncounted(sqlite_bus: SqliteBus) -> None:
    stop, release, ended = threading.Event(), threading.Event(), threading.Event()

    def handler(event: Event) -> Sequence[Event]:
        stop.set()
        release.wait(PATIENCE_S)
        ended.set()
        return refine(event)

    sqlite_bus.append([ready()])
    runner_of(sqlite_bus, handler, grace_s=0.05).run_forever(stop)
    (again,) = sqlite_bus.inbox("refine").receive(most=1, visibility_s=60)
    assert again.attempt == 1
    release.set()
    assert ended.wait(PATIENCE_S)
    time.sleep(0.1)
    assert drain(sqlite_bus.inbox("captions")) == [], "what comes too late is dropped"


def test_an_interrupt_from_the_keyboard_gives_the_work_back(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready(), ready()])
    with pytest.raises(KeyboardInterrupt):
        runner_of(sqlite_bus, raising(KeyboardInterrupt()), batch=2).run_once()
    left = sqlite_bus.inbox("refine").receive(most=2, visibility_s=1)
    assert [delivery.attempt for delivery in left] == [1, 1]


class Flaky:
    """An inbox that fails to answer, then fails for good."""

    def __init__(self, errors: list[Exception]) -> None:
        self.errors = errors

    def receive(self, *, most: int, visibility_s: float, wait_s: float = 0) -> Sequence[Delivery]:
        raise self.errors.pop(0)

    def extend(self, delivery: Delivery, *, visibility_s: float) -> None: ...

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None: ...

    def give_back(self, delivery: Delivery, *, delay_s: float, counts: bool = True) -> None: ...

    def dead_letter(self, delivery: Delivery, *, code: str, message: str, hint: str) -> None: ...


def test_a_bus_that_does_not_answer_is_tried_again_and_one_that_cannot_ends_it(
    sqlite_bus: SqliteBus,
) -> None:
    inbox = Flaky([TransientFailure("busy"), TransientFailure("busy"), Misconfigured("gone")])
    stop = threading.Event()
    with pytest.raises(Misconfigured, match="gone"):
        ConsumerRunner(inbox, sqlite_bus, refine, AT_ONCE).run_forever(stop)
    assert inbox.errors == []
    assert stop.is_set()


def test_log_lines_carry_the_standard_fields_and_no_text(
    sqlite_bus: SqliteBus, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="everyword_events")
    event = ready("A title")
    sqlite_bus.append([event])
    runner_of(sqlite_bus, refine).run_once()
    (record,) = [r for r in caplog.records if r.getMessage() == "handled"]
    assert (
        record.__dict__
        | {
            "action": "handled",
            "service": "refine",
            "event_id": event.meta.event_id,
            "event_type": "TranscriptReady",
            "episode_id": event.meta.episode_id,
            "run_id": event.meta.run_id,
            "correlation_id": event.meta.correlation_id,
            "attempt": 1,
        }
        == record.__dict__
    )
    assert isinstance(record.__dict__["duration_ms"], int)
    assert "A title" not in str(record.__dict__)


@pytest.mark.parametrize("attempt", [1, 2, 3, 10, 2000])
def test_delays_are_jittered_within_the_step_and_bounded(attempt: int) -> None:
    policy = RetryPolicy(base_delay_s=2, max_delay_s=60)
    draw = random.Random(7)
    delays = [policy.delay_s(attempt, asked_s=None, draw=draw) for _ in range(200)]
    step = min(60, 2 * 2 ** (attempt - 1))
    assert 0 <= min(delays) < step * 0.1
    assert step * 0.9 < max(delays) <= step


def test_a_delay_asked_for_is_the_least() -> None:
    assert RetryPolicy().delay_s(1, asked_s=90, draw=random.Random(1)) == 90


def test_a_delay_asked_for_is_honoured_on_the_bus(sqlite_bus: SqliteBus) -> None:
    sqlite_bus.append([ready()])
    runner = runner_of(
        sqlite_bus, raising(TransientFailure("slow down", retry_after_s=3600)), policy=AT_ONCE
    )
    assert [runner.run_once(), runner.run_once()] == [1, 0]
    assert sqlite_bus.pending()["refine"].delayed == 1
