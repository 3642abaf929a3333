//! One item of a story that is being written, such as what somebody types who plays it.

use std::sync::Arc;

use crate::policy::finding::Finding;
use crate::policy::flow::Pack;
use crate::policy::message::Party;
use crate::policy::world::World;
use crate::policy::yaml;

use super::super::reader::Reader;
use super::super::whole::Mails;
use super::{Beat, Names, Telling};

/// The file that an item is read as.
const FILE: &str = "played.scenarios.yaml";

/// Reads one item by the rules of a scenario file. `text` holds `story:` with the item as its only one.
pub(in crate::policy::scenario) fn read_item(
    pack: &Pack,
    world: &Arc<World>,
    sender: Option<Party>,
    text: &str,
) -> Result<Beat, Vec<Finding>> {
    let (document, mut findings) = yaml::read(FILE, text);
    let names = Names::of(pack);
    let beat = document.and_then(|document| {
        let mut reader = Reader { document: &document, findings: &mut findings };
        Telling { pack, names: &names, reader: &mut reader, sender, world: Arc::clone(world), mails: &Mails::new() }
            .beat("/story/0")
    });
    match beat {
        Some(beat) if findings.is_empty() => Ok(beat),
        _ => Err(findings),
    }
}
