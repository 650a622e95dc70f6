//! Which of our messages a receipt of another system is about.
//!
//! Systems write the id of a submit in one form when they take it and in another when they tell of it: with zeros before
//! it or without, in capital letters or small ones, in decimal digits or hexadecimal ones (interworking.md A.15). So a
//! submit is kept under one form of its id, and looked for under all that its receipt could mean; what the receipt says
//! of the recipient decides between several.

use std::time::Duration;

use iwf_model::{
    Cause, FinalState, Handed, Outcome, Party, Timestamp, Unmatched, UpstreamNews, UpstreamReceipt,
};

/// How long it is remembered what others took: longer than any message waits for its end.
pub const REMEMBERED: Duration = Duration::from_secs(10 * 86_400);

/// The form of an id under which a submit is kept: letters and digits alone, in small letters, without zeros before it.
pub fn key(name: &str) -> String {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let bare = plain.trim_start_matches('0');
    if bare.is_empty() && !plain.is_empty() { "0".to_owned() } else { bare.to_owned() }
}

/// Every form under which the submit may be kept that a receipt calls so, the most evident first.
pub fn keys(name: &str) -> Vec<String> {
    let plain = key(name);
    let from_decimal = plain.parse::<u128>().ok().filter(|_| plain.bytes().all(|c| c.is_ascii_digit()));
    let from_hex = u128::from_str_radix(&plain, 16).ok().filter(|_| !plain.starts_with('+'));
    let mut keys = vec![plain];
    keys.extend(from_decimal.map(|number| format!("{number:x}")));
    keys.extend(from_hex.map(|number| number.to_string()));
    keys.dedup();
    keys
}

/// Which of the submits that are kept under one of the [`keys`] a receipt is about; each with its key. `None`: none.
///
/// Of several the one to that recipient is meant, then the one whose id is written alike, then the last.
pub fn pick<'a>(receipt: &UpstreamReceipt, kept: &'a [(String, Handed)]) -> Option<&'a (String, Handed)> {
    let plain = key(&receipt.name);
    let rank = |(key, handed): &&(String, Handed)| {
        (is_to(&receipt.source, handed), *handed.name == *receipt.name, *key == plain, handed.at)
    };
    kept.iter().filter(|(_, handed)| may_be_to(&receipt.source, handed)).max_by_key(rank)
}

/// Whether the receipt names the recipient of the submit, as far as it names one: prefixes differ between systems, the
/// last digits do not.
fn may_be_to(party: &Party, handed: &Handed) -> bool {
    digits(party).is_none_or(|digits| alike(&digits, handed.destination.as_str()))
}

fn is_to(party: &Party, handed: &Handed) -> bool {
    digits(party).is_some_and(|digits| digits == handed.destination.as_str())
}

/// The digits of an address; `None` for one that is no number.
fn digits(party: &Party) -> Option<String> {
    let text = std::str::from_utf8(&party.addr).ok()?;
    let text = text.strip_prefix('+').unwrap_or(text);
    (!text.is_empty() && text.bytes().all(|c| c.is_ascii_digit())).then(|| text.to_owned())
}

/// So many last digits tell one recipient from another.
const TELLING: usize = 6;

fn alike(a: &str, b: &str) -> bool {
    let common = a.bytes().rev().zip(b.bytes().rev()).take_while(|(a, b)| a == b).count();
    common >= a.len().min(b.len()).min(TELLING)
}

/// What follows from a receipt about one submit of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It tells nothing new: it is on its way, or its end is known.
    Nothing,
    /// This part has ended so, and others are waited for.
    Noted(FinalState),
    /// The text has ended so.
    Ended(FinalState),
}

/// What a receipt about `part` tells of the whole text, of whose submits `all` are kept: it is delivered when all its
/// parts are, and has failed with the first of them that has (interworking.md D.5).
pub fn verdict(tells: UpstreamNews, part: &Handed, all: &[(String, Handed)]) -> Verdict {
    let UpstreamNews::Ended(state) = tells else { return Verdict::Nothing };
    let is_over = |(_, handed): &(String, Handed)| handed.state.is_some_and(|it| it != FinalState::Delivered);
    if part.state.is_some() || all.iter().any(is_over) {
        return Verdict::Nothing;
    }
    if state != FinalState::Delivered {
        return Verdict::Ended(state);
    }
    let delivered = |number: u8| {
        number == part.part
            || all.iter().any(|(_, it)| it.part == number && it.state == Some(FinalState::Delivered))
    };
    if (1..=part.parts).all(delivered) { Verdict::Ended(state) } else { Verdict::Noted(state) }
}

/// The outcome of a message whose text has ended so at another system; `error` is that system's own.
pub fn outcome(state: FinalState, error: u32) -> Outcome {
    let cause = match state {
        FinalState::Delivered => Cause::Delivered,
        FinalState::Expired => Cause::Expired,
        FinalState::Deleted => Cause::Purged,
        FinalState::Undeliverable => Cause::Undelivered,
        FinalState::Unknown => Cause::Unconfirmed,
        FinalState::Rejected => Cause::Refused,
    };
    Outcome::new(cause, error)
}

/// So long after it came a receipt may yet belong to something: longer than any answer to a submit takes.
pub const HOPE: Duration = Duration::from_secs(600);

/// Why a receipt belongs to nothing, as far as can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclaimed {
    /// It names nothing.
    NoId,
    /// Its id was given for a message to somebody else.
    OtherRecipient,
    /// Its id was given by another carrier.
    OtherCarrier,
    /// It may have overtaken the answer to its submit.
    Early,
    /// Nothing has that id.
    Unknown,
}

impl Unclaimed {
    /// Every reason, for tables.
    pub const ALL: [Self; 5] =
        [Self::NoId, Self::OtherRecipient, Self::OtherCarrier, Self::Early, Self::Unknown];

    /// The likely reason. `own`: its carrier gave that id to something; `others`: another carrier did.
    pub fn of(unmatched: &Unmatched, (own, others): (bool, bool), now: Timestamp) -> Self {
        match () {
            () if key(&unmatched.receipt.name).is_empty() => Self::NoId,
            () if own => Self::OtherRecipient,
            () if others => Self::OtherCarrier,
            () if now.since(unmatched.at) < HOPE => Self::Early,
            () => Self::Unknown,
        }
    }

    /// The word for people and programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoId => "no-id",
            Self::OtherRecipient => "other-recipient",
            Self::OtherCarrier => "other-carrier",
            Self::Early => "early",
            Self::Unknown => "unknown",
        }
    }
}

/// What was taken before this may be forgotten.
pub fn forgotten_before(now: Timestamp) -> Timestamp {
    now.before(REMEMBERED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::{NOW, id};
    use iwf_model::CarrierId;

    fn handed(name: &str, to: &str, part: u8, parts: u8) -> (String, Handed) {
        let handed = Handed {
            carrier: CarrierId(1),
            name: name.into(),
            messages: vec![id(1)],
            part,
            parts,
            destination: to.parse().unwrap(),
            at: NOW,
            state: None,
        };
        (key(name), handed)
    }

    fn receipt(name: &str, from: &str) -> UpstreamReceipt {
        UpstreamReceipt {
            name: name.into(),
            tells: UpstreamNews::Ended(FinalState::Delivered),
            error: 0,
            source: Party { ton: 1, npi: 1, addr: from.as_bytes().into() },
            destination: Party::default(),
            done_at: None,
        }
    }

    #[test]
    fn every_form_of_an_id_leads_to_its_submit() {
        for (taken_as, told_as) in [
            ("1A2B", "1A2B"),
            ("1A2B", "1a2b"),
            ("1a2b", "0000001A2B"),
            ("1A2B", "6699"),
            ("6699", "1a2b"),
            ("6699", "0000006699"),
            ("0006699", "6699"),
            ("6699", "6699 "),
            ("c0a8-0101", "C0A80101"),
            ("0", "0000"),
            ("91abf0f2-5b1e-4d1c-9c1e-2f4a7b6d0c11", "91ABF0F25B1E4D1C9C1E2F4A7B6D0C11"),
            ("159554682560000000", "236da23703d3000"),
        ] {
            assert!(keys(told_as).contains(&key(taken_as)), "{taken_as} {told_as} {:?}", keys(told_as));
        }
        assert!(!keys("12").contains(&key("13")) && !keys("msg-7").contains(&key("msg-8")));
    }

    #[test]
    fn the_recipient_decides_between_ids_that_could_both_be_meant() {
        let kept = [handed("100", "222333444", 1, 1), handed("256", "222333555", 1, 1)];
        let picked = |name, from| pick(&receipt(name, from), &kept).map(|(key, _)| key.as_str());
        assert_eq!(picked("100", "222333444"), Some("100"));
        assert_eq!(picked("100", "00222333555"), Some("256"), "hexadecimal, with a prefix");
        assert_eq!(picked("100", ""), Some("100"), "written alike");
        assert_eq!(picked("100", "ACME"), Some("100"), "no number says nothing");
        assert_eq!(picked("100", "999"), None, "somebody else's");
    }

    #[test]
    fn a_receipt_that_belongs_to_nothing_has_a_likely_reason() {
        let unmatched = |name| {
            let receipt = receipt(name, "222");
            Unmatched { id: 1, carrier: CarrierId(1), connection: None, receipt, at: NOW }
        };
        let reason = |name, known, seconds| {
            Unclaimed::of(&unmatched(name), known, NOW.after(Duration::from_secs(seconds)))
        };
        assert_eq!(reason("", (false, false), 0), Unclaimed::NoId);
        assert_eq!(reason("1", (true, true), 0), Unclaimed::OtherRecipient);
        assert_eq!(reason("1", (false, true), 0), Unclaimed::OtherCarrier);
        assert_eq!(reason("1", (false, false), 599), Unclaimed::Early);
        assert_eq!(reason("1", (false, false), 600), Unclaimed::Unknown);
    }

    #[test]
    fn a_text_is_delivered_with_its_last_part_and_fails_with_the_first_that_does() {
        let ended = UpstreamNews::Ended;
        let mut all = vec![handed("1", "222", 1, 2), handed("2", "222", 2, 2)];
        assert_eq!(verdict(UpstreamNews::UnderWay, &all[0].1, &all), Verdict::Nothing);
        let delivered = FinalState::Delivered;
        assert_eq!(verdict(ended(delivered), &all[0].1, &all), Verdict::Noted(delivered));
        all[0].1.state = Some(delivered);
        assert_eq!(verdict(ended(delivered), &all[0].1, &all), Verdict::Nothing, "told twice");
        assert_eq!(verdict(ended(delivered), &all[1].1, &all), Verdict::Ended(delivered));
        let expired = FinalState::Expired;
        assert_eq!(verdict(ended(expired), &all[1].1, &all), Verdict::Ended(expired));
        all[1].1.state = Some(expired);
        all[0].1.state = None;
        assert_eq!(verdict(ended(delivered), &all[0].1, &all), Verdict::Nothing, "it has failed");
    }
}
