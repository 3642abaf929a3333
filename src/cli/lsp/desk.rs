//! The pack as the editor has it: the files on disk, and over them the documents that are open.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::desk::whole_mails;
use crate::library::{self, LibraryError};
use crate::policy::check::Sources;
use crate::policy::editor::Names;
use crate::policy::finding::{Finding, Place, in_order};
use crate::policy::scenario;

/// The pack under the editor's hands.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    folder: PathBuf,
    /// Texts of open documents, by their path below the folder.
    open: BTreeMap<String, String>,
    /// The names of each file, with the text that they were gathered from.
    gathered: BTreeMap<String, (String, Names)>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) files: BTreeMap<String, String>,
    pub(super) findings: Vec<Finding>,
}

impl Workspace {
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()), ..Self::default() }
    }

    /// A document is open with this text.
    pub(super) fn put(&mut self, file: String, text: String) {
        self.open.insert(file, text);
    }

    /// A document is closed: what is on disk counts.
    pub(super) fn close(&mut self, file: &str) {
        self.open.remove(file);
    }

    /// The text of a file as the editor has it.
    pub(super) fn text(&self, file: &str) -> Option<String> {
        self.open.get(file).cloned().or_else(|| std::fs::read_to_string(self.folder.join(file)).ok())
    }

    /// The names of all files.
    pub(super) fn names(&mut self) -> Names {
        let mut all = Names::default();
        let (files, _) = self.files();
        self.gathered.retain(|file, (text, _)| files.get(file) == Some(text));
        for (file, text) in files {
            let (_, names) = self.gathered.entry(file.clone()).or_insert_with(|| {
                let names = guarded(|| Names::of_file(&file, &text)).unwrap_or_default();
                (text, names)
            });
            all.add(names);
        }
        all
    }

    /// Checks everything.
    pub(super) fn check(&self) -> Found {
        let (files, unreadable) = self.files();
        let findings = guarded(|| match library::make(Sources { files: files.clone() }, unreadable) {
            Ok((running, mut findings)) => {
                findings.extend(scenario::findings_with(
                    &running.pack,
                    &running.files,
                    &whole_mails::read(&running.pack, &running.files),
                ));
                findings
            }
            Err(LibraryError::Findings(findings, _)) => findings,
            Err(LibraryError::Unreadable { .. }) => Vec::new(),
        });
        let findings = findings.unwrap_or_else(|| {
            let message = "the check stopped at an internal fault";
            vec![Finding::error(
                "internal",
                Place::start_of("flows/desk.yaml"),
                message,
                "undo the last change, and tell us",
            )]
        });
        Found { files, findings: in_order(findings) }
    }

    fn files(&self) -> (BTreeMap<String, String>, Vec<Finding>) {
        let (mut files, mut unreadable) = match library::read(&self.folder) {
            Ok((sources, unreadable)) => (sources.files, unreadable),
            Err(_) => (BTreeMap::new(), Vec::new()),
        };
        unreadable.retain(|finding| !self.open.contains_key(&*finding.place.file));
        files.extend(self.open.iter().map(|(file, text)| (file.clone(), text.clone())));
        (files, unreadable)
    }

    /// A file of the pack, of its URI. Other files are none of ours.
    pub(super) fn file(&self, uri: &str) -> Option<String> {
        let path = PathBuf::from(path_of(uri)?);
        let below = |path: &Path| Some(path.strip_prefix(&self.folder).ok()?.to_str()?.replace('\\', "/"));
        // A new document may not be on disk yet; its folder may be reached by a link.
        let file = below(&path).or_else(|| {
            let folder = path.parent()?.canonicalize().ok()?;
            below(&folder.join(path.file_name()?))
        })?;
        let ours = file.starts_with("flows/") || file.starts_with("rules/");
        let kind = [".yaml", ".yml", ".rhai"].iter().any(|end| file.ends_with(end));
        (ours && kind).then_some(file)
    }

    /// The URI of a file of the pack.
    pub(super) fn uri(&self, file: &str) -> String {
        let path = self.folder.join(file).to_string_lossy().replace('\\', "/");
        let mut uri = String::from("file://");
        if !path.starts_with('/') {
            uri.push('/');
        }
        for byte in path.bytes() {
            match byte {
                b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                    uri.push(char::from(byte));
                }
                byte => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri
    }
}

/// A fault inside must not end the server.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// The path of a `file:` URI.
pub(super) fn path_of(uri: &str) -> Option<String> {
    let rest = uri.strip_prefix("file://")?;
    let path = rest.get(rest.find('/')?..)?;
    let mut bytes = Vec::new();
    let mut left = path.bytes();
    while let Some(byte) = left.next() {
        if byte == b'%' {
            let hex = [left.next()?, left.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let path = String::from_utf8(bytes).ok()?;
    // file:///c:/pack
    let drive = path.get(1..).filter(|rest| rest.chars().nth(1) == Some(':'));
    Some(drive.map_or_else(|| path.clone(), str::to_owned))
}
