-- What an episode sounds like: in stream 0 its recognised words, in stream 1 an acoustic reading.

-- Coarse sounds in overlapping passages of some ten seconds, found by trigrams.
-- rowid = (episode's id * 2 + stream) * 65536 + number of the passage.
create virtual table if not exists sound_passage using fts5 (
    sounds, tokenize='trigram', detail=none, columnsize=0
);

-- The word index of each sound, as deflated int32 steps, the first counted from 0; `passages`
create table if not exists sound_stream (
    id integer not null references episode (id) on delete cascade,
    stream integer not null,
    passages integer not null,
    owners blob not null,
    primary key (id, stream)
) without rowid;
