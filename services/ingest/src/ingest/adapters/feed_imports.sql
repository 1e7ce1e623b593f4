-- Feeds that are taken in in the background, and the line of each item that was dealt with.

CREATE TABLE feed_imports (
    import_id TEXT PRIMARY KEY,       -- sorts by time
    state     TEXT NOT NULL,
    record    TEXT NOT NULL           -- FeedImport as JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE feed_import_lines (
    import_id TEXT NOT NULL,
    number    INTEGER NOT NULL,       -- the item's place in the feed
    line      TEXT NOT NULL,          -- ItemReport as JSON
    PRIMARY KEY (import_id, number)
) STRICT, WITHOUT ROWID;
