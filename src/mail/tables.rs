//! Attached tables and plain texts as lines that a person might have typed: a list of staff is in one as often as not.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

use crate::mail::{Attachment, decode};
use crate::policy::message::AttachedTable;

/// So many files of one message are looked into.
const FILES: usize = 4;
/// A larger file is no list of a few people.
const LARGEST: usize = 64 * 1024;
/// How the cells of a table are parted.
const MARKS: [u8; 4] = [b'\t', b';', b',', b'|'];

/// The tables among what is attached, secrets cut out already. A file that is something else is left to agents.
pub fn tables<'a>(attachments: impl IntoIterator<Item = &'a Attachment>) -> Vec<AttachedTable> {
    let read = attachments.into_iter().filter_map(|file| {
        let rows = rows(file)?;
        Some(AttachedTable { name: file.name.clone(), rows })
    });
    read.take(FILES).collect()
}

/// Whether a file is a table or plain text by its name or type.
pub fn is_text(file: &Attachment) -> bool {
    let name = file.name.to_ascii_lowercase();
    [".csv", ".tsv", ".txt"].iter().any(|end| name.ends_with(end))
        || ["text/csv", "text/plain", "text/tab-separated-values"].contains(&file.media_type.as_str())
}

fn rows(file: &Attachment) -> Option<String> {
    if !is_text(file) || file.bytes.len() > LARGEST {
        return None;
    }
    let text = decode::text(&file.bytes, None);
    let mark = MARKS.into_iter().find(|mark| text.lines().next().is_some_and(|head| head.as_bytes().contains(mark)));
    let rows = match mark {
        Some(mark) => cells(text.as_bytes(), mark),
        None => text,
    };
    rows.chars().any(char::is_alphanumeric).then_some(rows)
}

/// The rows of a table with tabs between the cells. A row that is broken ends it: what comes behind cannot be told apart.
fn cells(table: impl Read, mark: u8) -> String {
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).delimiter(mark).from_reader(table);
    let row = |row: StringRecord| {
        let cells: Vec<String> = row.iter().map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        cells.join("\t")
    };
    reader.into_records().map_while(Result::ok).map(row).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: &[u8]) -> Attachment {
        Attachment { name: name.into(), media_type: "application/octet-stream".into(), bytes: bytes.into() }
    }

    #[test]
    fn cells_are_parted_by_tabs_however_the_file_parts_them() {
        for (name, bytes) in [
            ("staff.csv", &b"Name,Mobile\r\n\"Field, Amy\",07700 900123\r\n"[..]),
            ("STAFF.CSV", b"\xef\xbb\xbfName;Mobile\nField, Amy;07700 900123"),
            ("staff.tsv", b"Name\tMobile\nField,\n Amy\t07700 900123".as_slice()),
        ] {
            let read = tables(&[file(name, bytes)]);
            let rows: Vec<&str> = read.iter().flat_map(|table| table.rows.lines()).collect();
            assert_eq!(rows.first(), Some(&"Name\tMobile"), "{name}");
            assert!(rows[1..].iter().any(|row| row.ends_with("07700 900123")), "{name}: {rows:?}");
        }
    }

    #[test]
    fn pictures_empty_and_large_files_are_no_tables() {
        let large = vec![b'a'; LARGEST + 1];
        let files = [file("shot.png", b"\x89PNG"), file("empty.csv", b",,\n"), file("large.txt", &large)];
        assert_eq!(tables(&files), []);
    }
}
