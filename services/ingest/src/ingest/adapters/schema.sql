-- Ingest's tables on one machine.

-- One row per episode: its folded view. A projection; it can be deleted and made again.
-- `position` is the last position in the log folded in: an older view never replaces a newer one.
CREATE TABLE episodes (
    episode_id TEXT PRIMARY KEY,      -- UUIDv7: sorts by the time it was made
    position   INTEGER NOT NULL,
    show       TEXT NOT NULL,
    state      TEXT NOT NULL,
    view       TEXT NOT NULL          -- EpisodeView as JSON
) STRICT, WITHOUT ROWID;

CREATE INDEX episodes_by_show ON episodes (show, episode_id);
CREATE INDEX episodes_by_state ON episodes (state, episode_id);

-- Names that one holder has (`audio|show|sha256`, `request|Idempotency-Key`), as SHA-256 digests:
-- they outlive the episode's removal, and must not tell of it.
CREATE TABLE claims (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL
) STRICT, WITHOUT ROWID;
