//! The chat page: shows a conversation, and takes what is said next. A form is posted, the browser is sent to the page, and
//! the name that the page had makes a second click, a reload and a second tab harmless.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use sha2::{Digest as _, Sha256};

use super::form::{FILE, FILES, Posted};
use super::pages::{ChatPage, Error, LineView, Standing};
use super::session::{Cookie, random};
use super::{Failure, Shared, Web, rendered};
use crate::desk::chat::{CHARACTERS, Spoken};
use crate::policy::advance::may_have_transcript;
use crate::policy::flow::Heard;
use crate::policy::ticket::{Reference, State as TicketState};

/// How many lines a page shows.
const LINES: u32 = 300;
/// The anchor of the place where the conversation goes on.
const HERE: &str = "/chat#answer";
/// The same for a browser from which no cookie has come back yet.
const FIRST: &str = "/chat?first#answer";
/// What a page is asked with that looks for new answers. A link to the very address of its page would load nothing.
const AGAIN: &str = "again";

/// What the page must say besides the conversation.
#[derive(Default)]
struct Remark {
    error: Option<Error>,
    /// What was typed and is not said yet.
    typed: String,
    /// The page was reached by its own link for new answers.
    is_again: bool,
}

/// Shows the conversation.
pub(super) async fn show(State(web): State<Shared>, uri: Uri, headers: HeaderMap) -> Result<Response, Failure> {
    let cookie = Cookie::of(&headers, &web.settings);
    let chat = web.chat_of(cookie.as_ref()).await?;
    let mut remark = Remark { is_again: uri.query() == Some(AGAIN), ..Remark::default() };
    if chat.is_none() && uri.query() == Some("first") {
        remark.error = Some(Error::NoCookies);
    }
    let mut page = web.page(chat.as_deref(), remark).await?;
    if cookie.is_none() {
        Cookie::new()?.give(&mut page, &web.settings, web.resumable());
    }
    Ok(page)
}

/// Takes what is said.
pub(super) async fn say(State(web): State<Shared>, request: Request) -> Result<Response, Failure> {
    let sent = Cookie::of(request.headers(), &web.settings);
    let cookie = sent.clone().map_or_else(Cookie::new, Ok)?;
    let posted = web.read_form(request).await?;
    if let Some(error) = wrong(&posted) {
        let chat = web.chat_of(sent.as_ref()).await?;
        return web.page(chat.as_deref(), Remark { error: Some(error), typed: posted.text, ..Remark::default() }).await;
    }
    let (chat, next) = web.begin_chat(&cookie).await?;
    // A button was pressed while something was typed: the button counts, and what was typed stays in its field.
    let typed = if posted.choice.is_some() { posted.text.clone() } else { String::new() };
    let mut answer = match web.speak(&chat, &posted).await {
        Ok(()) if typed.trim().is_empty() => Redirect::to(if sent.is_some() { HERE } else { FIRST }).into_response(),
        // To reload this page says the same again under the same name, which changes nothing.
        Ok(()) => web.page(Some(&chat), Remark { typed, ..Remark::default() }).await?,
        Err(failure) => {
            let error = match failure {
                Failure::TooOften => Error::TooOften,
                Failure::Later => Error::NotKept,
                other => return Err(other),
            };
            web.page(Some(&chat), Remark { error: Some(error), typed: posted.text, ..Remark::default() }).await?
        }
    };
    if let Some(next) = next {
        next.give(&mut answer, &web.settings, web.resumable());
    }
    Ok(answer)
}

/// What is wrong with a message before anybody reads it.
fn wrong(posted: &Posted) -> Option<Error> {
    let words = posted.choice.as_deref().unwrap_or(&posted.text);
    if posted.files_refused {
        return Some(Error::FilesTooLarge { megabytes: FILE / 1024 / 1024, files: FILES });
    }
    if posted.words_refused {
        return Some(Error::MuchTooLong { most: CHARACTERS });
    }
    if words.chars().count() > CHARACTERS {
        return Some(Error::TooLong { most: CHARACTERS });
    }
    (words.trim().is_empty() && posted.files.is_empty()).then_some(Error::Empty)
}

impl Web {
    async fn speak(&self, chat: &str, posted: &Posted) -> Result<(), Failure> {
        if !self.pace.lets_say(chat) {
            return Err(Failure::TooOften);
        }
        let mut hasher = DefaultHasher::new();
        chat.hash(&mut hasher);
        let lane = usize::try_from(hasher.finish() % super::LANES as u64).unwrap_or(0);
        let lane = self.lanes.get(lane).ok_or_else(|| Failure::Ours("there is no such lane".into()))?;
        let turn = lane.lock().await;
        let text = posted.choice.as_deref().unwrap_or(&posted.text).trim();
        let spoken = Spoken {
            chat: chat.to_owned(),
            text: text.to_owned(),
            key: key(posted, text),
            attachments: posted.files.clone(),
        };
        let chatted = self.desk.take_chat(spoken).await?;
        drop(turn);
        tracing::info!(decision = chatted.decision, ticket = chatted.ticket, "web chat");
        // The page shows every line that is kept, so that they have heard all of it.
        if let Err(error) = self.desk.heard(&chatted).await {
            tracing::error!(%error, "what was told may be told again");
        }
        Ok(())
    }

    async fn page(&self, chat: Option<&str>, remark: Remark) -> Result<Response, Failure> {
        let (mut lines, mut standing) = (Vec::new(), Standing::default());
        if let Some(chat) = chat {
            let zone = self.desk.packs.current().pack.desk.zone.clone();
            let now = self.desk.clock.now();
            let kept = self.desk.store.last_chat_lines(chat, LINES).await?;
            lines = kept.into_iter().map(|line| LineView::of(line, &zone, now)).collect();
            standing = self.standing(chat).await?;
            if let Err(error) = self.desk.shown(chat).await {
                tracing::error!(%error, "what was told may be told again");
            }
        }
        // Only what was asked last can be answered by a button.
        let said = lines.iter().rev().take_while(|line| !line.is_own).find(|line| !line.choices.is_empty());
        let choices = said.map(|line| line.choices.clone()).unwrap_or_default();
        let running = self.desk.packs.current();
        let anytime = &running.pack.desk.anytime;
        // Of several words for the same wish, the one that stands on the button.
        let word = |heard: &Heard, label: &str| {
            heard.words.iter().find(|word| *word == label).or(heard.words.first()).cloned().unwrap_or_default()
        };
        let title = remark.error.as_ref().map_or("Chat", |_| "Error: Chat");
        let status = remark.error.as_ref().map_or(StatusCode::OK, Error::status);
        let mut shell = self.shell(title);
        shell.live = true;
        let page = ChatPage {
            shell,
            newest: lines.last().map_or(0, |line| line.n),
            lines,
            numbered: choices.len() > 2 || !choices.iter().any(|choice| choice.eq_ignore_ascii_case("no")),
            choices,
            agent: word(&anytime.agent, "speak to a person"),
            back: word(&anytime.back, "back"),
            change: word(&anytime.change, "change an answer"),
            cancel: word(&anytime.cancel, "cancel this request"),
            copy: word(&anytime.transcript, "send me this chat"),
            standing,
            key: random()?,
            look: if remark.is_again { HERE } else { "/chat?again#answer" },
            error: remark.error,
            typed: remark.typed,
        };
        let mut answer = rendered(&page);
        *answer.status_mut() = status;
        Ok(answer)
    }

    /// Whether the conversation about a request would be sent by mail if its requester asked for it.
    async fn may_have_copy(&self, reference: &Reference) -> Result<bool, Failure> {
        let Some(ticket) = self.desk.store.ticket(reference).await? else { return Ok(false) };
        let running = self.desk.packs.of(&ticket.pack, &self.desk.store).await?;
        Ok(may_have_transcript(&running.pack, &ticket, self.desk.clock.now()))
    }

    /// Where the request of a conversation is: the one that is open, or the newest.
    pub(super) async fn standing(&self, chat: &str) -> Result<Standing, Failure> {
        let rows = self.desk.store.tickets_of(chat).await?;
        let open = rows.iter().find(|row| !row.state.is_closed() && row.state != TicketState::Parked);
        let Some(row) = open.or_else(|| rows.iter().find(|row| !row.state.is_closed())).or(rows.first()) else {
            return Ok(Standing::default());
        };
        let days = self.resumable().as_hours() / 24;
        let has_copy = self.may_have_copy(&row.reference).await?;
        Ok(Standing::of(&row.reference.0, row.state, has_copy, days))
    }
}

/// The name of a message: that of the page that it was typed on, and of what it says. The same page can send two different
/// messages, when somebody goes back to it.
fn key(posted: &Posted, text: &str) -> Option<String> {
    let is_ours = posted.key.len() == 32 && posted.key.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_ours {
        return None;
    }
    let mut digest = Sha256::new();
    digest.update(text.as_bytes());
    for file in &posted.files {
        digest.update([0]);
        digest.update(file.name.as_bytes());
        digest.update([0]);
        digest.update(Sha256::digest(&file.bytes));
    }
    Some(format!("{}.{:.16}", posted.key, format!("{:x}", digest.finalize())))
}
