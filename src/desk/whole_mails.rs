//! Reads the whole mails that stories tell, by the same door as any mail.

use std::collections::BTreeMap;

use crate::mail::tables::tables;
use crate::mail::{self, Boundary, DeskMail, Envelope, Limits, MessageIds, Reading};
use crate::policy::flow::Pack;
use crate::policy::scenario::{Mails, WholeMail};

/// The `.eml` files of a pack, read.
pub fn read(pack: &Pack, files: &BTreeMap<String, String>) -> Mails {
    let domain = pack.desk.own_address().rsplit('@').next().unwrap_or("localhost");
    let mails = files.iter().filter(|(file, _)| file.ends_with(".eml"));
    mails
        .map(|(file, text)| {
            // A mail of a story answers no letter by its Message-ID: letters of stories have none. So no key is needed.
            let desk = DeskMail {
                addresses: pack.desk.addresses.clone(),
                ids: MessageIds::new([0; 32], domain),
                boundary: Boundary::None,
            };
            (file.clone(), one(text.replace("\r\n", "\n").replace('\n', "\r\n").as_bytes(), &desk))
        })
        .collect()
}

fn one(bytes: &[u8], desk: &DeskMail) -> Result<WholeMail, String> {
    match mail::read(bytes, &Envelope::default(), desk, &Limits::default()) {
        Reading::Readable(mail) => Ok(WholeMail {
            whole: (mail.text != mail.own_text).then_some(mail.text),
            from: mail.from,
            subject: mail.subject,
            text: mail.own_text,
            class: mail.class,
            secret_removed: mail.secret_removed,
            tables: tables(&mail.attachments),
            attachments: mail.attachments.into_iter().map(|attachment| attachment.name).collect(),
        }),
        Reading::Unreadable(unreadable) => Err(unreadable.reason),
    }
}
