-- One row for each episode: the caption files of its newest run and its newest title.
-- `state` is JSON: {"run_id", "files": {format: claim check}, "episode": {...} or null, "removed"}.
-- A writer replaces the `version` it read, so that two writers cannot overwrite each other unseen.
CREATE TABLE latest_captions (
    episode_id TEXT PRIMARY KEY,
    run_id     TEXT NOT NULL,
    version    INTEGER NOT NULL,
    state      TEXT NOT NULL
) STRICT;
