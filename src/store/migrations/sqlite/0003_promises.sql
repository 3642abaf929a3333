-- What was promised: stages of chains are timers, too, and a ticket shows when it is due. SQLite cannot change the rules
-- of a table, so that the table is made anew and filled from the old one.

CREATE TABLE timer_new (
    ticket TEXT    NOT NULL REFERENCES ticket (reference),
    number INTEGER NOT NULL,
    what   TEXT    NOT NULL CHECK (what IN ('within', 'remind', 'stage')),
    due    INTEGER NOT NULL,
    PRIMARY KEY (ticket, number)
) STRICT;
INSERT INTO timer_new (ticket, number, what, due)
SELECT ticket, number, what, due
FROM timer;
DROP TABLE timer;
ALTER TABLE timer_new RENAME TO timer;
CREATE INDEX timer_due ON timer (due, ticket, number);

-- When the earliest promise is, or was, due; without one, when the present wait is over.
ALTER TABLE ticket ADD COLUMN due INTEGER;
UPDATE ticket
SET due = (SELECT MIN(due) FROM timer WHERE timer.ticket = ticket.reference AND what = 'within')
WHERE state <> 'closed';
CREATE INDEX ticket_due ON ticket (due, reference) WHERE due IS NOT NULL AND state <> 'closed';
