-- The bus in one SQLite file: what happened (journal), what is still to be done (deliveries),
-- and what was given up (dead_letters). Times are whole milliseconds since 1970, UTC.
-- PRAGMA user_version holds this schema's number; file.py applies the script to a new file.

-- Every event ever published, once, in the order it was committed. Append-only: no statement of
-- ours updates or deletes here. `wire` is the event as EventBridge would deliver it.
CREATE TABLE journal (
    position   INTEGER PRIMARY KEY,
    event_id   TEXT NOT NULL UNIQUE,
    episode_id TEXT NOT NULL,
    type       TEXT NOT NULL,
    wire       TEXT NOT NULL
) STRICT;

-- An index entry ends in the row's position, so this walks an episode's events in order.
CREATE INDEX journal_by_episode ON journal (episode_id);

-- One row per event and consumer from publishing to acknowledgement. A row is claimed by moving
-- `visible_at` into the future; when that time passes unacknowledged, anybody may claim it again.
-- `claims` counts every claim and give-back and never falls: a receipt carries it, so that whoever
-- lost the claim can no longer touch the row. `attempts` counts what the retry policy looks at.
-- There is no index by time on purpose: a claim walks the consumer's rows from the oldest and
-- passes those not yet due, which is cheap even for thousands, and every commit writes two pages
-- less.
CREATE TABLE deliveries (
    consumer   TEXT NOT NULL,
    position   INTEGER NOT NULL REFERENCES journal (position),
    visible_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    claims     INTEGER NOT NULL DEFAULT 0,
    held       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer, position)
) STRICT, WITHOUT ROWID;

-- Deliveries given up, with the reason. Ids are never used twice: the id of the
-- DeliveryDeadLettered event is derived from them. `claims` goes on counting after a redrive.
CREATE TABLE dead_letters (
    dead_letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer  TEXT NOT NULL,
    position  INTEGER NOT NULL REFERENCES journal (position),
    attempts  INTEGER NOT NULL,
    claims    INTEGER NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    hint      TEXT NOT NULL,
    died_at   INTEGER NOT NULL
) STRICT;
