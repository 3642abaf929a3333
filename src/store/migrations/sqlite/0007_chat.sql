-- What was said by chat, so that a conversation can be shown again; and who talks by the web page.

CREATE TABLE chat_line (
    -- In the order in which they were kept, over all chats. A number is never used again.
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    chat    TEXT    NOT NULL,
    n       INTEGER NOT NULL CHECK (n > 0),
    -- The channel's own name for what a person said.
    key     TEXT,
    said_by TEXT    NOT NULL CHECK (said_by IN ('person', 'desk', 'agent')),
    text    TEXT    NOT NULL,
    -- What can be answered by a button, as JSON.
    choices TEXT    NOT NULL,
    -- Names of files that came with it, as JSON.
    files   TEXT    NOT NULL,
    ticket  TEXT,
    -- The key of the letter in the outbox, if the line is one.
    letter  TEXT,
    at      INTEGER NOT NULL,
    UNIQUE (chat, n),
    CHECK (key IS NULL OR said_by = 'person'),
    CHECK (letter IS NULL OR said_by <> 'person')
) STRICT;
CREATE UNIQUE INDEX chat_line_key ON chat_line (chat, key) WHERE key IS NOT NULL;
CREATE INDEX chat_line_at ON chat_line (at);

-- A browser that talks with the desk. Its cookie is nowhere: only the SHA-256 of it.
CREATE TABLE web_session (
    token    BLOB    NOT NULL PRIMARY KEY CHECK (length(token) = 32),
    chat     TEXT    NOT NULL,
    -- When this cookie was given out.
    since    INTEGER NOT NULL,
    -- Until when it counts.
    until    INTEGER NOT NULL,
    -- The older cookie that ends soon after this one first comes back. Until then both count: an answer may be lost.
    replaces BLOB             CHECK (length(replaces) = 32)
) STRICT;
CREATE INDEX web_session_until ON web_session (until);
