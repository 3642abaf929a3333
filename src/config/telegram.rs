//! How the desk talks by Telegram, as the operator has settled it. The bot's token comes from a file of its own or the
//! environment, and is never shown.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use crate::policy::finding::did_you_mean;

/// The environment's word for the bot's token.
const TOKEN: &str = "CAREDESK_TELEGRAM_TOKEN";
/// The keys below `telegram`.
const KEYS: [&str; 4] = ["api", "listen", "token_file", "webhook"];

/// How the desk talks by Telegram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramSettings {
    /// What proves to Telegram that the bot is ours.
    pub token: BotToken,
    /// Where Telegram is, if it is not Telegram's own.
    pub api: Option<String>,
    /// The address at which Telegram reaches us; without one we ask it.
    pub webhook: Option<String>,
    /// Where we listen for that ourselves: HOST:PORT.
    pub listen: Option<String>,
}

/// A bot's token. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct BotToken(String);

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BotToken(…)")
    }
}

impl BotToken {
    /// Reads a token as BotFather hands it out. What is wrong is told without its words.
    pub fn parse(written: &str) -> Result<BotToken, String> {
        let written = written.trim();
        let plain = |secret: &str| {
            secret.len() >= 20 && secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        match written.split_once(':') {
            Some((id, secret)) if !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) && plain(secret) => {
                Ok(BotToken(written.to_owned()))
            }
            _ => {
                Err("the Telegram bot's token is not one: it is the bot's number, a colon, and letters and digits, as \
                 BotFather gave it"
                    .to_owned())
            }
        }
    }

    /// The token itself, for the one who speaks to Telegram.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether Telegram is wanted though the file does not say so.
pub(super) fn is_in_environment() -> bool {
    from_environment().is_some()
}

fn from_environment() -> Option<String> {
    std::env::var(TOKEN).ok().filter(|said| !said.trim().is_empty())
}

/// Reads what stands below `telegram`. Every fault is told with the key that it is about.
pub(super) fn read(written: &BTreeMap<String, String>) -> Result<TelegramSettings, Vec<(String, String)>> {
    let mut faults = Vec::new();
    for key in written.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        let help = did_you_mean(key, KEYS);
        faults.push((key.clone(), format!("`{key}` is not a setting of `telegram`; {help}")));
    }
    let mut address = |key: &str| {
        let address = written.get(key)?.trim_end_matches('/').to_owned();
        if !is_safe(&address) {
            let why = format!(
                "`{key}` is an address such as https://desk.example/telegram; http:// would show everything on the way \
                 and is for this machine alone"
            );
            faults.push((key.to_owned(), why));
        }
        Some(address)
    };
    let (api, webhook) = (address("api"), address("webhook"));
    let listen = written.get("listen").cloned();
    if listen.is_some() && webhook.is_none() {
        faults.push(("listen".into(), "`listen` is of use only with a `webhook`".into()));
    }
    let token = match token(written.get("token_file").map(PathBuf::from)) {
        Ok(token) => Some(token),
        Err(why) => {
            faults.push(("token_file".into(), why));
            None
        }
    };
    match token {
        Some(token) if faults.is_empty() => Ok(TelegramSettings { token, api, webhook, listen }),
        _ => Err(faults),
    }
}

/// The environment wins over the file.
fn token(file: Option<PathBuf>) -> Result<BotToken, String> {
    match (from_environment(), file) {
        (Some(said), _) => BotToken::parse(&said),
        (None, Some(file)) => {
            let text = fs::read_to_string(&file)
                .map_err(|error| format!("cannot read the Telegram bot's token from {}: {error}", file.display()))?;
            BotToken::parse(&text)
        }
        (None, None) => {
            Err(format!("there is no token for the Telegram bot; write `token_file: PATH`, or set {TOKEN}"))
        }
    }
}

/// Whether an address is encrypted, or stays on this machine.
fn is_safe(address: &str) -> bool {
    let near = |rest: &str| {
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        ["127.0.0.1", "localhost", "[::1]"].contains(&host)
    };
    match address.split_once("://") {
        Some(("https", rest)) => !rest.is_empty() && !rest.contains(['@', ' ']),
        Some(("http", rest)) => near(rest) && !rest.contains(['@', ' ']),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "70000001:AAnot-a-real-token-0123456789";

    fn faults(pairs: &[(&str, &str)]) -> String {
        let written = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        format!("{:?}", read(&written).expect_err("a fault"))
    }

    #[test]
    fn a_token_is_read_from_its_file_and_shows_itself_to_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("token");
        std::fs::write(&file, format!("{SECRET}\n")).expect("written");
        let written = BTreeMap::from([("token_file".to_owned(), file.display().to_string())]);
        let settings = read(&written).expect("it is right");
        assert_eq!(settings.token.reveal(), SECRET);
        assert!(!format!("{settings:?}").contains("AAnot"));
        for wrong in ["", "hunter2", "1:short", "x:AAnot-a-real-token-0123456789", "1:AAnot a real token 0123456789"] {
            let why = BotToken::parse(wrong).expect_err(wrong);
            assert!(!why.contains("hunter2") && !why.contains("short"), "{why}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_its_key() {
        let file = ("token_file", "/nowhere/at/all");
        assert!(faults(&[file]).contains("cannot read"));
        assert!(faults(&[]).contains("BotFather") || faults(&[]).contains(TOKEN));
        assert!(faults(&[file, ("webhok", "x")]).contains("did you mean `webhook`"));
        assert!(faults(&[file, ("webhook", "http://desk.example/x")]).contains("this machine alone"));
        assert!(faults(&[file, ("api", "ftp://x")]).contains("`api` is an address"));
        assert!(faults(&[file, ("listen", "127.0.0.1:1")]).contains("only with a `webhook`"));
        assert!(
            is_safe("http://127.0.0.1:8081")
                && is_safe("https://desk.example/a")
                && !is_safe("http://127.evil.example")
        );
    }
}
