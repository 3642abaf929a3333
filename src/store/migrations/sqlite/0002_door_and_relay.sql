-- Mail by LMTP, letters by a relay, and what becomes of mail that was put aside. SQLite cannot change the rules of a
-- table, so that tables are made anew and filled from the old ones.

CREATE TABLE outbox_new (
    ticket       TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    n            INTEGER NOT NULL CHECK (n > 0),
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
    FOREIGN KEY (ticket, seq) REFERENCES journal (ticket, seq),
    CHECK ((state IN ('leased', 'sending')) = (leased_until IS NOT NULL)),
    CHECK (state <> 'failed' OR failure IS NOT NULL),
    CHECK (held = 0 OR (state = 'queued' AND failure IS NOT NULL)),
    CHECK (untold = 0 OR state = 'failed'),
    CHECK ((state IN ('sent', 'failed', 'dropped')) = (settled_at IS NOT NULL))
) STRICT;
INSERT INTO outbox_new
  (ticket, seq, n, state, attempt, leased_until, tries, doubt, held, untold, channel, message_id, recipient, address, subject,
   text, bytes, automatic, secret, at, settled_at, failure)
SELECT ticket, seq, n, state, attempt, leased_until, 0, 0, 0, 0, channel, message_id, recipient, address, subject,
  text, bytes, automatic, 0, at, settled_at, failure
FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;
CREATE INDEX outbox_to_go ON outbox (at, ticket, seq, n) WHERE state IN ('queued', 'leased', 'sending');
CREATE INDEX outbox_untold ON outbox (ticket, seq, n) WHERE untold = 1;
CREATE INDEX outbox_recipient ON outbox (recipient, at);

-- Which doors there are is for the program to know.
CREATE TABLE intake_new (
    id         INTEGER NOT NULL PRIMARY KEY,
    door       TEXT    NOT NULL,
    source_key TEXT,
    message_id TEXT,
    digest     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    decision   TEXT    NOT NULL CHECK (decision IN ('opened', 'continued', 'answered', 'duplicate', 'ignored', 'quarantined')),
    class      TEXT,
    reference  TEXT             REFERENCES ticket (reference),
    -- The line of the ticket's journal that the message became. A duplicate became none.
    seq        INTEGER,
    covers     TEXT    NOT NULL,
    flow       TEXT,
    because    TEXT    NOT NULL,
    first      INTEGER          REFERENCES intake_new (id),
    FOREIGN KEY (reference, seq) REFERENCES journal (ticket, seq),
    CHECK ((decision = 'duplicate') = (first IS NOT NULL)),
    CHECK (decision NOT IN ('opened', 'continued') OR reference IS NOT NULL),
    CHECK (seq IS NULL OR (reference IS NOT NULL AND first IS NULL))
) STRICT;
-- A line was named after its mail (and, where that has no Message-ID, after the moment) or its place in a chat.
INSERT INTO intake_new
  (id, door, source_key, message_id, digest, at, decision, class, reference, seq, covers, flow, because, first)
SELECT id, door, source_key, message_id, digest, at, decision, class, reference,
  CASE
    WHEN first IS NOT NULL THEN NULL
    WHEN decision = 'opened' THEN 1
    ELSE (
      SELECT MIN(seq)
      FROM journal
      WHERE journal.ticket = intake.reference
        AND journal.kind = 'received'
        AND (journal.event_id = 'mail:' || COALESCE(intake.message_id, '') || ':' || intake.digest
          OR (intake.message_id IS NULL
            AND journal.at = intake.at
            AND substr(journal.event_id, 1, 7 + length(intake.digest)) = 'mail::' || intake.digest || ':')
          OR (intake.door = 'chat'
            AND substr(intake.digest, 1, length(journal.ticket || ':' || journal.seq || ':'))
              = journal.ticket || ':' || journal.seq || ':')))
  END,
  covers, flow, because, first
FROM intake
ORDER BY id;

CREATE TABLE quarantine_new (
    intake      INTEGER NOT NULL PRIMARY KEY REFERENCES intake_new (id),
    reason      TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    queue       TEXT    NOT NULL,
    sender      TEXT,
    subject     TEXT,
    -- Of the bytes as they came; the row of the intake takes another once the mail is read after all.
    digest      TEXT    NOT NULL,
    -- Deleted after a while, whatever became of the mail.
    raw         BLOB,
    raw_deleted INTEGER,
    mail_from   TEXT,
    rcpt        TEXT    NOT NULL,
    settled     TEXT             CHECK (settled IN ('released', 'discarded')),
    settled_at  INTEGER,
    settled_by  TEXT,
    CHECK ((raw IS NULL) = (raw_deleted IS NOT NULL)),
    CHECK ((settled IS NULL) = (settled_at IS NULL) AND (settled IS NULL) = (settled_by IS NULL))
) STRICT;
INSERT INTO quarantine_new (intake, reason, code, queue, sender, subject, digest, raw, rcpt)
SELECT quarantine.intake, reason, code, 'triage', sender, subject, intake.digest, raw, '[]'
FROM quarantine
JOIN intake ON intake.id = quarantine.intake;

CREATE TABLE filed_new (
    intake  INTEGER NOT NULL PRIMARY KEY REFERENCES intake_new (id),
    sender  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    text    TEXT    NOT NULL
) STRICT;
INSERT INTO filed_new SELECT * FROM filed;

DROP TABLE filed;
DROP TABLE quarantine;
DROP TABLE intake;
-- A rename takes the references to the table with it.
ALTER TABLE intake_new RENAME TO intake;
ALTER TABLE quarantine_new RENAME TO quarantine;
ALTER TABLE filed_new RENAME TO filed;
CREATE UNIQUE INDEX intake_source ON intake (door, source_key) WHERE source_key IS NOT NULL AND first IS NULL;
CREATE UNIQUE INDEX intake_mail ON intake (message_id, digest) WHERE message_id IS NOT NULL AND first IS NULL;
CREATE INDEX intake_digest ON intake (digest, at) WHERE message_id IS NULL AND first IS NULL;
CREATE INDEX intake_event ON intake (reference, seq) WHERE seq IS NOT NULL;
CREATE INDEX intake_first ON intake (first) WHERE first IS NOT NULL;
CREATE INDEX quarantine_digest ON quarantine (digest);
CREATE INDEX quarantine_held ON quarantine (intake) WHERE settled IS NULL;
CREATE INDEX quarantine_raw ON quarantine (intake) WHERE raw IS NOT NULL;
