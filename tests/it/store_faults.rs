//! What an operator sees when the disk, the file or somebody else is in the way.

use std::fs;
use std::os::unix::fs::FileExt;

use caredesk::store::{Mode, Settings, Store, StoreError, TicketFilter};
use sqlx::{Connection, SqliteConnection};
use tempfile::tempdir;

use crate::store_samples::*;

async fn raw(data: &tempfile::TempDir) -> SqliteConnection {
    let url = format!("sqlite://{}", data.path().join("caredesk.db").display());
    SqliteConnection::connect(&url).await.expect("it opens")
}

#[tokio::test]
async fn a_locked_database_is_busy_and_later_it_works() {
    let data = tempdir().expect("a folder");
    open(data.path()).await.close().await;
    let desk = Store::open_with(data.path(), &data.path().join("caredesk.db"), Mode::ReadWrite, impatient())
        .await
        .expect("it opens");
    let mut other = raw(&data).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("locked");

    let error = desk.commit(vec![only(opening("AAAA"))]).await.expect_err("somebody else writes");
    assert!(matches!(error, StoreError::Busy), "{error}");
    assert!(error.try_later());
    assert_eq!(desk.tickets(TicketFilter::All).await.expect("reading goes on"), []);

    sqlx::query("ROLLBACK").execute(&mut other).await.expect("unlocked");
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
}

#[tokio::test]
async fn a_full_disk_keeps_nothing_by_halves_and_later_it_works() {
    let data = tempdir().expect("a folder");
    open(data.path()).await.close().await;
    let pages = i64::from(
        u32::try_from(fs::metadata(data.path().join("caredesk.db")).expect("a file").len() / 4096).expect("small"),
    );
    let largest = u32::try_from(pages + 20).expect("small");
    let tight = Settings { largest: Some(largest), ..Settings::default() };
    let desk = Store::open_with(data.path(), &data.path().join("caredesk.db"), Mode::ReadWrite, tight)
        .await
        .expect("it opens");

    let mut large = opening("BBBB");
    large.letters[0].bytes = vec![b'x'; 4096 * 40];
    let list = vec![only(opening("AAAA")), only(large)];
    let error = desk.commit(list).await.expect_err("there is no room");
    assert!(matches!(error, StoreError::Full), "{error}");
    assert!(error.try_later());
    assert_eq!(desk.tickets(TicketFilter::All).await.expect("readable"), []);
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()), "what fits is kept");
}

/// A file whose header says that it may only be read, which holds for every user, root included.
#[tokio::test]
async fn a_file_that_may_only_be_read_is_not_writable() {
    let data = tempdir().expect("a folder");
    open(data.path()).await.close().await;
    let file = fs::OpenOptions::new().write(true).open(data.path().join("caredesk.db")).expect("a file");
    file.write_all_at(&[3], 18).expect("its write version is one of the future");

    let error =
        match Store::open_with(data.path(), &data.path().join("caredesk.db"), Mode::ReadWrite, impatient()).await {
            Ok(desk) => desk.commit(vec![only(opening("AAAA"))]).await.expect_err("it may only be read"),
            Err(error) => error,
        };
    assert!(matches!(error, StoreError::NotWritable(_)), "{error:?}");
    assert!(error.try_later());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_not_writable() {
    let data = tempdir().expect("a folder");
    fs::write(data.path().join("file"), "").expect("a file in the way");
    let error = Store::open(&data.path().join("file/desk"), Mode::ReadWrite).await.expect_err("no folder");
    assert!(matches!(error, StoreError::NotWritable(_)), "{error:?}");
    assert!(error.try_later());
    let error = Store::open(&data.path().join("nothing"), Mode::ReadOnly).await.expect_err("no database");
    assert!(matches!(error, StoreError::CannotOpen(_)), "{error:?}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_damaged() {
    let data = tempdir().expect("a folder");
    fs::write(data.path().join("caredesk.db"), "Dear desk, ".repeat(1000)).expect("a file");
    let error = Store::open(data.path(), Mode::ReadWrite).await.expect_err("no database");
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert!(!error.try_later());
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let data = tempdir().expect("a folder");
    open(data.path()).await.close().await;
    sqlx::query("UPDATE _sqlx_migrations SET version = version + 97")
        .execute(&mut raw(&data).await)
        .await
        .expect("changed");
    for mode in [Mode::ReadWrite, Mode::ReadOnly] {
        let error = Store::open(data.path(), mode).await.expect_err("too new");
        assert!(matches!(error, StoreError::Schema(_)), "{error:?}");
    }
}

#[tokio::test]
async fn an_impossible_row_is_an_error_that_shows_its_values() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
    sqlx::query("UPDATE ticket SET version = 99").execute(&mut raw(&data).await).await.expect("changed");
    let error = desk.ticket(&reference("AAAA")).await.expect_err("it contradicts itself");
    insta::assert_snapshot!(error, @"impossible row in `ticket`, CD-AAAA: the columns say version 99, waiting_requester; the document says CD-AAAA, version 1, waiting_requester");
    assert!(!error.try_later());
}

#[tokio::test]
async fn a_commit_that_is_given_up_keeps_nothing_and_the_next_one_works() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    for steps in 1..12 {
        let mut commit = Box::pin(desk.commit(vec![only(opening("AAAA"))]));
        // Given up after so many steps of its way, unless it is done by then.
        let mut done = None;
        for _ in 0..steps {
            tokio::select! {
                biased;
                answers = &mut commit => { done = Some(answers.expect("it works")); break }
                () = tokio::task::yield_now() => {}
            }
        }
        drop(commit);
        let kept = desk.ticket(&reference("AAAA")).await.expect("readable").is_some();
        assert!(kept || done.is_none(), "what was acknowledged is there");
        let journal = desk.journal(&reference("AAAA")).await.expect("readable");
        assert_eq!(journal.len(), usize::from(kept), "the ticket and its journal go together");
        if kept {
            break;
        }
    }
    assert_eq!(commit(&desk, only(opening("BBBB"))).await, Ok(()));
}
