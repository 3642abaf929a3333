-- A wait may end early when the directory changes: its ticket listens to rows of the directory, and its timer `look` comes
-- forward when one of them changes. SQLite cannot change the rules of a table, so that the table is made anew and filled
-- from the old one.

CREATE TABLE timer_new (
    ticket TEXT    NOT NULL REFERENCES ticket (reference),
    number INTEGER NOT NULL,
    what   TEXT    NOT NULL CHECK (what IN ('within', 'remind', 'stage', 'look')),
    due    INTEGER NOT NULL,
    PRIMARY KEY (ticket, number)
) STRICT;
INSERT INTO timer_new (ticket, number, what, due)
SELECT ticket, number, what, due
FROM timer;
DROP TABLE timer;
ALTER TABLE timer_new RENAME TO timer;
CREATE INDEX timer_due ON timer (due, ticket, number);

CREATE TABLE listening (
    ticket TEXT NOT NULL REFERENCES ticket (reference),
    kind   TEXT NOT NULL,
    id     TEXT NOT NULL,
    PRIMARY KEY (ticket, kind, id)
) STRICT;
CREATE INDEX listening_to ON listening (kind, id);
