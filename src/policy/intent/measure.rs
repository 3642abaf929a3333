//! How well the flows are told apart by their own examples: each fifth of them is judged by what was learnt from the
//! rest. For authors, who see which flows need more or clearer examples.

use std::collections::BTreeMap;

use super::{CHOICE, Matcher, ranked, words};

/// In how many parts the examples are judged.
const PARTS: usize = 5;
/// Fewer examples than this are too few to judge a flow by.
const FEW: usize = 10;
/// How many confusions are told.
const WORST: usize = 15;
/// Shares at which the balance of acting and asking is told, in thousandths.
const SHARES: [u32; 8] = [300, 400, 450, 500, 550, 600, 700, 800];

/// What the examples say about the flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understanding {
    /// How many examples there are.
    pub examples: usize,
    /// How many were best placed with their own flow.
    pub right: usize,
    /// How many had their own flow among the first three.
    pub among_three: usize,
    /// At each share: how many would be acted on, and how many of these wrongly.
    pub acting: Vec<(u32, usize, usize)>,
    /// Flow by flow.
    pub flows: Vec<FlowMeasure>,
    /// Flows whose examples are taken for each other, worst first.
    pub confusions: Vec<Confusion>,
    /// Examples that were taken for another flow with certainty: they pull two ways.
    pub pulling: Vec<(String, String, String)>,
}

/// How one flow stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowMeasure {
    /// The flow.
    pub flow: String,
    /// How many examples it has.
    pub examples: usize,
    /// How many of them found it.
    pub right: usize,
    /// Whether they are too few.
    pub few: bool,
}

/// Two flows that are taken for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// The flow that the examples belong to.
    pub flow: String,
    /// The flow that they found.
    pub found: String,
    /// How often.
    pub times: usize,
}

impl Matcher {
    /// Judges the examples of each flow by what the others teach.
    pub fn measure(&self) -> Understanding {
        let mut all = Understanding {
            examples: 0,
            right: 0,
            among_three: 0,
            acting: SHARES.iter().map(|share| (*share, 0, 0)).collect(),
            flows: Vec::new(),
            confusions: Vec::new(),
            pulling: Vec::new(),
        };
        for door in &self.doors {
            let examples = door.examples.len();
            all.flows.push(FlowMeasure { flow: door.flow.clone(), examples, right: 0, few: examples < FEW });
        }
        let mut confused: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for part in 0..PARTS {
            let model = self.learn(|_, n| n % PARTS != part);
            for (own, door) in self.doors.iter().enumerate() {
                for example in door.examples.iter().skip(part).step_by(PARTS) {
                    let ranked = ranked(&self.scores_by(&model, &[], &words::words(example)).shares);
                    let (found, share) = ranked[0];
                    all.examples += 1;
                    all.among_three +=
                        usize::from(ranked.iter().take(3).any(|(door, share)| *door == own && *share > 0));
                    for (at_least, acted, wrong) in &mut all.acting {
                        *acted += usize::from(share >= *at_least);
                        *wrong += usize::from(share >= *at_least && found != own);
                    }
                    if found == own {
                        all.right += 1;
                        all.flows[own].right += 1;
                        continue;
                    }
                    *confused.entry((own, found)).or_default() += usize::from(share >= CHOICE);
                    if share >= self.doors[found].enough {
                        all.pulling.push((example.clone(), door.flow.clone(), self.doors[found].flow.clone()));
                    }
                }
            }
        }
        let name = |door: usize| self.doors[door].flow.clone();
        all.confusions = confused
            .into_iter()
            .filter(|(_, times)| *times > 0)
            .map(|((own, found), times)| Confusion { flow: name(own), found: name(found), times })
            .collect();
        all.confusions
            .sort_by(|a, b| b.times.cmp(&a.times).then_with(|| (&a.flow, &a.found).cmp(&(&b.flow, &b.found))));
        all.confusions.truncate(WORST);
        all
    }
}
