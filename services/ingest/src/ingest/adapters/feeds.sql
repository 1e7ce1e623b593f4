-- The feeds that are followed, and what was done about their items.

CREATE TABLE feeds (
    feed_id  TEXT PRIMARY KEY,
    added_at TEXT NOT NULL,           -- RFC 3339, UTC: sorts by time
    record   TEXT NOT NULL            -- FeedRecord as JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_items (
    feed_id  TEXT NOT NULL,
    identity TEXT NOT NULL,           -- digest of the guid, or of the enclosure's address
    record   TEXT NOT NULL,           -- KnownItem as JSON
    PRIMARY KEY (feed_id, identity)
) STRICT, WITHOUT ROWID;
