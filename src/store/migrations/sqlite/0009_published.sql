-- What was published here, one row each time. From the first row on, the pack's folder is no longer followed.

CREATE TABLE published (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number > 0),
    pack   TEXT    NOT NULL REFERENCES pack (digest),
    kind   TEXT    NOT NULL CHECK (kind IN ('publish', 'rollback')),
    at     INTEGER NOT NULL,
    who    TEXT    NOT NULL,
    note   TEXT    NOT NULL,
    -- The pack that ran before.
    ran_before TEXT         REFERENCES pack (digest)
) STRICT;

-- Packs are counted by the open tickets under them.
CREATE INDEX ticket_open_pack ON ticket (pack) WHERE state <> 'closed';
