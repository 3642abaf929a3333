//! What machines put into a mail on its way: the banners of gateways, and the lines of the devices that it was sent from.

use crate::mail::footer::{is_personal, said};

/// A banner that a gateway put in.
pub fn is_banner(line: &str) -> bool {
    if line.len() > 400 {
        return false;
    }
    let said = said(line);
    let said = said.trim_start_matches(['*', '[', '>', '#', '!', ' ', '⚠', '-', '(', '\u{FE0F}']);
    let starts = [
        "this email originated",
        "this message originated",
        "this e-mail originated",
        "this email is from an external",
        "this message is from an external",
        "this email came from outside",
        "this message came from outside",
        "you don't often get email from",
        "you don’t often get email from",
        "some people who received this message don't often get email from",
        "external email:",
        "external sender",
        "this message was sent securely using",
        "this email was sent securely using",
        "this sender is from outside",
        "this sender might be impersonating",
    ];
    let tag = said.trim_end_matches([']', '*', ' ', '-', ')', '.', '!']);
    let is_tag = [
        "external",
        "external email",
        "external message",
        "ext",
        "external sender",
        "email from outside",
        "official",
        "secure",
        "encrypted",
    ];
    let bracketed = line.trim().starts_with(['[', '*', '(', '#']) || line.trim().chars().all(|c| !c.is_lowercase());
    starts.iter().any(|start| said.starts_with(start))
        || (bracketed && is_tag.contains(&tag))
        || (["caution", "warning", "external", "attention", "be careful"].iter().any(|start| said.starts_with(start))
            && ["this email", "this e-mail", "this message", "this mail", "the sender"]
                .iter()
                .any(|word| said.contains(word))
            && (said.contains("outside") || said.contains("external"))
            && !said.contains('?'))
}

/// The second and third line of a banner.
pub fn is_banner_rest(line: &str) -> bool {
    let said = said(line);
    line.len() < 300
        && !is_personal(&said)
        && [
            "click",
            "attachment",
            "links",
            "recognise",
            "recognize",
            "know the content",
            "is safe",
            "learn why",
            "think before",
        ]
        .iter()
        .any(|word| said.contains(word))
}

/// "Sent from my iPhone", "Get Outlook for iOS", "Sent with Proton Mail".
pub fn is_device_line(line: &str) -> bool {
    const DEVICES: [&str; 26] = [
        "iphone",
        "ipad",
        "android",
        "samsung",
        "galaxy",
        "phone",
        "mobile",
        "outlook",
        "mail for",
        "yahoo",
        "tablet",
        "device",
        "blackberry",
        "huawei",
        "proton",
        "o2",
        "windows",
        "aol",
        "bt email",
        "gmail",
        "pixel",
        "watch",
        "thunderbird",
        "workspace one",
        "mailbird",
        "fairphone",
    ];
    if line.len() > 160 {
        return false;
    }
    let said = said(line);
    let starts = [
        "sent from",
        "sent via",
        "sent using",
        "sent with",
        "sent securely from",
        "envoyé de",
        "envoyé depuis",
        "von meinem",
        "gesendet von",
        "anfonwyd o",
        "enviado desde",
        "enviado do",
        "inviato da",
        "wysłane z",
        "wysłano z",
        "trimis de pe",
        "verzonden vanaf",
        "skickat från",
    ];
    // A sentence may begin so as well; a device's line is short and has one name in it.
    said.starts_with("get outlook for")
        || (starts.iter().any(|start| said.starts_with(start))
            && DEVICES.iter().any(|name| said.contains(name))
            && said.split_whitespace().count() <= 12
            && !said.contains('?')
            && !is_personal(said.strip_prefix("sent from my").unwrap_or(&said)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_told_from_a_sentence() {
        assert!(is_device_line("Sent from my iPhone 📱"));
        assert!(is_device_line("Get Outlook for iOS<https://aka.example/x>"));
        assert!(!is_device_line("Sent from my old mobile, I have lost the other one"));
        assert!(!is_device_line("Sent from home"));
    }

    #[test]
    fn banners_are_told_from_requests() {
        assert!(is_banner("CAUTION: This email originated from outside of the organisation."));
        assert!(is_banner("[EXTERNAL EMAIL]"));
        assert!(!is_banner("Warning: my screen says external sender blocked?"));
        assert!(!is_banner("External help is needed"));
        assert!(!is_banner_rest("Which links do I click? My attachment is missing."));
    }
}
