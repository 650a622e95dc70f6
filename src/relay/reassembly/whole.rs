//! One message made of parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use iwf_model::text::{Alphabet, Encoding, decode_with, sniff_ucs2};
use iwf_model::{Cause, Joined, Message, MessageId, Outcome, Part, Progress, Step, StepKind, Timestamp};

use super::Rule;

/// Stands in a text where parts are missing: plain characters that every app shows, in brackets so that nobody
/// takes them for the sender's own.
pub const GAP: &str = "(...)";

/// Why a text goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// All of its parts are there.
    Complete,
    /// Parts are missing: it is delivered with a mark in place of them.
    Marked,
    /// Parts are missing: it fails.
    Failed,
    /// It is a part that came after the others had gone on, and goes alone.
    Late,
    /// Its origin took it back.
    Cancelled,
    /// It went on before, and was read from the store.
    Resumed,
}

impl Fate {
    /// Every fate, for metrics and tests.
    pub const ALL: [Self; 6] =
        [Self::Complete, Self::Marked, Self::Failed, Self::Late, Self::Cancelled, Self::Resumed];

    /// The word used in metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Marked => "marked",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Cancelled => "cancelled",
            Self::Resumed => "resumed",
        }
    }

    /// The end that is decided already.
    fn cause(self) -> Option<Cause> {
        match self {
            Self::Failed => Some(Cause::PartsMissing),
            Self::Cancelled => Some(Cause::Cancelled),
            Self::Complete | Self::Marked | Self::Late | Self::Resumed => None,
        }
    }
}

/// Whether parts are joined for the first time.
#[derive(Clone, Copy)]
pub(super) enum Fragment {
    /// They are; their stories tell so from now on.
    New { fate: Fate, now: Timestamp },
    /// They went on as one before.
    Old(Joined),
}

/// Joins parts, given in their order; doubles of a part may follow. `None` when there is none.
pub(super) fn whole(parts: Vec<Arc<Message>>, fragment: Fragment, rule: Rule) -> Option<Message> {
    let leader = Arc::clone(parts.iter().min_by_key(|message| message.id)?);
    let (joined, fate) = match fragment {
        Fragment::New { fate, .. } => (joined(&parts, leader.id, fate == Fate::Late), fate),
        Fragment::Old(joined) => (joined, Fate::Resumed),
    };
    let mut submission = leader.submission.clone();
    submission.text = text(&parts, joined.late, rule);
    if let Some(options) = &mut submission.options {
        options.part = None;
    }
    let due_at = submission.options().schedule.unwrap_or(leader.accepted_at);
    let fresh =
        Progress { due_at, last: fate.cause().map(|cause| Outcome::new(cause, 0)), ..Progress::default() };
    let progress = if fate == Fate::Resumed { leader.progress } else { fresh };
    let step = |now| Step { at: now, kind: StepKind::Joined, detail: detail(&parts, joined) };
    Some(Message {
        id: leader.id,
        submission,
        recipient: leader.recipient,
        accepted_at: leader.accepted_at,
        expires_at: parts.iter().map(|part| part.expires_at).min().unwrap_or(leader.expires_at),
        progress: Progress {
            in_doubt: parts.iter().any(|part| part.progress.in_doubt),
            joined: Some(joined),
            ..progress
        },
        story: match fragment {
            Fragment::New { now, .. } => vec![step(now)],
            Fragment::Old(_) => Vec::new(),
        },
        parts,
    })
}

fn joined(parts: &[Arc<Message>], leader: MessageId, late: bool) -> Joined {
    Joined { leader, messages: u16::try_from(parts.len()).unwrap_or(u16::MAX), late }
}

fn detail(parts: &[Arc<Message>], joined: Joined) -> String {
    let total = parts.iter().find_map(|message| part_of(message)).map_or(0, |part| part.total);
    match joined.late {
        true => format!("{}: alone, after the others of {total} had gone on", joined.leader),
        false => format!("{}: {} of {total} parts", joined.leader, numbered(parts).len()),
    }
}

/// The parts by their numbers; of doubles the first.
fn numbered(parts: &[Arc<Message>]) -> BTreeMap<u8, &Part> {
    let mut numbered = BTreeMap::new();
    for part in parts.iter().filter_map(|message| part_of(message)) {
        numbered.entry(part.number).or_insert(part);
    }
    numbered
}

fn part_of(message: &Message) -> Option<&Part> {
    message.submission.options().part.as_ref()
}

fn text(parts: &[Arc<Message>], late: bool, rule: Rule) -> String {
    let parts = numbered(parts);
    if let Some(part) = parts.values().next().filter(|_| late) {
        return format!("({}/{}) {}", part.number, part.total, read(part.encoding, &part.octets, rule));
    }
    let total = parts.values().next().map_or(0, |part| part.total);
    let mut text = String::new();
    let mut run = Run { rule, encoding: Encoding::default(), octets: Vec::new(), after_gap: false };
    for number in 1..=total {
        match parts.get(&number) {
            Some(part) => run.add(part, &mut text),
            None => run.gap(&mut text),
        }
    }
    run.end(&mut text);
    text
}

/// Parts that follow each other in one encoding: read as one, because senders cut inside characters.
struct Run {
    rule: Rule,
    encoding: Encoding,
    octets: Vec<u8>,
    after_gap: bool,
}

impl Run {
    fn add(&mut self, part: &Part, text: &mut String) {
        if self.encoding != part.encoding {
            self.end(text);
        }
        self.encoding = part.encoding;
        self.octets.extend_from_slice(&part.octets);
        self.after_gap = false;
    }

    /// One mark stands for all parts that are missing between two.
    fn gap(&mut self, text: &mut String) {
        self.end(text);
        if !std::mem::replace(&mut self.after_gap, true) {
            text.push_str(GAP);
        }
    }

    fn end(&mut self, text: &mut String) {
        if !self.octets.is_empty() {
            text.push_str(&read(self.encoding, &self.octets, self.rule));
            self.octets.clear();
        }
    }
}

/// What UTF-16 really is, only joined octets can tell.
fn read(encoding: Encoding, octets: &[u8], rule: Rule) -> String {
    match encoding.alphabet {
        Alphabet::Utf16 if rule.sniffs => decode_with(sniff_ucs2(octets).into(), octets),
        _ => decode_with(encoding, octets),
    }
}
