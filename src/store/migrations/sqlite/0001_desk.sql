-- All that the desk remembers. Times are whole microseconds since 1970 (UTC); yes and no are 1 and 0.

CREATE TABLE pack (
    digest  TEXT    NOT NULL PRIMARY KEY,
    kept_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pack_file (
    pack TEXT NOT NULL REFERENCES pack (digest),
    path TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (pack, path)
) STRICT;

-- The pack under which new tickets begin: one row.
CREATE TABLE current_pack (
    one   INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    pack  TEXT    NOT NULL REFERENCES pack (digest),
    since INTEGER NOT NULL
) STRICT;

-- Signs our Message-IDs: one row.
CREATE TABLE signing_key (
    one        INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    secret_key BLOB    NOT NULL CHECK (length(secret_key) = 32)
) STRICT;

-- The columns repeat what lists and searches need of `document`; reading checks that they agree with it.
CREATE TABLE ticket (
    reference TEXT    NOT NULL PRIMARY KEY,
    version   INTEGER NOT NULL CHECK (version > 0),
    pack      TEXT    NOT NULL REFERENCES pack (digest),
    state     TEXT    NOT NULL CHECK (state IN ('waiting_requester', 'waiting_other', 'with_task', 'with_agent', 'on_hold', 'closed')),
    ending    TEXT             CHECK (ending IN ('resolved', 'refused', 'unanswered', 'agent')),
    flow      TEXT    NOT NULL,
    queue     TEXT    NOT NULL,
    requester TEXT    NOT NULL,
    asker     TEXT    NOT NULL,
    opened    INTEGER NOT NULL,
    document  TEXT    NOT NULL,
    CHECK ((state = 'closed') = (ending IS NOT NULL))
) STRICT;
CREATE INDEX ticket_of_asker ON ticket (asker, opened);
CREATE INDEX ticket_open ON ticket (opened, reference) WHERE state <> 'closed';

-- Every row is still to come: a commit replaces the rows of its ticket.
CREATE TABLE timer (
    ticket TEXT    NOT NULL REFERENCES ticket (reference),
    number INTEGER NOT NULL,
    what   TEXT    NOT NULL CHECK (what IN ('within', 'remind')),
    due    INTEGER NOT NULL,
    PRIMARY KEY (ticket, number)
) STRICT;
CREATE INDEX timer_due ON timer (due, ticket, number);

-- Nothing personal: what people wrote lies in `content`, and erasing deletes it there.
CREATE TABLE journal (
    ticket       TEXT    NOT NULL REFERENCES ticket (reference),
    seq          INTEGER NOT NULL CHECK (seq > 0),
    event_id     TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('received', 'fired', 'acted', 'found')),
    at           INTEGER NOT NULL,
    pack         TEXT    NOT NULL REFERENCES pack (digest),
    state_digest TEXT    NOT NULL,
    effects      TEXT    NOT NULL,
    engine       TEXT    NOT NULL,
    PRIMARY KEY (ticket, seq),
    UNIQUE (ticket, event_id)
) STRICT;

CREATE TABLE content (
    ticket  TEXT    NOT NULL,
    seq     INTEGER NOT NULL,
    event   TEXT    NOT NULL,
    trace   TEXT    NOT NULL,
    effects TEXT    NOT NULL,
    PRIMARY KEY (ticket, seq),
    FOREIGN KEY (ticket, seq) REFERENCES journal (ticket, seq)
) STRICT;

CREATE TABLE outbox (
    ticket       TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    n            INTEGER NOT NULL CHECK (n > 0),
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'leased', 'sent', 'failed', 'dropped')),
    attempt      INTEGER NOT NULL,
    leased_until INTEGER,
    channel      TEXT    NOT NULL CHECK (channel IN ('mail', 'chat')),
    message_id   TEXT    NOT NULL UNIQUE,
    recipient    TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    bytes        BLOB    NOT NULL,
    automatic    INTEGER NOT NULL CHECK (automatic IN (0, 1)),
    at           INTEGER NOT NULL,
    settled_at   INTEGER,
    failure      TEXT,
    PRIMARY KEY (ticket, seq, n),
    FOREIGN KEY (ticket, seq) REFERENCES journal (ticket, seq),
    CHECK ((state = 'leased') = (leased_until IS NOT NULL)),
    CHECK ((state = 'failed') = (failure IS NOT NULL)),
    CHECK ((state IN ('sent', 'failed', 'dropped')) = (settled_at IS NOT NULL))
) STRICT;
CREATE INDEX outbox_to_go ON outbox (at, ticket, seq, n) WHERE state IN ('queued', 'leased');
CREATE INDEX outbox_recipient ON outbox (recipient, at);

-- A ticket is escalated once.
CREATE TABLE escalation (
    ticket  TEXT NOT NULL PRIMARY KEY REFERENCES ticket (reference),
    contact TEXT NOT NULL,
    by      TEXT NOT NULL REFERENCES ticket (reference)
) STRICT;

-- One row for each message that came in. `first` is set on duplicates alone.
CREATE TABLE intake (
    id         INTEGER NOT NULL PRIMARY KEY,
    door       TEXT    NOT NULL CHECK (door IN ('pipe', 'folder', 'chat')),
    source_key TEXT,
    message_id TEXT,
    digest     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    decision   TEXT    NOT NULL CHECK (decision IN ('opened', 'continued', 'answered', 'duplicate', 'ignored', 'quarantined')),
    class      TEXT,
    reference  TEXT             REFERENCES ticket (reference),
    covers     TEXT    NOT NULL,
    flow       TEXT,
    because    TEXT    NOT NULL,
    first      INTEGER          REFERENCES intake (id),
    CHECK ((decision = 'duplicate') = (first IS NOT NULL)),
    CHECK (decision NOT IN ('opened', 'continued') OR reference IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX intake_source ON intake (door, source_key) WHERE source_key IS NOT NULL AND first IS NULL;
CREATE UNIQUE INDEX intake_mail ON intake (message_id, digest) WHERE message_id IS NOT NULL AND first IS NULL;
CREATE INDEX intake_digest ON intake (digest, at) WHERE message_id IS NULL AND first IS NULL;

-- Counted apart from the rows above, so that the ledger can be checked against it. A day is one of UTC.
CREATE TABLE received (
    door  TEXT    NOT NULL,
    day   INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (door, day)
) STRICT;

CREATE TABLE quarantine (
    intake  INTEGER NOT NULL PRIMARY KEY REFERENCES intake (id),
    reason  TEXT    NOT NULL,
    code    TEXT    NOT NULL,
    sender  TEXT,
    subject TEXT,
    raw     BLOB    NOT NULL
) STRICT;

CREATE TABLE filed (
    intake  INTEGER NOT NULL PRIMARY KEY REFERENCES intake (id),
    sender  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    text    TEXT    NOT NULL
) STRICT;

CREATE TABLE attachment (
    ticket     TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    n          INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    size       INTEGER NOT NULL,
    digest     TEXT    NOT NULL,
    PRIMARY KEY (ticket, seq, n),
    FOREIGN KEY (ticket, seq) REFERENCES journal (ticket, seq)
) STRICT;

-- That a code or an address belongs to one row only is checked by the import, which may swap two.
CREATE TABLE organisation (
    id                 TEXT    NOT NULL PRIMARY KEY,
    version            INTEGER NOT NULL CHECK (version > 0),
    name               TEXT    NOT NULL,
    ods_code           TEXT    NOT NULL,
    postcode           TEXT,
    town               TEXT,
    ever_registered    INTEGER          CHECK (ever_registered IN (0, 1)),
    shared_mailbox     TEXT,
    registered_manager TEXT,
    cqc_mail           TEXT,
    cqc_location       TEXT,
    cqc_contact        TEXT,
    suspended          INTEGER NOT NULL CHECK (suspended IN (0, 1))
) STRICT;
CREATE INDEX organisation_ods_code ON organisation (ods_code);
CREATE INDEX organisation_postcode ON organisation (postcode);

CREATE TABLE account (
    id           TEXT    NOT NULL PRIMARY KEY,
    version      INTEGER NOT NULL CHECK (version > 0),
    name         TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    mobile       TEXT,
    state        TEXT    NOT NULL,
    organisation TEXT             REFERENCES organisation (id),
    owner        INTEGER NOT NULL CHECK (owner IN (0, 1)),
    joined       INTEGER NOT NULL CHECK (joined IN (0, 1)),
    leaving      INTEGER NOT NULL CHECK (leaving IN (0, 1)),
    suspended    INTEGER NOT NULL CHECK (suspended IN (0, 1))
) STRICT;
CREATE INDEX account_address ON account (address);
CREATE INDEX account_mobile ON account (mobile);
CREATE INDEX account_organisation ON account (organisation);
