//! Every SQL statement of the store, read from its source: each is prepared against a real database, and each keeps
//! to what SQLite and PostgreSQL share.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{Connection, Executor, SqlSafeStr, SqliteConnection};

use crate::store_samples::open;

struct Statement {
    file: String,
    sql: String,
    /// What follows the statement in the source, up to its end.
    rest: String,
}

/// All statements of `src/store/`. They are literals: nothing is ever put together from pieces.
fn statements() -> Vec<Statement> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut found = Vec::new();
    for path in files_below(&folder) {
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let file = path.file_name().expect("a name").to_string_lossy().into_owned();
        let source = fs::read_to_string(&path).expect("readable");
        for (start, _) in source.match_indices("sqlx::query") {
            let call = &source[start..];
            let open = call.find('(').expect("a call");
            let quoted = call[open + 1..].trim_start().strip_prefix('"');
            let quoted = quoted.unwrap_or_else(|| panic!("{file}: a statement is not a literal"));
            let (sql, rest) = quoted.split_once('"').expect("the literal ends");
            let rest = rest.split(';').next().unwrap_or_default();
            found.push(Statement { file: file.clone(), sql: sql.into(), rest: rest.into() });
        }
    }
    found.sort_by(|a, b| (&a.file, &a.sql).cmp(&(&b.file, &b.sql)));
    found
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the store").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn every_statement_prepares() {
    let data = tempfile::tempdir().expect("a folder");
    let store = open(data.path()).await;
    let url = format!("sqlite://{}", data.path().join("caredesk.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("it opens");
    let statements = statements();
    assert!(statements.len() > 50, "only {} statements were found", statements.len());
    for Statement { file, sql, .. } in statements {
        let prepared = (&mut connection).prepare(sqlx::AssertSqlSafe(sql.as_str()).into_sql_str()).await;
        assert!(prepared.is_ok(), "{file}: {sql}\n{:?}", prepared.err());
    }
    store.close().await;
}

/// What a desk asks all day long, also when there is nothing to do, must not pass by all that it ever did.
#[tokio::test]
async fn what_is_asked_all_day_long_is_found_by_an_index() {
    let data = tempfile::tempdir().expect("a folder");
    let store = open(data.path()).await;
    let url = format!("sqlite://{}", data.path().join("caredesk.db").display());
    let mut connection = SqliteConnection::connect(&url).await.expect("it opens");
    let mut looked = 0;
    for Statement { file, sql, .. } in statements() {
        // An operator who lets failed letters go again is in no hurry.
        let by_hand = sql.contains("(state = 'failed' OR");
        let by_day = ["timers.rs", "notices.rs", "sending.rs", "mending.rs"].contains(&file.as_str());
        if !by_day || by_hand || sql.trim_start().starts_with("INSERT") {
            continue;
        }
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut connection).await.expect("a plan");
        let passes_by = plan.iter().any(|row| row.3.starts_with("SCAN") && !row.3.contains("USING"));
        assert!(!passes_by, "{file}: {sql}\n{plan:?}");
        looked += 1;
    }
    assert!(looked > 15, "only {looked} statements were looked at");
    store.close().await;
}

#[test]
fn statements_keep_to_what_both_databases_know() {
    let foreign = [
        "?",
        "OR REPLACE",
        "OR IGNORE",
        "rowid",
        "datetime(",
        "strftime",
        "julianday",
        "json_",
        "ifnull",
        "*,",
        "SELECT *",
    ];
    for Statement { file, sql, rest } in statements().into_iter().filter(|one| one.file != "sqlite.rs") {
        for word in foreign {
            assert!(!sql.contains(word), "{file}: `{word}` in {sql}");
        }
        let values = sql.matches('$').count();
        assert!(values == 0 || rest.contains(".bind("), "{file}: nothing is bound in {sql}");
        if rest.contains("fetch_all") && !sql.starts_with("UPDATE") {
            assert!(sql.contains("ORDER BY"), "{file}: no order in {sql}");
        }
    }
}
