-- Agents, and what they are told by mail. A notice belongs to a ticket or to mail in quarantine, and is kept in the same
-- commit. Letters to agents belong to a bundle and to no ticket, for which the outbox is made anew.

CREATE TABLE agent (
    name    TEXT    NOT NULL PRIMARY KEY,
    -- Names and addresses are told apart without regard to capitals.
    folded  TEXT    NOT NULL UNIQUE,
    address TEXT    NOT NULL,
    mailbox TEXT    NOT NULL UNIQUE,
    since   INTEGER NOT NULL
) STRICT;

CREATE TABLE agent_queue (
    agent TEXT    NOT NULL REFERENCES agent (name) ON DELETE CASCADE,
    queue TEXT    NOT NULL,
    works INTEGER NOT NULL CHECK (works IN (0, 1)),
    leads INTEGER NOT NULL CHECK (leads IN (0, 1)),
    PRIMARY KEY (agent, queue),
    CHECK (works = 1 OR leads = 1)
) STRICT;

CREATE TABLE notice (
    id         INTEGER NOT NULL PRIMARY KEY,
    ticket     TEXT,
    -- The line of the journal that gave it.
    seq        INTEGER,
    intake     INTEGER          REFERENCES intake (id),
    -- What is told once.
    key        TEXT    NOT NULL,
    whom       TEXT    NOT NULL CHECK (whom IN ('assignee', 'queue', 'lead')),
    queue      TEXT    NOT NULL,
    urgent     INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    what       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    -- Not told before this.
    due        INTEGER NOT NULL,
    -- told: to all whom it concerns. over: no longer true. nobody: there is no agent to tell.
    settled    TEXT             CHECK (settled IN ('told', 'over', 'nobody')),
    settled_at INTEGER,
    FOREIGN KEY (ticket, seq) REFERENCES journal (ticket, seq),
    CHECK ((ticket IS NULL) = (seq IS NULL)),
    CHECK ((ticket IS NULL) <> (intake IS NULL)),
    CHECK ((settled IS NULL) = (settled_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX notice_of_ticket ON notice (ticket, key) WHERE ticket IS NOT NULL;
CREATE UNIQUE INDEX notice_of_mail ON notice (intake, key) WHERE intake IS NOT NULL;
CREATE INDEX notice_due ON notice (due, id) WHERE settled IS NULL;

-- A bundle is what is told at one moment: a letter for each agent whom it concerns.
CREATE TABLE bundle (
    number INTEGER NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL
) STRICT;

-- Whom a notice was told, by which letter of which bundle.
CREATE TABLE notice_told (
    notice INTEGER NOT NULL REFERENCES notice (id),
    agent  TEXT    NOT NULL,
    bundle INTEGER NOT NULL REFERENCES bundle (number),
    n      INTEGER NOT NULL,
    PRIMARY KEY (notice, agent)
) STRICT;

CREATE TABLE outbox_new (
    ticket       TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    n            INTEGER NOT NULL CHECK (n > 0),
    -- A letter to an agent has NOTICE for its ticket, and for its line the number of its bundle.
    of_ticket    TEXT    GENERATED ALWAYS AS (CASE WHEN ticket <> 'NOTICE' THEN ticket END) STORED,
    of_bundle    INTEGER GENERATED ALWAYS AS (CASE WHEN ticket = 'NOTICE' THEN seq END) STORED
                 REFERENCES bundle (number),
    -- sending: a relay may have the letter already; if its answer does not come, the same bytes go again.
    state        TEXT    NOT NULL CHECK (state IN ('queued', 'leased', 'sending', 'sent', 'failed', 'dropped')),
    -- Counts every lease there ever was: an old one cannot report on a newer.
    attempt      INTEGER NOT NULL,
    leased_until INTEGER,
    -- A letter that waits is not tried before this.
    not_before   INTEGER,
    -- Patience ends a day after this; how often it was tried since.
    tried_since  INTEGER,
    tries        INTEGER NOT NULL,
    -- The answer to an attempt was lost: the relay may have the letter already.
    doubt        INTEGER NOT NULL CHECK (doubt IN (0, 1)),
    -- It waits until the operator lets letters go to its address.
    held         INTEGER NOT NULL CHECK (held IN (0, 1)),
    -- It failed, and its ticket does not know yet.
    untold       INTEGER NOT NULL CHECK (untold IN (0, 1)),
    channel      TEXT    NOT NULL CHECK (channel IN ('mail', 'chat')),
    message_id   TEXT    NOT NULL UNIQUE,
    recipient    TEXT    NOT NULL,
    address      TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    text         TEXT    NOT NULL,
    bytes        BLOB    NOT NULL,
    automatic    INTEGER NOT NULL CHECK (automatic IN (0, 1)),
    secret       INTEGER NOT NULL CHECK (secret IN (0, 1)),
    at           INTEGER NOT NULL,
    settled_at   INTEGER,
    -- What the last attempt came to, if it did not go well.
    failure      TEXT,
    PRIMARY KEY (ticket, seq, n),
    FOREIGN KEY (of_ticket, seq) REFERENCES journal (ticket, seq),
    CHECK ((state IN ('leased', 'sending')) = (leased_until IS NOT NULL)),
    CHECK (state <> 'failed' OR failure IS NOT NULL),
    CHECK (held = 0 OR (state = 'queued' AND failure IS NOT NULL)),
    CHECK (untold = 0 OR state = 'failed'),
    CHECK ((state IN ('sent', 'failed', 'dropped')) = (settled_at IS NOT NULL))
) STRICT;
INSERT INTO outbox_new
  (ticket, seq, n, state, attempt, leased_until, not_before, tried_since, tries, doubt, held, untold, channel, message_id,
   recipient, address, subject, text, bytes, automatic, secret, at, settled_at, failure)
SELECT ticket, seq, n, state, attempt, leased_until, not_before, tried_since, tries, doubt, held, untold, channel,
  message_id, recipient, address, subject, text, bytes, automatic, secret, at, settled_at, failure
FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_to_go ON outbox (at, ticket, seq, n) WHERE state IN ('queued', 'leased', 'sending');
-- Sent letters stay: whoever looks for what waits must not pass by all of them.
CREATE INDEX outbox_queued ON outbox (held, address, channel) WHERE state = 'queued';
CREATE INDEX outbox_secret ON outbox (leased_until) WHERE state = 'sending' AND secret = 1;
CREATE INDEX outbox_untold ON outbox (ticket, seq, n) WHERE untold = 1;
CREATE INDEX outbox_recipient ON outbox (recipient, at);

-- The number from which somebody rang: a call is found by it.
ALTER TABLE ticket ADD COLUMN phone TEXT;
CREATE INDEX ticket_of_call ON ticket (phone, opened) WHERE phone IS NOT NULL;
