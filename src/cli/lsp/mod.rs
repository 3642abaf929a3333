//! `lsp`: a language server on standard input and output. It tells findings while somebody types, what a word means, what
//! may be typed, and where a name is given.

mod desk;
mod position;
mod wire;

use std::collections::BTreeSet;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::policy::editor::{Cursor, FileKind, Names, complete, define, hover};
use crate::policy::finding::{Finding, Severity};

use super::{Failure, Settings};
use desk::{Workspace, guarded, path_of};
use wire::Came;

/// For how long nothing may be typed before the pack is checked.
const PAUSE: Duration = Duration::from_millis(120);
/// Rules and long files are read with a deep stack.
const STACK: usize = 64 * 1024 * 1024;

/// Serve an editor: findings while you type, meanings, names and definitions. Speaks on standard input and output.
#[derive(Debug, Args)]
pub(super) struct Lsp {
    /// Standard input and output; the only way there is. Some editors say so.
    #[arg(long)]
    stdio: bool,
}

impl Lsp {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let folder = settings.pack.clone();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut pipe = BufReader::new(io::stdin());
            loop {
                let came = wire::read(&mut pipe).unwrap_or(Came::End);
                let last = came == Came::End;
                if sender.send(came).is_err() || last {
                    return;
                }
            }
        });
        let session = std::thread::Builder::new().stack_size(STACK).spawn(move || {
            let workspace = Workspace::new(&folder);
            let mut session = Session {
                workspace,
                given: folder.join("flows").is_dir(),
                stage: Stage::New,
                told: BTreeSet::new(),
                stale: false,
            };
            session.serve(&messages)
        });
        let session = session.map_err(|error| Failure::TryLater(format!("cannot start: {error}")))?;
        match session.join() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::Other("the editor went without saying goodbye".into())),
            Err(_) => Err(Failure::Other("an internal fault".into())),
        }
    }
}

/// How far the talk with the editor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    New,
    Running,
    ShuttingDown,
}

struct Session {
    workspace: Workspace,
    /// Whether the pack is known, from the command line or the editor.
    given: bool,
    stage: Stage,
    /// Files of which findings were told.
    told: BTreeSet<String>,
    /// Whether something changed since the last check.
    stale: bool,
}

/// Why a request gets no result: a code of the protocol, and words.
type Refusal = (i64, &'static str);

impl Session {
    /// Serves until the editor goes. Whether it said goodbye.
    fn serve(&mut self, messages: &Receiver<Came>) -> bool {
        loop {
            let came = if self.stale {
                match messages.recv_timeout(PAUSE) {
                    Ok(came) => came,
                    Err(RecvTimeoutError::Timeout) => {
                        self.stale = false;
                        self.tell_findings();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => Came::End,
                }
            } else {
                messages.recv().unwrap_or(Came::End)
            };
            match came {
                Came::End => return self.stage == Stage::ShuttingDown,
                Came::Nonsense => say(&json!({
                    "jsonrpc": "2.0", "id": null, "error": {"code": -32700, "message": "this is not JSON"},
                })),
                Came::Message(message) => {
                    let method = message.get("method").and_then(Value::as_str).unwrap_or_default().to_owned();
                    if method == "exit" {
                        return self.stage == Stage::ShuttingDown;
                    }
                    self.hear(&message, &method);
                }
            }
        }
    }

    fn hear(&mut self, message: &Value, method: &str) {
        let params = message.get("params").cloned().unwrap_or(Value::Null);
        match message.get("id") {
            Some(_) if method.is_empty() => {}
            Some(id) => {
                let answer = guarded(|| self.answer(method, &params)).unwrap_or(Err((-32603, "an internal fault")));
                say(&match answer {
                    Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
                    Err((code, why)) => json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": why}}),
                });
            }
            None => {
                guarded(|| self.note(method, &params));
            }
        }
    }

    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, Refusal> {
        match (method, self.stage) {
            ("initialize", Stage::New) => {
                self.stage = Stage::Running;
                if let Some(folder) = root(params) {
                    self.works_in(&folder);
                }
                Ok(json!({
                    "capabilities": {
                        "positionEncoding": "utf-16",
                        "textDocumentSync": {"openClose": true, "change": 1, "save": true},
                        "hoverProvider": true,
                        "definitionProvider": true,
                        "completionProvider": {"triggerCharacters": [" ", "[", "{", ":", "-"]},
                    },
                    "serverInfo": {"name": "caredesk", "version": env!("CARGO_PKG_VERSION")},
                }))
            }
            ("initialize", _) => Err((-32600, "this was said before")),
            (_, Stage::New) => Err((-32002, "say initialize first")),
            (_, Stage::ShuttingDown) => Err((-32600, "the server is going")),
            ("shutdown", Stage::Running) => {
                self.stage = Stage::ShuttingDown;
                Ok(Value::Null)
            }
            ("textDocument/hover", _) => Ok(self.at(params, |_, names, cursor| {
                let text = hover(names, cursor)?;
                Some(json!({"contents": {"kind": "markdown", "value": text}}))
            })),
            ("textDocument/definition", _) => Ok(self.at(params, |session, names, cursor| {
                let place = define(names, cursor)?;
                let text = session.workspace.text(&place.file)?;
                let range = position::range(&text, place.line, place.column);
                Some(json!({"uri": session.workspace.uri(&place.file), "range": range}))
            })),
            ("textDocument/completion", _) => {
                let offers = self.at(params, |_, names, cursor| Some(offers(names, cursor)));
                Ok(json!({"isIncomplete": false, "items": if offers.is_null() { json!([]) } else { offers }}))
            }
            _ => Err((-32601, "this server does not do that")),
        }
    }

    /// The pack around a path becomes the one that is served, unless the command line named it, or there is one.
    fn works_in(&mut self, path: &str) {
        let around = Path::new(path).ancestors().find(|folder| folder.join("flows/desk.yaml").is_file());
        if let Some(folder) = around.filter(|_| !self.given) {
            self.workspace = Workspace::new(folder);
            self.given = true;
        }
    }

    /// What is asked about a place in a document; null where there is nothing to say.
    fn at(&mut self, params: &Value, tell: impl FnOnce(&Self, &Names, Cursor<'_>) -> Option<Value>) -> Value {
        let found = || {
            let file = self.workspace.file(params.get("textDocument")?.get("uri")?.as_str()?)?;
            let text = self.workspace.text(&file)?;
            let number = |key: &str| usize::try_from(params.get("position")?.get(key)?.as_u64()?).ok();
            let (line, units) = (number("line")?, number("character")?);
            let column = position::characters(text.lines().nth(line).unwrap_or(""), units);
            Some((file, text, line, column))
        };
        let Some((file, text, line, column)) = found() else { return Value::Null };
        let names = self.workspace.names();
        tell(self, &names, Cursor { file: &file, text: &text, line, column }).unwrap_or(Value::Null)
    }

    fn note(&mut self, method: &str, params: &Value) {
        if self.stage != Stage::Running {
            return;
        }
        let document = params.get("textDocument");
        let uri = document.and_then(|it| it.get("uri")).and_then(Value::as_str).unwrap_or_default();
        if let (true, Some(path)) = (method == "textDocument/didOpen", path_of(uri)) {
            self.works_in(&path);
        }
        let file = self.workspace.file(uri);
        match (method, file) {
            ("textDocument/didOpen", Some(file)) => {
                if let Some(text) = document.and_then(|it| it.get("text")).and_then(Value::as_str) {
                    self.workspace.put(file, text.to_owned());
                    self.stale = true;
                }
            }
            ("textDocument/didChange", Some(file)) => {
                let changes = params.get("contentChanges").and_then(Value::as_array);
                let text = changes.and_then(|changes| changes.last()?.get("text")?.as_str());
                if let Some(text) = text {
                    self.workspace.put(file, text.to_owned());
                    self.stale = true;
                }
            }
            ("textDocument/didClose", Some(file)) => {
                self.workspace.close(&file);
                self.stale = true;
            }
            ("initialized" | "textDocument/didSave" | "workspace/didChangeWatchedFiles", _) => self.stale = true,
            _ => {}
        }
    }

    /// Tells the findings of every file, and that there are none any more where there were some.
    fn tell_findings(&mut self) {
        let found = self.workspace.check();
        let mut files: BTreeSet<String> = found.findings.iter().map(|it| it.place.file.to_string()).collect();
        files.append(&mut self.told);
        for file in files {
            let text = found.files.get(&file).map_or("", String::as_str);
            let own: Vec<Value> =
                found.findings.iter().filter(|it| *it.place.file == *file).map(|it| diagnostic(it, text)).collect();
            let any = !own.is_empty();
            say(&json!({
                "jsonrpc": "2.0",
                "method": "textDocument/publishDiagnostics",
                "params": {"uri": self.workspace.uri(&file), "diagnostics": own},
            }));
            if any {
                self.told.insert(file);
            }
        }
    }
}

fn offers(names: &Names, cursor: Cursor<'_>) -> Value {
    let offers = complete(names, cursor).into_iter().map(|offer| {
        // 10: a property, 18: a reference.
        let (kind, insert) = if offer.is_key { (10, format!("{}: ", offer.word)) } else { (18, offer.word.clone()) };
        let in_yaml = FileKind::of(cursor.file).is_some();
        json!({
            "label": offer.word,
            "kind": kind,
            "detail": offer.meaning.lines().next().unwrap_or_default(),
            "documentation": offer.meaning,
            "insertText": if in_yaml { insert } else { offer.word },
        })
    });
    Value::Array(offers.collect())
}

fn diagnostic(finding: &Finding, text: &str) -> Value {
    let severity = match finding.severity {
        Severity::Error => 1,
        Severity::Warning => 2,
    };
    json!({
        "range": position::range(text, finding.place.line, finding.place.column),
        "severity": severity,
        "code": finding.code,
        "source": "caredesk",
        "message": format!("{}\n{}", finding.message, finding.help),
    })
}

/// The folder that the editor has open.
fn root(params: &Value) -> Option<String> {
    let folders = params.get("workspaceFolders").and_then(Value::as_array);
    let first = folders.and_then(|folders| folders.first()?.get("uri")?.as_str());
    path_of(first.or_else(|| params.get("rootUri")?.as_str())?)
}

/// An editor that does not listen any more is noticed by its closed input.
fn say(message: &Value) {
    let _ = wire::write(&mut io::stdout().lock(), message);
}
