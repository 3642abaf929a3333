//! A whole mail of a story, as the door has read it. Reading bytes is none of policy's business: whoever reads the files of
//! a pack reads its mails too, and hands them over by their paths.

use std::collections::BTreeMap;

use crate::policy::finding::did_you_mean;
use crate::policy::message::{AttachedTable, Class, Party};
use crate::policy::yaml::join;

use super::reader::Reader;

/// What the door makes of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WholeMail {
    /// Who says they wrote it.
    pub from: Party,
    /// Its subject.
    pub subject: String,
    /// What the person newly wrote.
    pub text: String,
    /// All that could be read, when that is more.
    pub whole: Option<String>,
    /// What kind of mail it is.
    pub class: Class,
    /// Whether a password or a code was cut out.
    pub secret_removed: bool,
    /// Names of what is attached.
    pub attachments: Vec<String>,
    /// Those of them that are tables or plain text.
    pub tables: Vec<AttachedTable>,
}

/// The mails of a pack by their paths; of one that cannot be read, why.
pub type Mails = BTreeMap<String, Result<WholeMail, String>>;

/// The mail that `mail: {file: NAME}` names, if it is written so. Its file stands beside the scenarios.
pub(super) fn named(reader: &mut Reader<'_>, path: &str, mails: &Mails) -> Option<WholeMail> {
    let at = join(path, "mail");
    if !reader.only(&at, "`mail`", &["file"]) {
        return None;
    }
    let name = reader.text(&at, "file")?;
    let folder = reader.document.file().rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let place = join(&at, "file");
    match mails.get(&format!("{folder}/{name}")) {
        Some(Ok(mail)) => Some(mail.clone()),
        Some(Err(why)) => {
            let help = "save the mail as a mail program does, with its header";
            reader.fault("unreadable-mail", &place, format!("`{name}` cannot be read as a mail: {why}"), help);
            None
        }
        None => {
            let beside = mails.keys().filter_map(|file| file.strip_prefix(&format!("{folder}/")).map(str::to_owned));
            let beside: Vec<String> = beside.collect();
            let help = match beside.as_slice() {
                [] => "put the mail beside this file, with a name that ends in `.eml`".to_owned(),
                known => did_you_mean(&name, known.iter().map(String::as_str)),
            };
            reader.fault("unknown-mail", &place, format!("there is no `{name}` beside this file"), help);
            None
        }
    }
}
