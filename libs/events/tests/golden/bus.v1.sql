-- A bus of schema 1 as it was written then: three events, one delivery in hand, one given up.
CREATE TABLE journal (
    position   INTEGER PRIMARY KEY,
    event_id   TEXT NOT NULL UNIQUE,
    episode_id TEXT NOT NULL,
    type       TEXT NOT NULL,
    wire       TEXT NOT NULL
) STRICT;

CREATE INDEX journal_by_episode ON journal (episode_id);

CREATE TABLE deliveries (
    consumer   TEXT NOT NULL,
    position   INTEGER NOT NULL REFERENCES journal (position),
    visible_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    claims     INTEGER NOT NULL DEFAULT 0,
    held       INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
    letter_id INTEGER PRIMARY KEY AUTOINCREMENT,
    consumer  TEXT NOT NULL,
    position  INTEGER NOT NULL REFERENCES journal (position),
    attempts  INTEGER NOT NULL,
    claims    INTEGER NOT NULL,
    code      TEXT NOT NULL,
    message   TEXT NOT NULL,
    hint      TEXT NOT NULL,
    died_at   INTEGER NOT NULL
) STRICT;

INSERT INTO journal VALUES (1, '0195619a-0000-7000-8000-000000000001', '0195619a-0000-7000-8000-0000000000e1', 'TranscriptReady', '{"version":"0","id":"0195619a-0000-7000-8000-000000000001","source":"everyword.sample","detail-type":"TranscriptReady","time":"2026-03-04T05:06:07.890000Z","detail":{"meta":{"event_id":"0195619a-0000-7000-8000-000000000001","schema":1,"episode_id":"0195619a-0000-7000-8000-0000000000e1","run_id":"0195619a-0000-7000-8000-0000000000a1","occurred_at":"2026-03-04T05:06:07.890000Z","correlation_id":"0195619a-0000-7000-8000-000000000001","causation_id":"0195619a-0000-7000-8000-000000000000","attempt":1,"audience":["search"],"replay":{"of":"0195619a-0000-7000-8000-000000000000","reason":"a better glossary","requested_at":"2026-03-04T05:06:07.890000Z"}},"data":{"episode":{"show":"Slow Radio","title":"R\u00e4ksm\u00f6rg\u00e5s & \u5bff\u53f8","published_at":"2026-03-01T09:00:00Z","link":"https://example.org/episodes/1","as_of":"2026-03-04T05:06:07.890000Z"},"transcript":{"uri":"blob://refine/e1/r1/transcript.json","sha256":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","bytes":20456,"media_type":"application/json"},"audio":{"uri":"blob://ingest/e1/audio.opus","sha256":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","bytes":480123,"media_type":"audio/ogg"},"language":"en","duration_s":61.5,"words":150,"engine":{"name":"faster-whisper","model":"tiny","device":"cpu"},"timings_s":{"decode":0.5,"recognise":12.25},"flags":["degraded:no-speakers"],"cost_usd":0.01}}}');
INSERT INTO journal VALUES (2, '0195619a-0000-7000-8000-000000000002', '0195619a-0000-7000-8000-0000000000e1', 'TranscriptReady', '{"version":"0","id":"0195619a-0000-7000-8000-000000000001","source":"everyword.sample","detail-type":"TranscriptReady","time":"2026-03-04T05:06:07.890000Z","detail":{"meta":{"event_id":"0195619a-0000-7000-8000-000000000002","schema":1,"episode_id":"0195619a-0000-7000-8000-0000000000e1","run_id":"0195619a-0000-7000-8000-0000000000a1","occurred_at":"2026-03-04T05:06:07.890000Z","correlation_id":"0195619a-0000-7000-8000-000000000001","causation_id":"0195619a-0000-7000-8000-000000000000","attempt":1,"audience":["search"],"replay":{"of":"0195619a-0000-7000-8000-000000000000","reason":"a better glossary","requested_at":"2026-03-04T05:06:07.890000Z"}},"data":{"episode":{"show":"Slow Radio","title":"R\u00e4ksm\u00f6rg\u00e5s & \u5bff\u53f8","published_at":"2026-03-01T09:00:00Z","link":"https://example.org/episodes/1","as_of":"2026-03-04T05:06:07.890000Z"},"transcript":{"uri":"blob://refine/e1/r1/transcript.json","sha256":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","bytes":20456,"media_type":"application/json"},"audio":{"uri":"blob://ingest/e1/audio.opus","sha256":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","bytes":480123,"media_type":"audio/ogg"},"language":"de","duration_s":61.5,"words":150,"engine":{"name":"faster-whisper","model":"tiny","device":"cpu"},"timings_s":{"decode":0.5,"recognise":12.25},"flags":["degraded:no-speakers"],"cost_usd":0.01}}}');
INSERT INTO journal VALUES (3, '0195619a-0000-7000-8000-000000000003', '0195619a-0000-7000-8000-0000000000e1', 'TranscriptReady', '{"version":"0","id":"0195619a-0000-7000-8000-000000000001","source":"everyword.sample","detail-type":"TranscriptReady","time":"2026-03-04T05:06:07.890000Z","detail":{"meta":{"event_id":"0195619a-0000-7000-8000-000000000003","schema":1,"episode_id":"0195619a-0000-7000-8000-0000000000e1","run_id":"0195619a-0000-7000-8000-0000000000a1","occurred_at":"2026-03-04T05:06:07.890000Z","correlation_id":"0195619a-0000-7000-8000-000000000001","causation_id":"0195619a-0000-7000-8000-000000000000","attempt":1,"audience":["search"],"replay":{"of":"0195619a-0000-7000-8000-000000000000","reason":"a better glossary","requested_at":"2026-03-04T05:06:07.890000Z"}},"data":{"episode":{"show":"Slow Radio","title":"R\u00e4ksm\u00f6rg\u00e5s & \u5bff\u53f8","published_at":"2026-03-01T09:00:00Z","link":"https://example.org/episodes/1","as_of":"2026-03-04T05:06:07.890000Z"},"transcript":{"uri":"blob://refine/e1/r1/transcript.json","sha256":"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b","bytes":20456,"media_type":"application/json"},"audio":{"uri":"blob://ingest/e1/audio.opus","sha256":"0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a","bytes":480123,"media_type":"audio/ogg"},"language":"sv","duration_s":61.5,"words":150,"engine":{"name":"faster-whisper","model":"tiny","device":"cpu"},"timings_s":{"decode":0.5,"recognise":12.25},"flags":["degraded:no-speakers"],"cost_usd":0.01}}}');
INSERT INTO deliveries VALUES ('refine', 2, 9999999999999, 1, 3, 1);
INSERT INTO dead_letters VALUES (1, 'refine', 3, 5, 7, 'too_bad', 'it failed', '', 1764000000000);
PRAGMA user_version = 1;
