//! What a cell of the directory may hold, and the canonical form of it.

use std::collections::BTreeSet;

use jiff::civil::Date;

/// A value in its canonical form, or what is wrong with it.
pub(super) type Read<T> = Result<T, &'static str>;

pub(super) fn words(text: &str) -> Read<String> {
    let plain = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err("is not a text of 1 to 200 characters") }
}

pub(super) fn yes_no(text: &str) -> Read<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("is neither yes nor no"),
    }
}

pub(super) fn state(text: &str) -> Read<String> {
    let named = (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if named { Ok(text.to_owned()) } else { Err("is not a state: small letters and `_`") }
}

pub(super) fn ods_code(text: &str) -> Read<String> {
    let code = text.to_ascii_uppercase();
    let good = (3..=8).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric());
    if good { Ok(code) } else { Err("is not an ODS code such as V12345") }
}

pub(super) fn postcode(text: &str) -> Read<String> {
    let code: String = text.to_ascii_uppercase().split_whitespace().collect();
    let shape: String = code.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
    let known = ["A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"].contains(&shape.as_str());
    if !known || !code.is_ascii() || code.chars().any(|c| !c.is_ascii_alphanumeric()) {
        return Err("is not a postcode such as NE1 4ST");
    }
    let (outward, inward) = code.split_at(code.len() - 3);
    Ok(format!("{outward} {inward}"))
}

pub(super) fn mail(text: &str) -> Read<String> {
    let address = text.to_lowercase();
    let plain = address.len() <= 254
        && !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\"\\".contains(c));
    match address.split_once('@') {
        Some((local, domain))
            if plain && !local.is_empty() && domain.contains('.') && !domain.contains('@') && !is_dotted(domain) =>
        {
            Ok(address)
        }
        _ => Err("is not an e-mail address"),
    }
}

/// Whether dots stand where no name is between them.
fn is_dotted(domain: &str) -> bool {
    domain.split('.').any(str::is_empty)
}

pub(super) fn nhs_mail(text: &str) -> Read<String> {
    match mail(text) {
        Ok(address) if address.ends_with("@nhs.net") => Ok(address),
        _ => Err("is not an address that ends in @nhs.net"),
    }
}

pub(super) fn mobile(text: &str) -> Read<String> {
    match national(text) {
        Some(rest) if rest.len() == 10 && rest.starts_with('7') => Ok(format!("+44{rest}")),
        _ => Err("is not a UK mobile number such as 07700 900111"),
    }
}

pub(super) fn phone(text: &str) -> Read<String> {
    match national(text) {
        Some(rest) if (9..=10).contains(&rest.len()) && !rest.starts_with('0') => Ok(format!("+44{rest}")),
        _ => Err("is not a UK telephone number such as 01632 960123"),
    }
}

/// The digits of a number behind what stands for this country.
fn national(text: &str) -> Option<String> {
    let digits: String =
        text.replace("(0)", "").chars().filter(|c| !c.is_whitespace() && !"-()".contains(*c)).collect();
    let rest = ["+44", "0044", "0"].into_iter().find_map(|before| digits.strip_prefix(before))?;
    rest.chars().all(|c| c.is_ascii_digit()).then(|| rest.to_owned())
}

pub(super) fn day(text: &str) -> Read<Date> {
    let written = |format: &str| Date::strptime(format, text).ok();
    let year = |day: &Date| (1900..=2200).contains(&day.year());
    written("%Y-%m-%d").or_else(|| written("%d/%m/%Y")).filter(year).ok_or("is not a day such as 2026-03-02")
}

pub(super) fn nhsmail(text: &str) -> Read<String> {
    one_of(text, &["none", "active", "closed"], "is none of none, active, closed")
}

pub(super) fn managed(text: &str) -> Read<String> {
    one_of(text, &["nas", "self", "local_host"], "is none of nas, self, local_host")
}

pub(super) fn dspt_status(text: &str) -> Read<String> {
    const KNOWN: [&str; 5] =
        ["not_published", "standards_not_met", "approaching_standards", "standards_met", "standards_exceeded"];
    one_of(
        text,
        &KNOWN,
        "is none of not_published, standards_not_met, approaching_standards, standards_met, standards_exceeded",
    )
}

/// `2025-26`, as the toolkit counts its years.
pub(super) fn dspt_year(text: &str) -> Read<String> {
    let plain = text.replace('/', "-");
    let years = plain
        .split_once('-')
        .map(|(from, to)| (from.to_owned(), to.get(to.len().saturating_sub(2)..).unwrap_or("").to_owned()));
    match years.and_then(|(from, to)| Some((from.parse::<i32>().ok()?, to.parse::<i32>().ok()?))) {
        Some((from, to)) if (2000..2100).contains(&from) && (from + 1) % 100 == to => Ok(format!("{from}-{to:02}")),
        _ => Err("is not a year such as 2025-26"),
    }
}

/// A word of a few, in any case and with blanks or hyphens for `_`.
fn one_of(text: &str, known: &[&str], otherwise: &'static str) -> Read<String> {
    let word = text.to_lowercase().replace([' ', '-'], "_");
    if known.contains(&word.as_str()) { Ok(word) } else { Err(otherwise) }
}

/// Several addresses, parted by blanks, commas or semicolons.
pub(super) fn nhs_mails(text: &str) -> Read<BTreeSet<String>> {
    parts(text).map(|part| nhs_mail(part).map_err(|_| "is not a list of addresses that end in @nhs.net")).collect()
}

/// Several keys or codes of organisations, parted likewise.
pub(super) fn keys(text: &str) -> Read<BTreeSet<String>> {
    let key =
        |part: &str| if is_key(part) { Ok(part.to_owned()) } else { Err("is not a list of keys of organisations") };
    parts(text).map(key).collect()
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|part| !part.is_empty())
}

pub(super) fn cqc_location(text: &str) -> Read<String> {
    match text.strip_prefix("1-") {
        Some(rest) if is_number(rest) => Ok(text.to_owned()),
        _ => Err("is not a CQC location id such as 1-1234567"),
    }
}

pub(super) fn cqc_contact(text: &str) -> Read<String> {
    let id = text.to_ascii_uppercase();
    match id.strip_prefix("CON1-").or_else(|| id.strip_prefix("1-")) {
        Some(rest) if is_number(rest) => Ok(id),
        _ => Err("is not a CQC contact id such as CON1-7654321"),
    }
}

fn is_number(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

pub(super) fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}
