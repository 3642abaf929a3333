//! The addresses: `/botTOKEN/METHOD` in any case, and `/file/botTOKEN/PATH`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::methods::{self, Refusal};
use super::params::Params;
use super::state::Trouble;
use super::{Shared, TOKEN};

/// The longest that a poll waits.
const LONGEST: Duration = Duration::from_secs(50);

/// Answers calls until it is dropped.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let router = Router::new()
        .route("/file/{bot}/{*path}", any(download))
        .route("/{bot}/{method}", any(call))
        .fallback(|| async { answer(Err(not_found("Not Found"))) })
        .with_state(shared);
    axum::serve(listener, router).await.expect("it serves");
}

fn not_found(words: &str) -> Refusal {
    Refusal { code: 404, description: words.to_owned(), retry_after: None }
}

/// Whether a path names our bot.
fn knows(bot: &str) -> Result<(), Refusal> {
    let Some(token) = bot.strip_prefix("bot") else { return Err(not_found("Not Found")) };
    match token {
        TOKEN => Ok(()),
        _ if !token.contains(':') => Err(not_found("Not Found")),
        _ => Err(Refusal { code: 401, description: "Unauthorized".into(), retry_after: None }),
    }
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request,
) -> Response {
    if let Err(refusal) = knows(&bot) {
        return answer(Err(refusal));
    }
    let params = match Params::read(request).await {
        Ok(params) => params,
        Err(refusal) => return answer(Err(refusal)),
    };
    let method = method.to_ascii_lowercase();
    let trouble = {
        let mut state = shared.state();
        state.calls.push((method.clone(), Value::Object(params.0.clone())));
        state.trouble(&method)
    };
    match &trouble {
        Some(Trouble::TooMany(seconds)) => return answer(Err(methods::too_many(*seconds))),
        Some(Trouble::Broken) => {
            return answer(Err(Refusal { code: 502, description: "Bad Gateway".into(), retry_after: None }));
        }
        Some(Trouble::Lost) | None => {}
    }
    let result = match method.as_str() {
        "getupdates" => poll(&shared, &params).await,
        _ => {
            let result = methods::call(&mut shared.state(), &method, &params);
            shared.tell();
            result
        }
    };
    match trouble {
        // It is done; the line breaks before the answer is there.
        Some(_) => lost(),
        None => answer(result),
    }
}

fn answer(result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(result) => axum::Json(json!({"ok": true, "result": result})).into_response(),
        Err(refusal) => {
            let status = StatusCode::from_u16(refusal.code).expect("a status");
            let mut body = json!({"ok": false, "error_code": refusal.code, "description": refusal.description});
            if let Some(seconds) = refusal.retry_after {
                body["parameters"] = json!({"retry_after": seconds});
            }
            (status, axum::Json(body)).into_response()
        }
    }
}

fn lost() -> Response {
    let broken = stream::iter([Ok(&b"{\"ok\":"[..]), Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe))]);
    Response::builder().header(header::CONTENT_LENGTH, 1000).body(Body::from_stream(broken)).expect("a response")
}

/// Gives updates, waits for them as long as the bot wants, and gives way to a newer poll.
async fn poll(shared: &Arc<Shared>, params: &Params) -> Result<Value, Refusal> {
    let wait = u64::try_from(params.number("timeout").unwrap_or(0)).unwrap_or(0);
    let end = tokio::time::Instant::now() + Duration::from_secs(wait).min(LONGEST);
    let allowed = params.json("allowed_updates")?;
    let mine = {
        let mut state = shared.state();
        methods::begin_poll(&mut state, params.number("offset"), allowed)?
    };
    shared.tell();
    loop {
        let mut moved = shared.listen();
        {
            let state = shared.state();
            if state.poll != mine {
                return Err(methods::conflict());
            }
            let limit = params.number("limit").unwrap_or(100).clamp(1, 100);
            let updates: Vec<Value> =
                state.updates.iter().take(usize::try_from(limit).expect("small")).cloned().collect();
            if !updates.is_empty() {
                return Ok(Value::Array(updates));
            }
        }
        if tokio::time::timeout_at(end, moved.changed()).await.is_err() {
            return Ok(json!([]));
        }
    }
}

async fn download(State(shared): State<Arc<Shared>>, Path((bot, path)): Path<(String, String)>) -> Response {
    if let Err(refusal) = knows(&bot) {
        return answer(Err(refusal));
    }
    let id = path.strip_prefix("documents/").unwrap_or_default();
    match shared.state().files.get(id) {
        Some(bytes) => bytes.clone().into_response(),
        None => answer(Err(not_found("Not Found"))),
    }
}
