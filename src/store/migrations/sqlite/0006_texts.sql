-- The outbox holds texts to mobiles too.

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
    channel      TEXT    NOT NULL CHECK (channel IN ('mail', 'chat', 'text')),
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
