//! What can only be seen, or done, behind the desk's back: in its database.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::Town;

/// Which mail was put aside first with a marker in it.
const ASIDE: &str = "SELECT intake FROM quarantine WHERE instr(CAST(raw AS TEXT), $1) > 0 ORDER BY intake LIMIT 1";

impl Town {
    /// Changes the database behind the desk's back.
    pub fn tamper(&self, statement: &str) {
        let options = SqliteConnectOptions::new().filename(self.desk.data().join("caredesk.db"));
        self.runtime.block_on(async {
            let mut db = SqliteConnection::connect_with(&options.foreign_keys(false)).await.expect("it opens");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned())).execute(&mut db).await.expect("it is changed");
            db.close().await.expect("it closes");
        });
    }

    /// How often somebody said or did something that is in a journal.
    pub(super) fn said_so_far(&self) -> i64 {
        self.ask("SELECT COUNT(*) FROM journal WHERE kind IN ('received', 'acted')", "")
    }

    /// The ticket in which a marker came in.
    pub fn ticket_of(&self, marker: &str) -> String {
        self.ask("SELECT ticket FROM content WHERE event LIKE '%' || $1 || '%' ORDER BY seq LIMIT 1", marker)
    }

    fn ask<T>(&self, question: &'static str, about: &str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        let options = SqliteConnectOptions::new().filename(self.desk.data().join("caredesk.db"));
        self.runtime.block_on(async {
            let mut db = SqliteConnection::connect_with(&options).await.expect("the database opens");
            let answer = sqlx::query_scalar(question).bind(about).fetch_one(&mut db).await.expect("an answer");
            db.close().await.expect("it closes");
            answer
        })
    }

    /// The number of a mail that was put aside.
    pub(super) fn aside_number(&self, marker: &str) -> i64 {
        self.ask(ASIDE, marker)
    }
}
