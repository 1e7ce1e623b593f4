-- What an episode sounds like: a row of phones, read from its audio or from its words.

-- In overlapping passages of some twenty seconds. id = the episode's id * 65536 + number.
-- `phones`: three in two bytes, see `packed`; `owners`: the word of each, see `PhonePassage`.
create table if not exists phone_passage (
    id integer primary key,
    phones blob not null,
    owners blob not null
);

-- Trigrams of the passages' coarse classes; contentless, as `postings` is.
create virtual table if not exists phone_trigram using fts5 (
    classes, content='', tokenize='trigram', detail=none, columnsize=0
);

create table if not exists phone_episode (
    id integer primary key references episode (id) on delete cascade,
    is_recognized integer not null,   -- 1: read from the audio
    passages integer not null
);
