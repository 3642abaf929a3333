-- All that the directory knows of organisations and accounts, who changed it, and one-time passcodes.

ALTER TABLE organisation ADD COLUMN provider    TEXT;
ALTER TABLE organisation ADD COLUMN cqc_phone   TEXT;
ALTER TABLE organisation ADD COLUMN dspt_status TEXT;
ALTER TABLE organisation ADD COLUMN dspt_year   TEXT;
ALTER TABLE organisation ADD COLUMN nhsmail     TEXT;
ALTER TABLE organisation ADD COLUMN managed     TEXT;
ALTER TABLE organisation ADD COLUMN local_it    TEXT;
CREATE INDEX organisation_shared_mailbox ON organisation (shared_mailbox) WHERE shared_mailbox IS NOT NULL;

-- Days are written as 2026-03-02, so that they sort as days do.
ALTER TABLE account ADD COLUMN activated     TEXT;
ALTER TABLE account ADD COLUMN last_used     TEXT;
ALTER TABLE account ADD COLUMN leaving_since TEXT;
ALTER TABLE account ADD COLUMN deleted       TEXT;

-- Addresses that go on reaching an account for good. That one belongs to one account only is checked by the import.
CREATE TABLE old_address (
    address TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    PRIMARY KEY (address, account)
) STRICT;
CREATE INDEX old_address_account ON old_address (account);

-- Who owns or administers the shared mailbox of an organisation; it need not be their own.
CREATE TABLE role (
    account      TEXT NOT NULL REFERENCES account (id),
    organisation TEXT NOT NULL REFERENCES organisation (id),
    role         TEXT NOT NULL CHECK (role IN ('owner', 'administrator')),
    PRIMARY KEY (account, organisation, role)
) STRICT;
CREATE INDEX role_organisation ON role (organisation);
INSERT INTO role (account, organisation, role)
SELECT id, organisation, 'owner'
FROM account
WHERE owner = 1
  AND organisation IS NOT NULL;
ALTER TABLE account DROP COLUMN owner;

-- One row for each change of a row: by which ticket and line of its journal, or by an import.
CREATE TABLE directory_history (
    id      INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    source  TEXT    NOT NULL CHECK (source IN ('ticket', 'import')),
    ticket  TEXT,
    seq     INTEGER,
    kind    TEXT    NOT NULL CHECK (kind IN ('organisation', 'account')),
    row_key TEXT    NOT NULL,
    version INTEGER NOT NULL,
    what    TEXT    NOT NULL,
    -- The fields that are different now, as JSON. Codes never stand here.
    fields  TEXT    NOT NULL,
    FOREIGN KEY (ticket, seq) REFERENCES journal (ticket, seq),
    CHECK ((source = 'ticket') = (ticket IS NOT NULL) AND (ticket IS NULL) = (seq IS NULL))
) STRICT;
CREATE INDEX directory_history_row ON directory_history (kind, row_key, id);

-- The last passcode of an organisation. The code itself is nowhere: only its seal, under the salt and the desk's key.
CREATE TABLE passcode (
    organisation TEXT    NOT NULL PRIMARY KEY REFERENCES organisation (id),
    salt         BLOB    NOT NULL CHECK (length(salt) = 16),
    seal         BLOB    NOT NULL CHECK (length(seal) = 32),
    until        INTEGER NOT NULL,
    tries        INTEGER NOT NULL CHECK (tries >= 0),
    used         INTEGER NOT NULL CHECK (used IN (0, 1))
) STRICT;
