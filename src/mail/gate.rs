//! The bounds that a mail must keep before anything reads it, and the words for one that does not.

/// What a mail may be at most. Beyond it, nothing reads the mail: it is kept for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole mail, in bytes.
    pub mail_bytes: usize,
    /// Its header block, in bytes; also that of each part.
    pub header_bytes: usize,
    /// Fields in its header block.
    pub header_fields: usize,
    /// Parts within parts, nested mails and encoded nested mails counted.
    pub depth: usize,
    /// Parts in all.
    pub parts: usize,
    /// Addresses in all address fields together.
    pub addresses: usize,
    /// From this many `Received` fields on, the mail is running in a circle.
    pub received: usize,
    /// Readable text; what is longer is cut, and kept whole as an attachment.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mail_bytes: 35_000_000,
            header_bytes: 256_000,
            header_fields: 1_000,
            depth: 50,
            parts: 1_000,
            addresses: 500,
            received: 50,
            text_bytes: 256_000,
        }
    }
}

/// Why a mail is not read: a stable code, and a sentence for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// A name in kebab-case.
    pub code: &'static str,
    /// Plain words.
    pub reason: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into() }
    }
}

/// Whether a mail with this code hides who sent it, has two readings, or is proved not to be from its sender: an honest
/// mail program writes none such.
pub fn smells_of_forgery(code: &str) -> bool {
    matches!(
        code,
        "several-senders"
            | "forged-verdict"
            | "refuted-sender"
            | "unclear-sender"
            | "bad-header-name"
            | "bare-line-feed"
            | "bare-carriage-return"
            | "null-byte"
            | "mbox-line"
    )
}

/// The first gate: the size alone.
pub fn check_size(raw: &[u8], limits: &Limits) -> Result<(), Refusal> {
    if raw.iter().take(4).all(u8::is_ascii_whitespace) && raw.trim_ascii().is_empty() {
        return Err(Refusal::new("empty", "The mail has no content at all."));
    }
    if raw.len() > limits.mail_bytes {
        let (size, most) = (raw.len().div_ceil(1_000_000), limits.mail_bytes / 1_000_000);
        return Err(Refusal::new("too-big", format!("The mail is about {size} MB. The most we read is {most} MB.")));
    }
    Ok(())
}
