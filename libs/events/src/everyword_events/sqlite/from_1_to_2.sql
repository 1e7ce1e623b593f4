-- The journal became the event log; deliveries tell replays and retries apart.
ALTER TABLE journal RENAME TO events;
ALTER TABLE events ADD COLUMN replay INTEGER NOT NULL DEFAULT 0;
DROP INDEX journal_by_episode;
CREATE INDEX events_by_episode ON events (episode_id);

ALTER TABLE deliveries RENAME TO deliveries_1;
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
INSERT INTO deliveries (consumer, replay, position, visible_at, attempts, claims, held)
SELECT consumer, 0, position, visible_at, attempts, claims, held FROM deliveries_1;
DROP TABLE deliveries_1;

ALTER TABLE dead_letters RENAME COLUMN letter_id TO dead_letter_id;

CREATE TABLE paused_consumers (
    consumer TEXT PRIMARY KEY,
    code     TEXT NOT NULL,
    message  TEXT NOT NULL,
    hint     TEXT NOT NULL,
    since    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
