-- The embedded word index. One row per episode in each table; `id` is the same in all of them.

-- Whether all that the event log tells was indexed: 0 in a file that was just made, since the index
-- was lost, damaged or of an older format, until it was made again from the log. `purges` counts
-- how often terms were deleted: what a process remembers of them is void then.
create table if not exists state (is_complete integer not null, purges integer not null);
insert into state (is_complete, purges) select 0, 0 where not exists (select 1 from state);

-- What is known of an episode. `revision` is '' until its words arrive; a removed episode keeps
-- its row, so that a late transcript cannot bring it back. Small, so that a filter or a sort
-- over thousands of episodes reads few pages.
create table if not exists episode (
    id integer primary key,
    episode_id text not null unique,
    revision text not null default '',
    removed integer not null default 0,
    as_of real not null default 0,          -- when title, show, date, link were stated
    show text not null default '',
    show_folded text not null default '',
    title text not null default '',
    title_tokens text not null default '',   -- folded, a space before each and at the end
    published real,                          -- epoch seconds
    link text,
    language text not null default '',
    words integer not null default 0,
    duration_ms integer not null default 0   -- 0: not known, the words say how long it is at least
);
create index if not exists episode_by_language on episode (language);

-- Every term, with its frequency: in how many words it stands, over all episodes.
create table if not exists term (
    id integer primary key autoincrement,  -- never given again: processes remember up to which
    term text not null unique,
    frequency integer not null default 0
);

-- Which terms share a fold, a stem in a language, or are a compound written together; terms
-- that are their own fold or stem are left out. `episodes` counts those that say a compound.
create table if not exists variants (
    kind text not null,
    key text not null,
    term text not null,
    episodes integer not null default 0,
    primary key (kind, key, term)
) without rowid;

-- An episode's own postings. `terms`: the distinct term ids, ascending, as uint32; `counts`: at how
-- many tokens each stands; `places`: at which, term by term; both in uint16, or in uint32 where
-- one is larger. `breaks` tells where token and word indexes part: uint32 pairs (token, word) from
-- which on word = token - pair.token + pair.word. `repeats` is 1 where a word holds one token twice
-- ("no-no"), so that hits must be told apart.
create table if not exists tokens (
    id integer primary key references episode (id) on delete cascade,
    terms blob not null,
    counts blob not null,
    breaks blob not null,
    repeats integer not null,
    places blob not null
);

-- What is shown of a hit. `starts`: milliseconds, as `pack_starts` packs them; `words`: deflated
-- blocks with how long each word lasts, see `pack_words`; `turns`: uint32 first words, then uint32
-- numbers of `speakers`, a JSON list of names and null.
create table if not exists spoken (
    id integer primary key references episode (id) on delete cascade,
    starts blob not null,
    words blob not null,
    turns blob not null,
    speakers text not null
);

create table if not exists speaker (
    id integer not null references episode (id) on delete cascade,
    folded text not null,
    name text not null,
    primary key (id, folded)
) without rowid;

-- Postings. Contentless: the tokens are given again to delete them, which SQLite 3.40 can do.
create virtual table if not exists postings using fts5 (
    tokens, content='', tokenize="ascii tokenchars '.+#$%'"
);
