//! The second proof of the ledger: each row against those that it speaks of. Sums can be right by chance; here every
//! message must be found where its row says that it went, and nothing may be there that no row speaks of.

use super::StoreError;
use super::ledger::LedgerDay;
use super::sqlite::Connection;

/// Something that contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The table.
    pub table: &'static str,
    /// The row's name.
    pub id: String,
    /// What is wrong.
    pub what: String,
}

impl Problem {
    fn new(table: &'static str, id: impl ToString, what: impl Into<String>) -> Self {
        Problem { table, id: id.to_string(), what: what.into() }
    }
}

/// All that is wrong, one by one.
pub(super) async fn problems(db: &mut Connection, days: &[LedgerDay]) -> Result<Vec<Problem>, StoreError> {
    let mut problems = sums(days);
    for (id, decision, ticket) in messages_without_line(db).await? {
        let what = format!("it was {decision}, but the journal of {ticket} has no such message");
        problems.push(Problem::new("intake", id, what));
    }
    for (ticket, seq) in lines_without_message(db).await? {
        let what = format!("line {seq} is a message that no row of the ledger speaks of");
        problems.push(Problem::new("journal", ticket, what));
    }
    for (ticket, seq, count) in lines_of_several(db).await? {
        problems.push(Problem::new(
            "journal",
            ticket,
            format!("line {seq} is the message of {count} rows of the ledger"),
        ));
    }
    for (id, first) in lost_firsts(db).await? {
        let what = format!("it is a duplicate of message {first}, which is not there or is a duplicate itself");
        problems.push(Problem::new("intake", id, what));
    }
    for id in held_without_mail(db).await? {
        problems.push(Problem::new("intake", id, "it was put aside, but quarantine does not hold it"));
    }
    for (id, decision) in mail_without_message(db).await? {
        let says = decision.map_or("has no such row".to_owned(), |decision| format!("says that it was {decision}"));
        problems.push(Problem::new("quarantine", id, format!("the ledger {says}")));
    }
    for id in ignored_without_trace(db).await? {
        problems.push(Problem::new("intake", id, "it was ignored, but neither its words nor a reason were kept"));
    }
    for id in filed_without_message(db).await? {
        problems.push(Problem::new("filed", id, "no row of the ledger says that it was ignored"));
    }
    for (ticket, version, lines) in broken_journals(db).await? {
        let what = format!("it has seen {version} events, but its journal has {lines}");
        problems.push(Problem::new("ticket", ticket, what));
    }
    for ticket in journals_without_ticket(db).await? {
        problems.push(Problem::new("journal", ticket, "there is no such ticket"));
    }
    Ok(problems)
}

fn sums(days: &[LedgerDay]) -> Vec<Problem> {
    let wrong = days.iter().filter(|day| !day.adds_up);
    wrong
        .map(|day| {
            let what = format!("{} were received, and {} are accounted for", day.received, day.dealt_with());
            Problem::new("received", format!("{} {}", day.door.name(), day.day), what)
        })
        .collect()
}

/// A message that opened a ticket is its first line.
async fn messages_without_line(db: &mut Connection) -> Result<Vec<(i64, String, String)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT intake.id, intake.decision, intake.reference
         FROM intake
         LEFT JOIN journal ON journal.ticket = intake.reference AND journal.seq = intake.seq
         WHERE intake.first IS NULL
           AND intake.reference IS NOT NULL
           AND (journal.seq IS NULL
             OR journal.kind <> 'received'
             OR (intake.decision = 'opened' AND intake.seq <> 1))
         ORDER BY intake.id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// A message that asks for several things has one row: the requests that it opened beside the first are named by its line.
async fn lines_without_message(db: &mut Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT ticket, seq
         FROM journal
         WHERE kind = 'received'
           AND NOT EXISTS (
             SELECT 1
             FROM intake
             WHERE intake.reference = journal.ticket
               AND intake.seq = journal.seq)
           AND NOT EXISTS (
             SELECT 1
             FROM journal AS first
             JOIN intake ON intake.reference = first.ticket AND intake.seq = first.seq
             WHERE journal.seq = 1
               AND first.ticket <> journal.ticket
               AND first.at = journal.at
               AND first.event_id IN (
                 substr(journal.event_id, 1, instr(journal.event_id, ':also') - 1),
                 substr(journal.event_id, 1, instr(journal.event_id, ':another') - 1)))
         ORDER BY ticket, seq",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn lines_of_several(db: &mut Connection) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, seq, COUNT(*)
         FROM intake
         WHERE seq IS NOT NULL
         GROUP BY reference, seq
         HAVING COUNT(*) > 1
         ORDER BY reference, seq",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn lost_firsts(db: &mut Connection) -> Result<Vec<(i64, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT later.id, later.first
         FROM intake AS later
         LEFT JOIN intake AS earlier ON earlier.id = later.first AND earlier.first IS NULL
         WHERE later.first IS NOT NULL
           AND earlier.id IS NULL
         ORDER BY later.id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn held_without_mail(db: &mut Connection) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT id
         FROM intake
         LEFT JOIN quarantine ON quarantine.intake = intake.id AND quarantine.settled IS NULL
         WHERE decision = 'quarantined'
           AND quarantine.intake IS NULL
         ORDER BY id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// What quarantine says of a message, against what the ledger says of it, if it has a row.
async fn mail_without_message(db: &mut Connection) -> Result<Vec<(i64, Option<String>)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT quarantine.intake, decision
         FROM quarantine
         LEFT JOIN intake ON intake.id = quarantine.intake
         WHERE intake.id IS NULL
            OR (settled IS NULL AND decision <> 'quarantined')
            OR (settled = 'released' AND decision = 'quarantined')
            OR (settled = 'discarded' AND decision <> 'ignored')
         ORDER BY quarantine.intake",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn ignored_without_trace(db: &mut Connection) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT id
         FROM intake
         LEFT JOIN filed ON filed.intake = intake.id
         LEFT JOIN quarantine ON quarantine.intake = intake.id
         WHERE decision = 'ignored'
           AND (because = '' OR (reference IS NULL AND filed.intake IS NULL AND quarantine.intake IS NULL))
         ORDER BY id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn filed_without_message(db: &mut Connection) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT filed.intake
         FROM filed
         LEFT JOIN intake ON intake.id = filed.intake AND intake.decision = 'ignored'
         WHERE intake.id IS NULL
         ORDER BY filed.intake",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn broken_journals(db: &mut Connection) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT ticket.reference, ticket.version, COUNT(journal.seq)
         FROM ticket
         LEFT JOIN journal ON journal.ticket = ticket.reference
         GROUP BY ticket.reference, ticket.version
         HAVING COUNT(journal.seq) <> ticket.version
         ORDER BY ticket.reference",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn journals_without_ticket(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT journal.ticket
         FROM journal
         LEFT JOIN ticket ON ticket.reference = journal.ticket
         WHERE ticket.reference IS NULL
         GROUP BY journal.ticket
         ORDER BY journal.ticket",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
