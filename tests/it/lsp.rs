//! The language server: findings while somebody types, meanings, names and definitions, in the units that editors count.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::support::Desk;

/// An editor that talks with the server.
struct Editor {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    asked: u64,
    root: String,
}

impl Editor {
    fn open(desk: &Desk) -> Editor {
        let mut command = desk.command(&["lsp", "--stdio"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let root = format!("file://{}", desk.pack.canonicalize().unwrap().display());
        Editor { child, input, output, asked: 0, root }
    }

    fn started(desk: &Desk) -> Editor {
        let mut editor = Editor::open(desk);
        let told = editor.ask("initialize", json!({"processId": null, "rootUri": editor.root, "capabilities": {}}));
        assert_eq!(told["result"]["capabilities"]["positionEncoding"], "utf-16");
        editor.note("initialized", json!({}));
        editor
    }

    fn raw(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    fn note(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    fn read(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server went");
            match line.trim().strip_prefix("Content-Length: ") {
                Some(number) => length = number.parse().unwrap(),
                None if line.trim().is_empty() => break,
                None => {}
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body).unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let told = self.read();
            if told["id"] == id {
                return told;
            }
        }
    }

    fn uri(&self, file: &str) -> String {
        format!("{}/{file}", self.root)
    }

    fn types(&mut self, file: &str, text: &str) {
        let document = json!({"uri": self.uri(file), "languageId": "yaml", "version": 1, "text": text});
        self.note("textDocument/didOpen", json!({"textDocument": document}));
    }

    fn changes(&mut self, file: &str, text: &str) {
        let document = json!({"uri": self.uri(file), "version": 2});
        self.note("textDocument/didChange", json!({"textDocument": document, "contentChanges": [{"text": text}]}));
    }

    /// The next findings that are told of a file.
    fn findings(&mut self, file: &str) -> Vec<Value> {
        let uri = self.uri(file);
        loop {
            let told = self.read();
            if told["method"] == "textDocument/publishDiagnostics" && told["params"]["uri"] == uri {
                return told["params"]["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    /// Asks about the place of a mark `^` in a text that is typed into a file.
    fn at(&mut self, method: &str, file: &str, marked: &str) -> Value {
        let line = marked.lines().position(|line| line.contains('^')).unwrap();
        let before = marked.lines().nth(line).unwrap().split('^').next().unwrap();
        let character = before.encode_utf16().count();
        self.changes(file, &marked.replace('^', ""));
        let params =
            json!({"textDocument": {"uri": self.uri(file)}, "position": {"line": line, "character": character}});
        self.ask(method, params)["result"].clone()
    }

    fn ends(mut self) -> Option<i32> {
        self.ask("shutdown", Value::Null);
        self.note("exit", Value::Null);
        self.child.wait().unwrap().code()
    }
}

const FLOW: &str = "flow: extra\ntitle: Extra\nwhy: A flow of the tests.\nqueue: accounts\nstarts:\n  examples: [an extra thing please, one more thing, extras, something extra, give me extra]\nsteps:\n";
const FILE: &str = "flows/tickets/extra.yaml";

#[test]
fn findings_come_while_typing_and_go_when_mended() {
    let desk = Desk::with_own_pack();
    let mut editor = Editor::started(&desk);
    // Two units for the face, one character: the place must be right for both.
    editor.types(FILE, &format!("{FLOW}  - {{say: 😀 hello, thenn: resolved}}\n"));
    let findings = editor.findings(FILE);
    let slip = findings.iter().find(|it| it["code"] == "unknown-key").unwrap_or_else(|| panic!("{findings:?}"));
    assert_eq!(slip["range"], json!({"start": {"line": 7, "character": 20}, "end": {"line": 7, "character": 25}}));
    assert!(slip["message"].as_str().unwrap().contains("did you mean `then`?"), "{slip}");
    assert_eq!((&slip["severity"], &slip["source"]), (&json!(1), &json!("caredesk")));
    editor.changes(FILE, &format!("{FLOW}  - say: hello\n    then: resolved\n"));
    assert_eq!(editor.findings(FILE), Vec::<Value>::new());
    assert!(!desk.pack.join(FILE).exists(), "nothing is written");
    assert_eq!(editor.ends(), Some(0));
}

#[test]
fn words_have_meanings_names_are_completed_and_definitions_found() {
    let desk = Desk::with_own_pack();
    let mut editor = Editor::started(&desk);
    editor.types(FILE, FLOW);
    let hover = |editor: &mut Editor, text: &str| {
        let told = editor.at("textDocument/hover", FILE, &format!("{FLOW}{text}"));
        told["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    assert!(hover(&mut editor, "  - ask: account_^address\n").contains("e-mail address of your NHSmail account"));
    assert!(hover(&mut editor, "  - hand_over: sec^urity\n").contains("**queue** `security`"));
    assert!(hover(&mut editor, "  - run: password_h^elp\n").contains("**flow** `password_help`"));
    assert!(hover(&mut editor, "  - ask: a\n    with^in: 2 days\n").contains("How long to wait"));
    assert!(hover(&mut editor, "  - say: Hello {{ account_addr^ess }}.\n").contains("**fact**"));
    assert!(hover(&mut editor, "  - say: the ac^count_address\n").is_empty());
    let words = |editor: &mut Editor, text: &str| -> Vec<String> {
        let told = editor.at("textDocument/completion", FILE, &format!("{FLOW}{text}"));
        told["items"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    let has = |words: &[String], word: &str| words.iter().any(|it| it == word);
    assert!(has(&words(&mut editor, "  - hand_over: ^"), "security"));
    assert!(has(&words(&mut editor, "  - ask: [account_address, reg^"), "registered_mobile"));
    assert!(has(&words(&mut editor, "  - say: a\n    ^"), "otherwise"));
    let ways = words(&mut editor, "  - id: one\n    say: a\n  - say: b\n    then: ^");
    assert!(has(&ways, "one") && has(&ways, "resolved"), "{ways:?}");
    assert!(has(&words(&mut editor, "  - say: Hello {{ ^"), "account_address"));
    let place = |editor: &mut Editor, text: &str| {
        let told = editor.at("textDocument/definition", FILE, &format!("{FLOW}{text}"));
        let file = told["uri"].as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        (file, told["range"]["start"]["line"].as_u64())
    };
    assert_eq!(place(&mut editor, "  - ask: account_^address\n").0, "facts.yaml");
    assert_eq!(place(&mut editor, "  - run: password^_help\n").0, "password_help.yaml");
    assert_eq!(
        place(&mut editor, "  - say: a\n    then: tw^o\n  - id: two\n    say: b\n"),
        ("extra.yaml".into(), Some(9))
    );
    assert_eq!(place(&mut editor, "  - decide: accounts.nam^ed\n").0.is_empty(), !has_rule(&desk, "named"));
    assert_eq!(place(&mut editor, "  - say: hel^lo\n").0, "");
    assert_eq!(editor.ends(), Some(0));
}

fn has_rule(desk: &Desk, name: &str) -> bool {
    std::fs::read_to_string(desk.pack.join("rules/accounts.rhai")).unwrap().contains(&format!("fn {name}("))
}

#[test]
fn a_broken_document_or_message_does_not_end_the_server() {
    let desk = Desk::with_own_pack();
    let mut editor = Editor::open(&desk);
    let early = editor.ask("textDocument/hover", json!({}));
    assert_eq!(early["error"]["code"], -32002);
    let root = editor.root.clone();
    editor.ask("initialize", json!({"rootUri": root, "capabilities": {}}));
    editor.raw(b"what is this\r\n\r\nContent-Length: 5\r\n\r\n{[}]!");
    assert_eq!(editor.read()["error"]["code"], -32700);
    assert_eq!(editor.ask("no/such", json!([]))["error"]["code"], -32601);
    editor.types(FILE, "x");
    let deep = format!("a: {}", "[".repeat(50_000));
    let aliases = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
    for text in [
        "",
        "\t\t: [",
        "steps: {{{",
        "- - - -",
        &deep,
        aliases,
        "\u{0}\u{feff}\r\r\n",
        "flow: 😀\nsteps:\n  - ask: [😀",
    ] {
        for (line, character) in [(0, 0), (0, 5), (2, 11), (99, 4_000_000_000_u64)] {
            editor.changes(FILE, text);
            let params =
                json!({"textDocument": {"uri": editor.uri(FILE)}, "position": {"line": line, "character": character}});
            for method in ["textDocument/hover", "textDocument/completion", "textDocument/definition"] {
                assert!(editor.ask(method, params.clone()).get("error").is_none(), "{text:.40}");
            }
        }
        assert!(!editor.findings(FILE).is_empty(), "{text:.40}");
    }
    for uri in ["file:///etc/passwd", "untitled:1", "file://%zz", ""] {
        let params = json!({"textDocument": {"uri": uri}, "position": {"line": 0, "character": 0}});
        assert_eq!(editor.ask("textDocument/hover", params)["result"], Value::Null);
    }
    assert_eq!(editor.ends(), Some(0));
    let mut gone = Editor::started(&desk);
    drop(gone.input.take());
    assert_eq!(gone.child.wait().unwrap().code(), Some(1), "an editor that went without a word");
}
