//! Passwords and codes are cut out of what people write, and nothing else is.

use caredesk::mail::secrets::{REMOVED, cut};
use proptest::prelude::*;

/// Each with the secret in `{…}`.
const SECRET: [&str; 64] = [
    "my password is {Hunter22!}",
    "My password is {Hunter22!}.",
    "pw: {Hunter22}",
    "password = {Hunter22}",
    "Password:{Hunter22!}",
    "pwd={abc123}",
    "the code is {123456}",
    "The code is {123 456}",
    "passcode: {4821}",
    "my passcode is {4821}",
    "Password:\n{Hunter22!}",
    "My password is\n{sunshine}",
    "The code is:\n\n{123456}",
    "my password is now {Rose-garden9}",
    "my password was {Hunter22!} until today",
    "my password is {sunshine}.",
    "my password is {sunshine} and I cannot get in",
    "my password for jo@care.example is {Hunter22!}",
    "the password for my account is {Hunter22!}",
    "my password to NHSmail is {Hunter22!}",
    "I changed my password to {Hunter22!} yesterday",
    "I used {Hunter22!} as my password",
    "{Hunter22!} is my password",
    "{482193} is my code",
    "verification code: {482193}",
    "Your one-time code is {482193}.",
    "security code {482193}",
    "my PIN is {4821}",
    "pin: {4821}",
    "PIN number is {4821}",
    "OTP {482193}",
    "otp: {48219}",
    "one-time passcode is {KX82PQ}",
    "activation code is {AB12CD34}",
    "p/w {Hunter22!}",
    "pass: {Hunter22!}",
    "my pass word is {Hunter22!}",
    "temporary password {Xk9!mmPq}",
    "password: \"{sunshine rose}\"",
    "my password (\u{feff}{Hunter22!}) fails",
    "username jo.smith password {Hunter22!}",
    "old password was {Hunter22!} and the new one is {Hunter23!}",
    "passwords are {Hunter22!} or {Hunter23!}",
    "PASSWORD IS {HUNTER22!}",
    "Password - {Hunter22!}",
    "password -> {Hunter22!}",
    "the password I got is {Hunter22!}",
    "my password is \"{sunshine}\"",
    "my password is “{sunshine}”",
    "my password's fine, the password is {L3tmein}",
    "the password you sent is {Xk9!mmPq}",
    "my password is currently {Hunter22!}",
    "Password: {Hunter22!}, mobile: 07700 900123",
    "login: jo@care.example password: {Hunter22!}",
    "> password: {Hunter22!}",
    "- Password: {Hunter22!}",
    "*Password:* {Hunter22!}",
    "my password is {Pa55word}",
    "Passcode is {0482}",
    "the code was {998877}, it came by text",
    "I tried the code {998877}",
    "password: {sunshine}",
    "my password is {£Hunter}",
    "my nhs mail password is {Winter_Sun}",
];

const ORDINARY: [&str; 72] = [
    "my password is not working",
    "I forgot my password",
    "the password reset page",
    "My password is wrong.",
    "My password is expired",
    "My password has expired.",
    "my password is locked and I cannot log in",
    "password reset",
    "Password: forgotten",
    "Forgotten password",
    "I need a new password please",
    "my password is 90 days old",
    "a password is at least 8 characters long",
    "the password was 3 months old",
    "please send my password to 07700 900123",
    "send the password to 07700900123",
    "send the code to +447700900123",
    "my password is needed by jo@care.example",
    "send the password to jo.smith@nhs.net",
    "my ODS code is V12345",
    "ODS code: V12345",
    "The ODS code is VN4X8",
    "our ODS code V12345",
    "the code is V12345",
    "my CQC location ID is 1-1234567890",
    "the password for V12345",
    "contact id CON1-1234567890",
    "the password for ticket CD-7K3M-9QX4",
    "password CD-7K3M-9QX4",
    "my postcode is AB1 2CD",
    "our post code is LS12 4AB",
    "error code 80070005",
    "error code: 500123",
    "the error code is 123456",
    "country code 0044",
    "area code 01632",
    "sort code: 123456",
    "I forgot my password and my mobile is 07700 900123",
    "Password help\n07700 900123",
    "My password is not accepted.",
    "the password is too short",
    "the password page is https://reset.example/abc123",
    "I got a password on 12/11/2026",
    "password reset on 21/11/2026",
    "the password is the problem",
    "my password is correct",
    "my password was changed",
    "my password was reset yesterday",
    "is my password safe?",
    "what is my password?",
    "what are the password rules: length and so on",
    "Password - urgent",
    "password problem 123456789",
    "Office365 password help",
    "my password Office365",
    "my code never came",
    "the code is not coming",
    "the code did not arrive",
    "I never received the code",
    "a code of conduct",
    "code",
    "password",
    "Password:",
    "password is",
    "pin",
    "the drawing pin is lost",
    "I pinned it 123456",
    "passport number 123456",
    "he will pass: no",
    "the code is in the text",
    "Subject: Forgotten password: Jo Smith",
    "password: ********",
];

#[test]
fn secrets_are_cut_and_nothing_else() {
    let mut wrong = Vec::new();
    for sample in SECRET {
        let text = sample.replace(['{', '}', '\u{feff}'], "");
        let wanted: String = sample
            .replace('\u{feff}', "")
            .split('{')
            .enumerate()
            .map(|(at, piece)| match piece.split_once('}') {
                Some((_, rest)) if at > 0 => format!("{REMOVED}{rest}"),
                _ => piece.to_owned(),
            })
            .collect();
        let (out, removed) = cut(&text);
        // A quotation mark may go with its secret.
        if !removed || out.replace(['"', '“', '”'], "") != wanted.replace(['"', '“', '”'], "") {
            wrong.push(format!("{text:?} gave {out:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn ordinary_sentences_stay() {
    let wrong: Vec<String> = ORDINARY.iter().map(|text| cut(text).0).filter(|text| text.contains(REMOVED)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #[test]
    fn any_made_up_password_goes(secret in "[A-Z][a-z]{3,8}[0-9]{2,4}[!£$%^&*]") {
        for text in [format!("my password is {secret}"), format!("Hello\nPassword: {secret}\nThanks"), format!("pw={secret}")] {
            prop_assert!(!cut(&text).0.contains(&secret), "{}", text);
        }
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,60}|([a-z]{1,8}|password|code|is|:|\\n|Hunter22!| ){0,30}") {
        let (out, removed) = cut(&text);
        prop_assert_eq!(removed, out != text);
    }
}

#[test]
fn a_secret_is_cut_wherever_it_stands_in_a_large_text() {
    for lines in [0, 500, 1_200, 1_300, 5_000] {
        let text = format!(
            "{}my password is Hunter22!x\n{}",
            "A line of a long letter, and nothing more.\n\n".repeat(lines),
            "More.\n".repeat(lines)
        );
        let (kept, removed) = caredesk::mail::secrets::cut(&text);
        assert!(removed && !kept.contains("Hunter22"), "behind {lines} lines");
        assert_eq!(kept, text.replace("Hunter22!x", "[removed]"));
    }
}
