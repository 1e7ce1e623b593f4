-- What the world outside is told: results to be fetched, webhooks and their deliveries, searches.

CREATE TABLE results (
    message_id TEXT PRIMARY KEY,      -- the event's id: a message told twice is there once
    episode_id TEXT NOT NULL,
    body       TEXT NOT NULL,         -- OutcomeMessage as JSON
    made_at    REAL NOT NULL,         -- Unix times
    visible_at REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX results_by_time ON results (visible_at, made_at);

CREATE TABLE webhooks (
    webhook_id TEXT PRIMARY KEY,
    record     TEXT NOT NULL          -- Webhook as JSON, its secret among it
) STRICT, WITHOUT ROWID;

CREATE TABLE deliveries (
    delivery_id TEXT PRIMARY KEY,     -- webhook and event: an event told twice is sent once
    webhook_id  TEXT NOT NULL,
    episode_id  TEXT NOT NULL,
    due_at      REAL,                 -- null: it is over
    made_at     REAL NOT NULL,
    record      TEXT NOT NULL         -- Delivery as JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_by_webhook ON deliveries (webhook_id, made_at);

CREATE TABLE saved_searches (
    search_id TEXT PRIMARY KEY,
    record    TEXT NOT NULL           -- SavedSearch as JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE told_moments (
    search_id  TEXT NOT NULL,
    episode_id TEXT NOT NULL,
    start_ms   INTEGER NOT NULL,
    PRIMARY KEY (search_id, episode_id, start_ms)
) STRICT, WITHOUT ROWID;
