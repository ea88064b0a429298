"""The tables of a store, and what makes a file one."""

from __future__ import annotations

APPLICATION_ID = 0x6E6F7373
"""SQLite's ``application_id`` of a store: "noss"."""

VERSION = 2
"""SQLite's ``user_version`` of a store: a change of the tables that older programs cannot read changes it.

Version 2 added :data:`ADDED`. A store of version 1 is read as it is, and gets them when it is opened
for writing.
"""

TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,            -- search, import or elimination
    name TEXT NOT NULL,            -- the algorithm, or where the run comes from
    seed INTEGER,
    settings TEXT NOT NULL,        -- JSON
    versions TEXT NOT NULL,        -- JSON: of nos-sym, Python and libraries
    started TEXT NOT NULL,         -- ISO 8601, UTC
    finished TEXT,                 -- NULL while the run is running or interrupted
    horizon INTEGER NOT NULL,      -- evaluations up to this one may be known to it from other runs
    report TEXT                    -- JSON, at the end
);
CREATE TABLE evaluations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id),
    place TEXT NOT NULL,           -- the slot: unique within the run, as in 'child 0.1.2.0'
    stage TEXT NOT NULL,
    particle INTEGER,              -- counted from 0, as the next two
    time_step INTEGER,
    child INTEGER,
    task TEXT NOT NULL,            -- task and budget: fitness is compared only where it is the same
    seed INTEGER,                  -- of the training
    text TEXT NOT NULL,            -- the rule in the project's language
    rule TEXT,                     -- the rule as JSON; NULL where an imported text cannot be read
    genome TEXT,                   -- JSON; NULL for a rule that came from no genome
    key TEXT,                      -- exact key; NULL where there is no rule
    outcome TEXT NOT NULL,         -- evaluated, diverged or rejected
    fitness REAL,
    learning_rate REAL,
    seconds REAL,
    result TEXT NOT NULL,          -- JSON: the whole result
    created TEXT NOT NULL,
    UNIQUE (run, place)
);
CREATE INDEX evaluations_by_key ON evaluations (task, key);
CREATE TABLE duplicates (
    run INTEGER NOT NULL REFERENCES runs (id),
    place TEXT NOT NULL,
    draw INTEGER NOT NULL,         -- which of the genomes drawn for the slot
    kind TEXT NOT NULL,            -- redrawn (known in the particle) or answered (known elsewhere)
    text TEXT NOT NULL,
    key TEXT NOT NULL,             -- at the level of the deduplication
    evaluation INTEGER REFERENCES evaluations (id),  -- NULL where the particle started there untrained
    PRIMARY KEY (run, place, draw)
) WITHOUT ROWID;
CREATE TABLE moves (
    run INTEGER NOT NULL REFERENCES runs (id),
    particle INTEGER NOT NULL,
    time_step INTEGER NOT NULL,    -- 0 is where the particle starts
    text TEXT NOT NULL,
    key TEXT NOT NULL,             -- exact key
    fitness REAL,
    evaluation INTEGER REFERENCES evaluations (id),
    PRIMARY KEY (run, particle, time_step)
) WITHOUT ROWID;
CREATE TABLE owner (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    process INTEGER NOT NULL,
    host TEXT NOT NULL,
    since TEXT NOT NULL
);
"""

ADDED = """
CREATE TABLE IF NOT EXISTS proposals (
    run INTEGER NOT NULL REFERENCES runs (id),
    place TEXT NOT NULL,           -- the slot
    drawn INTEGER NOT NULL,        -- genomes that were drawn for it; the last one is what was proposed
    degenerate INTEGER NOT NULL,   -- how many of them failed the integrity check
    text TEXT,                     -- what was proposed; NULL, as the next two, where no draw gave anything
    exact TEXT,                    -- its exact key
    key TEXT,                      -- its key at the level of the deduplication
    redrawn TEXT NOT NULL,         -- JSON: draw, text, key and original of each genome that was known
    PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS level_keys (
    exact TEXT PRIMARY KEY,        -- exact key of an optimizer
    sign TEXT NOT NULL,            -- its keys at the other levels that are proofs
    scale TEXT NOT NULL,
    schedule TEXT NOT NULL
) WITHOUT ROWID;
"""
"""What later versions added, and every store that is opened for writing gets."""

OF_A_RUN = {"proposals": "run", "duplicates": "run", "moves": "run", "evaluations": "run", "runs": "id"}
"""Tables that have something of a run, and their column with its number, those first that refer to others."""
