-- The event log and the bus in one SQLite file: what happened (events), what is still to be done
-- (deliveries), what was given up (dead_letters), and who works not at all (paused_consumers).
-- Times are whole milliseconds since 1970, UTC.

-- Every event ever appended, once, in the order it was committed. Nothing changes or deletes a
-- row, but for what was said of an episode that was removed. `wire` is the event as EventBridge
-- would deliver it; `replay` marks those a replay published, and those caused by them.
CREATE TABLE events (
    position   INTEGER PRIMARY KEY,
    event_id   TEXT NOT NULL UNIQUE,
    episode_id TEXT NOT NULL,
    type       TEXT NOT NULL,
    wire       TEXT NOT NULL,
    replay     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- An index entry ends in the row's position, so this walks an episode's events in order.
CREATE INDEX events_by_episode ON events (episode_id);

-- One row per event and consumer from appending to acknowledgement; new work goes before replays.
-- A row is claimed by moving `visible_at` into the future; when that time passes unacknowledged,
-- anybody may claim it again. `claims` counts every claim and give-back and never falls: a receipt
-- carries it, so that whoever lost the claim can no longer touch the row. `attempts` and `retries`
-- count what the retry policy looks at; `failing_since` is when the first retry was.
-- There is no index by time on purpose: a claim walks the consumer's rows from the oldest and
-- passes those not yet due, which is cheap even for thousands, and every commit writes two pages
-- less.
CREATE TABLE deliveries (
    consumer      TEXT NOT NULL,
    replay        INTEGER NOT NULL,
    position      INTEGER NOT NULL REFERENCES events (position),
    visible_at    INTEGER NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    retries       INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    claims        INTEGER NOT NULL DEFAULT 0,
    held          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer, replay, position)
) STRICT, WITHOUT ROWID;

-- Deliveries given up, with the reason. Ids are never used twice: the id of the
-- DeliveryDeadLettered event is derived from them. `claims` goes on counting after a redrive.
CREATE TABLE dead_letters (
    dead_letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer  TEXT NOT NULL,
    position  INTEGER NOT NULL REFERENCES events (position),
    attempts  INTEGER NOT NULL,
    claims    INTEGER NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    hint      TEXT NOT NULL,
    died_at   INTEGER NOT NULL
) STRICT;

-- Consumers that take no work until something is mended.
CREATE TABLE paused_consumers (
    consumer TEXT PRIMARY KEY,
    code     TEXT NOT NULL,
    message  TEXT NOT NULL,
    hint     TEXT NOT NULL,
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
