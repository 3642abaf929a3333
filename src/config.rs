//! The operator's settings: one file, read once, with the command line and the environment before it. A key that is not
//! known is refused. Secrets come from files of their own or the environment, and are never shown.

mod telegram;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::mail::Boundary;
use crate::mail::recipients::{Pattern, Recipients};
use crate::mail::smtp::{Password, RelayAddress};
use crate::policy::finding::{Place, did_you_mean};
use crate::policy::yaml;
use crate::texts::{ApiKey, ServiceAddress};
pub use telegram::{BotToken, TelegramSettings};

/// The settings' file in the desk's own folder.
const FILE: &str = "caredesk.yaml";
/// The environment's word for the relay's password.
const PASSWORD: &str = "CAREDESK_RELAY_PASSWORD";
/// The environment's word for the text service's key.
const TEXTS_KEY: &str = "CAREDESK_TEXTS_KEY";
/// The keys of the file.
const KEYS: [&str; 11] = [
    "behind_proxy",
    "boundary",
    "frames",
    "http",
    "live",
    "lmtp",
    "only_to",
    "public_url",
    "relay",
    "telegram",
    "texts",
];

/// What the operator has settled.
#[derive(Debug, Clone)]
pub struct Config {
    /// The relay that takes our letters; without one they become files.
    pub relay: Option<RelayAddress>,
    /// The relay's password.
    pub password: Option<Password>,
    /// The service that takes texts, and our key; without one they become files.
    pub texts: Option<(ServiceAddress, ApiKey)>,
    /// To whom letters and texts may go.
    pub recipients: Recipients,
    /// Where mail comes in by LMTP.
    pub lmtp: Option<String>,
    /// Where the pages are.
    pub http: Option<String>,
    /// The address by which people reach the pages, with its place.
    pub public_url: Option<(String, String)>,
    /// Sites that may show the chat in a frame, each with its place.
    pub frames: Vec<(String, String)>,
    /// Whether the pages stand behind a proxy that says who asks.
    pub behind_proxy: bool,
    /// The bot by which people chat with the desk.
    pub telegram: Option<TelegramSettings>,
}

/// What the command line and the environment say; each wins over the file.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The file, if another than the one in the desk's folder.
    pub file: Option<PathBuf>,
    /// The relay; `off` for none.
    pub relay: Option<String>,
    /// The text service; `off` for none.
    pub texts: Option<String>,
    /// To whom letters may go; empty: as the file says.
    pub only_to: Vec<String>,
    /// Whether letters may go to everybody.
    pub live: Option<bool>,
    /// Whose word about senders is taken; empty: as the file says.
    pub boundary: Vec<String>,
}

/// What is wrong with the settings: every fault, each with how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings are not right:\n  {}", .0.join("\n  "))]
pub struct ConfigError(pub Vec<String>);

/// What stands below a key, by name, with the places of all.
type Pairs = (Place, BTreeMap<String, (Place, String)>);

/// The file's words, not judged yet.
#[derive(Debug, Default)]
struct Written {
    relay: Option<(Place, String)>,
    texts: Option<(Place, String)>,
    only_to: Vec<(Place, String)>,
    live: Option<bool>,
    lmtp: Option<String>,
    http: Option<String>,
    public_url: Option<(Place, String)>,
    frames: Vec<(Place, String)>,
    behind_proxy: Option<bool>,
    boundary: Vec<(Place, String)>,
    telegram: Option<Pairs>,
}

/// Whose word about senders the desk takes. It is read by itself: a desk that sends nothing needs no relay that is right.
pub fn boundary(asked: &Asked, data: &Path) -> Result<Boundary, ConfigError> {
    let mut faults = Vec::new();
    let written = written(asked, data, &mut faults);
    let said: Vec<&str> = asked.boundary.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).collect();
    let (place, profiles) = match said.is_empty() {
        true => (
            written.boundary.first().map(|(place, _)| place),
            written.boundary.iter().map(|(_, one)| one.as_str()).collect(),
        ),
        false => (None, said),
    };
    match Boundary::parse(profiles) {
        Ok(boundary) if faults.is_empty() => return Ok(boundary),
        Ok(_) => {}
        Err(why) => faults.push(at(place, &why)),
    }
    Err(ConfigError(faults))
}

impl Config {
    /// Reads the settings.
    pub fn read(asked: &Asked, data: &Path) -> Result<Config, ConfigError> {
        let mut faults = Vec::new();
        let written = written(asked, data, &mut faults);
        let mut config = Config {
            relay: None,
            password: None,
            texts: None,
            recipients: Recipients::Only(Vec::new()),
            lmtp: written.lmtp,
            http: written.http,
            public_url: written.public_url.map(|(place, url)| (at(Some(&place), "public_url"), url)),
            frames: written.frames.into_iter().map(|(place, site)| (at(Some(&place), "frames"), site)).collect(),
            behind_proxy: written.behind_proxy.unwrap_or(false),
            telegram: None,
        };
        match telegram_of(written.telegram) {
            Ok(telegram) => config.telegram = telegram,
            Err(why) => faults.extend(why),
        }
        if let Some((place, relay)) = whichever(asked.relay.as_deref(), written.relay.as_ref()) {
            match RelayAddress::parse(relay) {
                Ok(relay) => config.relay = Some(relay),
                Err(why) => faults.push(at(place, &why)),
            }
        }
        if let Some((place, service)) = whichever(asked.texts.as_deref(), written.texts.as_ref()) {
            match ServiceAddress::parse(service).map_err(|why| at(place, &why)) {
                Ok(service) => match texts_key(&service) {
                    Ok(key) => config.texts = Some((service, key)),
                    Err(why) => faults.push(why),
                },
                Err(why) => faults.push(why),
            }
        }
        let asked_for = asked.only_to.iter().filter(|one| !one.trim().is_empty()).map(|one| (None, one));
        let mut patterns: Vec<(Option<&Place>, &String)> = asked_for.collect();
        if patterns.is_empty() {
            patterns.extend(written.only_to.iter().map(|(place, one)| (Some(place), one)));
        }
        let mut allowed = Vec::new();
        for (place, pattern) in patterns {
            match Pattern::parse(pattern) {
                Ok(pattern) => allowed.push(pattern),
                Err(why) => faults.push(at(place, &why)),
            }
        }
        let live = asked.live.or(written.live).unwrap_or(false);
        config.recipients = if live { Recipients::Everybody } else { Recipients::Only(allowed) };
        if let Some(relay) = &config.relay {
            match password(relay) {
                Ok(password) => config.password = password,
                Err(why) => faults.push(why),
            }
        }
        if faults.is_empty() { Ok(config) } else { Err(ConfigError(faults)) }
    }
}

/// What was asked for, or else what the file says. `off` is neither.
fn whichever<'a>(asked: Option<&'a str>, written: Option<&'a (Place, String)>) -> Option<(Option<&'a Place>, &'a str)> {
    let one = match asked.filter(|asked| !asked.trim().is_empty()) {
        Some(asked) => Some((None, asked)),
        None => written.map(|(place, written)| (Some(place), written.as_str())),
    };
    one.filter(|(_, one)| !one.trim().eq_ignore_ascii_case("off"))
}

/// The bot, if the file or the environment names one.
fn telegram_of(written: Option<Pairs>) -> Result<Option<TelegramSettings>, Vec<String>> {
    let (place, pairs) = match written {
        Some((place, pairs)) => (Some(place), pairs),
        None if telegram::is_in_environment() => (None, BTreeMap::new()),
        None => return Ok(None),
    };
    let values = pairs.iter().map(|(key, (_, value))| (key.clone(), value.clone())).collect();
    telegram::read(&values).map(Some).map_err(|faults| {
        let told = |(key, why): (String, String)| at(pairs.get(&key).map(|(place, _)| place).or(place.as_ref()), &why);
        faults.into_iter().map(told).collect()
    })
}

/// The key for the text service. The environment wins over the file that the address names.
fn texts_key(service: &ServiceAddress) -> Result<ApiKey, String> {
    let said = std::env::var(TEXTS_KEY).ok().filter(|said| !said.is_empty());
    match (said, &service.key_file) {
        (Some(said), _) => ApiKey::parse(&said),
        (None, Some(file)) => {
            let text = fs::read_to_string(file)
                .map_err(|error| format!("cannot read the text service's key from {}: {error}", file.display()))?;
            ApiKey::parse(&text)
        }
        (None, None) => Err(format!(
            "there is no key for the text service; write &key_file=PATH behind its address, or set {TEXTS_KEY}"
        )),
    }
}

/// The password of a relay that has a user. The environment wins over the file that the address names.
fn password(relay: &RelayAddress) -> Result<Option<Password>, String> {
    if relay.user.is_none() {
        return Ok(None);
    }
    let said = std::env::var(PASSWORD).ok().filter(|said| !said.is_empty());
    let password = match (said, &relay.password_file) {
        (Some(said), _) => Password::new(&said),
        (None, Some(file)) => {
            let text = fs::read_to_string(file)
                .map_err(|error| format!("cannot read the relay's password from {}: {error}", file.display()))?;
            Password::new(&text)
        }
        (None, None) => {
            return Err(format!(
                "the relay's address names a user and no password; write ?password_file=PATH behind it, or set {PASSWORD}"
            ));
        }
    };
    if password.is_empty() { Err("the relay's password is empty".into()) } else { Ok(Some(password)) }
}

fn written(asked: &Asked, data: &Path, faults: &mut Vec<String>) -> Written {
    match &asked.file {
        Some(file) => from_file(file, true, faults),
        None => from_file(&data.join(FILE), false, faults),
    }
}

/// Reads the file. One that need not be there may be missing.
fn from_file(file: &Path, must_be: bool, faults: &mut Vec<String>) -> Written {
    let mut written = Written::default();
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        // A folder that is none is told where it is opened.
        Err(error) if !must_be && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return written;
        }
        Err(error) => {
            faults.push(format!("cannot read {}: {error}", file.display()));
            return written;
        }
    };
    let (document, findings) = yaml::read(&file.display().to_string(), &text);
    faults.extend(
        findings.iter().map(|finding| at(Some(&finding.place), &format!("{}; {}", finding.message, finding.help))),
    );
    let Some(document) = document else { return written };
    let keys = match &document.value {
        Value::Mapping(keys) => keys,
        Value::Null => return written,
        _ => {
            faults.push(at(Some(&document.place("")), "settings are written as `key: value`"));
            return written;
        }
    };
    for (key, value) in keys {
        let Some(key) = key.as_str() else { continue };
        let path = yaml::join("", key);
        let place = document.place(&path);
        let one = value.as_str().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        match (key, one) {
            ("relay", Some(relay)) => written.relay = Some((place, relay)),
            ("texts", Some(service)) => written.texts = Some((place, service)),
            ("lmtp", Some(address)) => written.lmtp = Some(address),
            ("http", Some(address)) => written.http = Some(address),
            ("public_url", Some(url)) => written.public_url = Some((place, url)),
            ("frames", Some(site)) => written.frames.push((place, site)),
            ("behind_proxy", Some(yes)) if yes == "true" => written.behind_proxy = Some(true),
            ("behind_proxy", Some(no)) if no == "false" => written.behind_proxy = Some(false),
            ("behind_proxy", _) => faults.push(at(Some(&place), "`behind_proxy` is either true or false")),
            ("live", Some(live)) if live == "true" => written.live = Some(true),
            ("live", Some(live)) if live == "false" => written.live = Some(false),
            ("live", _) => faults.push(at(Some(&place), "`live` is either true or false")),
            ("only_to", Some(pattern)) => written.only_to.push((place, pattern)),
            ("boundary", Some(profile)) => written.boundary.push((place, profile)),
            ("only_to" | "boundary" | "frames", None) => match value {
                Value::Sequence(items) if items.iter().all(Value::is_string) => {
                    let texts = items.iter().filter_map(Value::as_str).enumerate();
                    let texts = texts.map(|(n, text)| (document.place(&yaml::join(&path, n)), text.to_owned()));
                    match key {
                        "boundary" => written.boundary.extend(texts),
                        "frames" => written.frames.extend(texts),
                        _ => written.only_to.extend(texts),
                    }
                }
                _ if key == "boundary" => {
                    faults.push(at(Some(&place), "`boundary` is a profile, such as authserv-id:mx.desk.example"));
                }
                _ if key == "frames" => {
                    faults
                        .push(at(Some(&place), "`frames` is a list of sites, such as [\"https://intranet.example\"]"));
                }
                _ => faults.push(at(Some(&place), "`only_to` is a list of patterns, such as [\"*@nhs.net\"]")),
            },
            ("telegram", None) => match value {
                Value::Mapping(pairs) => {
                    let pairs = pairs.iter().filter_map(|(name, value)| {
                        let name = name.as_str()?;
                        let place = document.place(&yaml::join(&path, name));
                        Some((name.to_owned(), (place, value.as_str().unwrap_or_default().trim().to_owned())))
                    });
                    written.telegram = Some((place, pairs.collect()));
                }
                _ => faults.push(at(Some(&place), "`telegram` holds settings such as `token_file: PATH`")),
            },
            ("telegram", Some(_)) => {
                faults.push(at(Some(&place), "`telegram` holds settings such as `token_file: PATH`"));
            }
            ("relay" | "texts" | "lmtp" | "http" | "public_url", None) => {
                faults.push(at(Some(&place), &format!("`{key}` has no value")));
            }
            (unknown, _) => {
                let what = format!("`{unknown}` is not a setting; {}", did_you_mean(unknown, KEYS));
                faults.push(at(Some(&document.key_place(&path)), &what));
            }
        }
    }
    written
}

fn at(place: Option<&Place>, what: &str) -> String {
    match place {
        Some(place) => format!("{}:{}:{}: {what}", place.file, place.line, place.column),
        None => what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, asked: Asked) -> Result<Config, ConfigError> {
        let data = tempfile::tempdir().expect("a folder");
        fs::write(data.path().join(FILE), text).expect("written");
        Config::read(&asked, data.path())
    }

    #[test]
    fn the_file_is_read_and_the_command_line_wins() {
        let text = "relay: smtp://localhost:2525\nonly_to: [\"*@nhs.net\", amy@home.example]\nlmtp: 127.0.0.1:2424\n";
        let config = read(text, Asked::default()).expect("it is right");
        assert_eq!(config.relay.map(|relay| relay.to_string()).as_deref(), Some("smtp://localhost:2525"));
        assert!(config.recipients.include("amy@home.example") && !config.recipients.include("bob@home.example"));
        assert_eq!(config.lmtp.as_deref(), Some("127.0.0.1:2424"));
        let asked = Asked {
            relay: Some("off".into()),
            only_to: vec!["bob@home.example".into()],
            live: Some(false),
            ..Asked::default()
        };
        let config = read(&format!("{text}live: true\n"), asked).expect("it is right");
        assert!(config.relay.is_none());
        assert!(config.recipients.include("bob@home.example") && !config.recipients.include("amy@home.example"));
        let texts = "texts: http://localhost:8080?template=t&key_file=/nowhere";
        assert!(read(texts, Asked::default()).is_err_and(|why| why.to_string().contains("/nowhere")));
        let off = Asked { texts: Some("off".into()), ..Asked::default() };
        assert!(read(texts, off).expect("no service, no key").texts.is_none());
        let nobody = read("", Asked::default()).expect("nothing need be said");
        assert!(nobody.relay.is_none() && !nobody.recipients.include("amy@home.example"));
        assert_eq!(read("live: true", Asked::default()).expect("right").recipients, Recipients::Everybody);
    }

    #[test]
    fn whose_word_is_taken_is_read_alike_from_the_file_and_the_command_line() {
        let read = |text: &str, said: &[&str]| {
            let data = tempfile::tempdir().expect("a folder");
            fs::write(data.path().join(FILE), text).expect("written");
            let asked = Asked { boundary: said.iter().map(|&one| one.to_owned()).collect(), ..Asked::default() };
            boundary(&asked, data.path()).map(|boundary| boundary.to_string()).map_err(|error| error.to_string())
        };
        let one = "authserv-id:mx.desk.example";
        assert_eq!(read("", &[]).as_deref(), Ok("none"));
        assert_eq!(read(&format!("boundary: {one}"), &[]).as_deref(), Ok(one));
        assert_eq!(read(&format!("boundary: [{one}]"), &["none"]).as_deref(), Ok("none"));
        assert_eq!(read("", &[one, "authserv-id:b.example"]), Ok(format!("{one},authserv-id:b.example")));
        assert!(read("boundary: mx.desk.example", &[]).is_err_and(|why| why.contains("yaml:1:11")));
        assert!(read("boundary: {a: b}", &[]).is_err() && read("bundary: none", &[]).is_err());
    }

    #[test]
    fn every_fault_is_told_with_its_place_and_without_secrets() {
        let text = "relai: x\nrelay: smtps://desk:hunter2@relay.example\nonly_to: [\"*@nhs.net\", \"@x\"]\nlive: yes\n";
        let why = read(text, Asked::default()).expect_err("four faults").to_string();
        for words in ["yaml:1:1", "did you mean `relay`", "yaml:2:8", "password_file", "yaml:3:25", "`live` is either"]
        {
            assert!(why.contains(words), "{words}: {why}");
        }
        assert!(!why.contains("hunter2"), "{why}");
        let file = Some(PathBuf::from("/nowhere/at/all.yaml"));
        assert!(read("", Asked { file, ..Asked::default() }).is_err(), "a file that was named must be there");
        let user = Some("smtps://desk@relay.example?password_file=/nowhere".to_owned());
        assert!(read("", Asked { relay: user, ..Asked::default() }).is_err());
    }
}
