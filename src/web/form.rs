//! Reads the form of the chat, piece by piece: what is too large is thrown away as it comes, and what breaks off in the
//! middle leaves nothing.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::{Form, RequestExt};
use http_body_util::Limited;

use super::{Failure, Web};
use crate::mail::Attachment;
use crate::mail::name::safe;

/// The most bytes of one file.
pub(super) const FILE: usize = 10 * 1024 * 1024;
/// The most bytes of all files of one message.
const FILES_BYTES: usize = 15 * 1024 * 1024;
/// The most files of one message.
pub(super) const FILES: usize = 5;
/// The most bytes of a form that waits for no turn.
const SMALL: usize = 64 * 1024;
/// The most bytes of all other fields: what is too long for a message is given back to be made shorter.
const FIELDS: usize = 4 * 1024 * 1024;
/// What is read and thrown away, so that the sender sees a page that says why, and not a line that went dead.
const DRAINED: usize = 64 * 1024 * 1024;
/// For the whole form.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a large form waits for its turn.
const QUEUE: Duration = Duration::from_secs(10);

/// What somebody sent.
#[derive(Debug, Default)]
pub(super) struct Posted {
    /// What they typed.
    pub text: String,
    /// The button that they pressed, if not the one that sends.
    pub choice: Option<String>,
    /// The name of the page from which it came.
    pub key: String,
    /// Their files.
    pub files: Vec<Attachment>,
    /// Whether files were too large, or too many. None of them is here then.
    pub files_refused: bool,
    /// Whether the words were so many that none of them was kept.
    pub words_refused: bool,
}

impl Web {
    /// Reads a form.
    pub(super) async fn read_form(&self, request: Request) -> Result<Posted, Failure> {
        let length =
            request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        let turn = match length {
            Some(length) if length <= SMALL => None,
            Some(_) | None => {
                let turn = tokio::time::timeout(QUEUE, self.uploads.acquire()).await;
                Some(turn.map_err(|_| Failure::Busy)?.map_err(|_| Failure::Busy)?)
            }
        };
        let read = tokio::time::timeout(PATIENCE, read(request)).await;
        drop(turn);
        read.map_err(|_| Failure::Broken)?
    }
}

async fn read(request: Request) -> Result<Posted, Failure> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if media_type.starts_with("multipart/form-data") {
        return read_parts(request).await;
    }
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, FIELDS).await.map_err(|_| Failure::Broken)?;
    let whole = Request::from_parts(parts, Body::from(bytes));
    let Form(pairs): Form<Vec<(String, String)>> = whole.extract().await.map_err(|_| Failure::Broken)?;
    let mut posted = Posted::default();
    pairs.into_iter().for_each(|(name, value)| posted.put(&name, value));
    Ok(posted)
}

async fn read_parts(request: Request) -> Result<Posted, Failure> {
    let request = request.map(|body| Body::new(Limited::new(body, DRAINED)));
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Failure::Broken)?;
    let mut posted = Posted::default();
    let (mut room, mut words) = (FILES_BYTES, FIELDS);
    while let Some(mut field) = parts.next_field().await.map_err(|_| Failure::Broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name != "files" {
            let Some(bytes) = take(&mut field, words).await? else {
                posted.words_refused = true;
                continue;
            };
            words = words.saturating_sub(bytes.len());
            posted.put(&name, String::from_utf8_lossy(&bytes).into_owned());
            continue;
        }
        let label = field.file_name().map(str::to_owned);
        let media_type = media_type(field.content_type());
        let most = if posted.files_refused || posted.files.len() == FILES { 0 } else { room.min(FILE) };
        match take(&mut field, most).await? {
            // A browser sends a field without a file when none was chosen.
            Some(bytes) if bytes.is_empty() => {}
            Some(bytes) => {
                room -= bytes.len();
                let name = safe(label.as_deref(), &media_type, posted.files.len() + 1);
                posted.files.push(Attachment { name, media_type, bytes });
            }
            None => posted.files_refused = true,
        }
    }
    if posted.files_refused {
        posted.files.clear();
    }
    Ok(posted)
}

impl Posted {
    fn put(&mut self, name: &str, value: String) {
        match name {
            "text" => self.text = value.replace("\r\n", "\n"),
            "choice" if !value.is_empty() => self.choice = Some(value),
            "key" => self.key = value,
            _ => {}
        }
    }
}

/// The bytes of a field; none if there are more than it may have. It is read to its end all the same.
async fn take(field: &mut Field<'_>, most: usize) -> Result<Option<Vec<u8>>, Failure> {
    let mut taken = Some(Vec::new());
    while let Some(piece) = field.chunk().await.map_err(|_| Failure::Broken)? {
        taken = taken.filter(|taken| taken.len() + piece.len() <= most);
        if let Some(taken) = &mut taken {
            taken.extend_from_slice(&piece);
        }
    }
    Ok(taken)
}

/// The type as labelled, if it looks like one.
fn media_type(label: Option<&str>) -> String {
    let plain = |text: &&str| {
        text.len() <= 100
            && text.contains('/')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/.+-_".contains(&byte))
    };
    let label = label.map(|label| label.split(';').next().unwrap_or_default().trim());
    label.filter(plain).unwrap_or("application/octet-stream").to_ascii_lowercase()
}
