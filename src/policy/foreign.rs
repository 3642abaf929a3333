//! Whether a text is in letters that the desk cannot read: then no rule of ours may guess what it says.

/// Fewer such letters are a name, a sign or a slip.
const FEW: usize = 3;

/// Whether most letters of a text are not Latin: Arabic, Bengali, Cyrillic and so on. Signs, digits and pictures are no
/// letters. What language Latin letters are in is not told here.
pub fn is_in_foreign_letters(text: &str) -> bool {
    let (mut latin, mut others) = (0usize, 0usize);
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        if is_latin(letter) { latin += 1 } else { others += 1 }
    }
    others >= FEW && others > latin
}

/// Whether a letter is Latin, with what stands beside it in Latin texts: superscripts, small capitals, wide forms and the
/// letters of mathematics, in which some people write for fun.
fn is_latin(letter: char) -> bool {
    matches!(letter,
        '\u{0000}'..='\u{02FF}'
        | '\u{1D00}'..='\u{1DBF}'
        | '\u{1E00}'..='\u{1EFF}'
        | '\u{2070}'..='\u{218F}'
        | '\u{24B6}'..='\u{24E9}'
        | '\u{2C60}'..='\u{2C7F}'
        | '\u{A720}'..='\u{A7FF}'
        | '\u{AB30}'..='\u{AB6F}'
        | '\u{FB00}'..='\u{FB06}'
        | '\u{FF21}'..='\u{FF5A}'
        | '\u{1D400}'..='\u{1D7FF}'
        | '\u{1F130}'..='\u{1F189}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_letters_are_told_from_latin_ones_with_marks_signs_and_names() {
        for text in [
            "আমি আমার পাসওয়ার্ড ভুলে গেছি",
            "لا أستطيع تسجيل الدخول",
            "Я забыл пароль NHSmail",
            "我忘了密码",
            "שלום, שכחתי סיסמה",
            "Ξέχασα τον κωδικό",
        ] {
            assert!(is_in_foreign_letters(text), "{text}");
        }
        for text in [
            "",
            "123 👍 🎉",
            "Zażółć gęślą jaźń",
            "Ich habe mein Passwort vergessen",
            "I am Наталья and I cannot log in",
            "𝓘 𝓪𝓶 𝓵𝓸𝓬𝓴𝓮𝓭 𝓸𝓾𝓽",
            "Ａｂｃ",
            "ok да",
        ] {
            assert!(!is_in_foreign_letters(text), "{text}");
        }
    }
}
