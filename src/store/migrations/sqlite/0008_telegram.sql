-- Telegram: what came and is not worked off yet, what of each conversation was said, and tokens that link a chat to an
-- address.

CREATE TABLE telegram_update (
    -- In the order in which they came. A number is never used again.
    n        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Telegram's own number: a repeat is known by it.
    id       INTEGER NOT NULL UNIQUE,
    -- The chat whose order it keeps.
    chat     INTEGER NOT NULL,
    -- What of it we need, as JSON; empty once it is done.
    body     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    -- How often work on it was begun.
    tries    INTEGER NOT NULL,
    -- done: nothing is left of it but its number. aside: it cannot be worked off.
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'done', 'aside')),
    because  TEXT,
    CHECK ((state = 'aside') = (because IS NOT NULL)),
    CHECK (state <> 'done' OR body = '')
) STRICT;
CREATE INDEX telegram_update_waiting ON telegram_update (chat, n) WHERE state = 'waiting';
CREATE INDEX telegram_update_at ON telegram_update (at) WHERE state = 'done';

CREATE TABLE telegram_chat (
    chat          INTEGER NOT NULL PRIMARY KEY,
    -- All lines of the conversation up to this one (chat_line.id) were said, or could not be.
    told          INTEGER NOT NULL,
    -- The lines after that up to this one make the message that is being said.
    upto          INTEGER,
    -- How many pieces of it were said; a long one has several.
    pieces        INTEGER NOT NULL,
    -- Counts every attempt there ever was: an old one cannot report on a newer.
    attempt       INTEGER NOT NULL,
    -- Somebody is saying it: until then, nobody knows whether it arrived.
    saying_until  INTEGER,
    -- It is not tried before this.
    not_before    INTEGER,
    -- Patience ends a day after this.
    tried_since   INTEGER,
    tries         INTEGER NOT NULL,
    -- The answer to an attempt was lost.
    doubt         INTEGER NOT NULL CHECK (doubt IN (0, 1)),
    -- The line whose buttons can be pressed, and the message that shows them.
    asked         INTEGER,
    asked_message INTEGER,
    -- Whoever chats there was sent a token at this address, and showed it.
    address       TEXT,
    linked_at     INTEGER,
    -- The mobile that Telegram says is theirs.
    mobile        TEXT,
    CHECK ((asked IS NULL) = (asked_message IS NULL)),
    CHECK ((address IS NULL) = (linked_at IS NULL)),
    CHECK (saying_until IS NULL OR upto IS NOT NULL)
) STRICT;

CREATE TABLE telegram_link (
    -- The token is nowhere: only the SHA-256 of it.
    token   BLOB    NOT NULL PRIMARY KEY CHECK (length(token) = 32),
    address TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    used_at INTEGER,
    -- The update by which it was used.
    used_by INTEGER,
    CHECK ((used_at IS NULL) = (used_by IS NULL))
) STRICT;
