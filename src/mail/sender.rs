//! By which words a sender is known, so that their name below a mail is a signature and any other name is not.

/// The words by which a sender is known: of the name and of the address.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    words: Vec<String>,
}

impl Sender {
    /// A sender by name and address.
    pub fn new(name: Option<&str>, address: &str) -> Self {
        let local = address.split('@').next().unwrap_or_default();
        let pieces = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’')
                .filter(|word| word.chars().count() >= 2)
                .take(8)
                .map(str::to_lowercase)
                .collect()
        };
        Self { words: [pieces(name.unwrap_or_default()), pieces(local)].concat() }
    }

    /// Whether a line is the sender's name and nothing else, or kisses.
    pub fn signs(&self, line: &str) -> bool {
        let line = line.trim();
        if line.len() > 60 || line.contains(|c: char| c.is_ascii_digit() || "?:@".contains(c)) {
            return false;
        }
        let words: Vec<String> = line
            .split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        let names = words.iter().filter(|word| self.words.contains(word)).count();
        let kisses = words.iter().filter(|word| word.chars().all(|c| c == 'x')).count();
        names >= 1 && names + kisses == words.len() && words.len() <= 5
    }
}
