//! What an endpoint owes its peers and its driver, kept by somebody who sees only octets and events.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use iwf_model::Flow;

/// Timers F and J, in milliseconds (RFC 3261 table 4).
const TRANSACTION: u128 = 32_000;
/// How often a request of ours is sent over UDP (RFC 3261 17.1.2.2).
const MOST_SENDS: usize = 11;

/// The books.
#[derive(Debug, Default)]
pub(super) struct Promises {
    /// What each peer has sent.
    asked: Vec<(Flow, Bytes)>,
    /// What was answered to what, over UDP, and when.
    answers: Vec<(Flow, Bytes, Bytes, u128)>,
    /// Our requests: where to, what, how often, ended.
    ours: BTreeMap<u64, (Flow, Bytes, usize, bool)>,
    /// Every status we answered with.
    pub(super) statuses: BTreeSet<String>,
}

impl Promises {
    pub(super) fn asks(&mut self, flow: Flow, octets: &Bytes) {
        self.asked.push((flow, octets.clone()));
    }

    pub(super) fn sends(&mut self, token: u64, flow: Flow, octets: &Bytes) {
        self.ours.insert(token, (flow, octets.clone(), 0, false));
    }

    /// Octets leave: a request of ours as it was given, or a response to somebody who asked.
    pub(super) fn leaves(&mut self, flow: Flow, octets: &Bytes) -> Result<(), String> {
        // SIP begins with a letter, STUN with two bits of zero (RFC 8489 5).
        if octets.first().is_some_and(|first| *first < 0x40) {
            return self.is_stun(flow, octets);
        }
        let text = std::str::from_utf8(octets).map_err(|_| format!("{octets:?} is no text"))?;
        let Some(start) = text.strip_prefix("SIP/2.0 ") else { return self.is_sent(flow, octets) };
        self.statuses.insert(start.chars().take(3).collect());
        let branch = parameter(text, "branch=");
        let asked = |asked: &(Flow, Bytes)| {
            // Octets that are no UTF-8 are answered in it.
            let told = std::str::from_utf8(&asked.1).ok();
            let same = branch.zip(told).is_none_or(|(branch, told)| told.contains(branch));
            asked.0 == flow && same
        };
        if self.asked.iter().any(asked) { Ok(()) } else { Err(format!("{flow:?} never asked for {text}")) }
    }

    /// A STUN response has the magic cookie and the transaction of the request (RFC 8489 5).
    fn is_stun(&self, flow: Flow, octets: &Bytes) -> Result<(), String> {
        let transaction = octets.get(4..20);
        let same = |asked: &(Flow, Bytes)| asked.0 == flow && asked.1.get(4..20) == transaction;
        if transaction.is_some() && self.asked.iter().any(same) {
            Ok(())
        } else {
            Err(format!("{octets:?} to {flow:?}: nobody asked"))
        }
    }

    fn is_sent(&mut self, flow: Flow, octets: &Bytes) -> Result<(), String> {
        let ours = self.ours.values_mut().find(|(to, request, _, _)| *to == flow && request == octets);
        let Some((_, _, sends, ended)) = ours else {
            return Err(format!("{octets:?} to {flow:?}: not ours"));
        };
        *sends += 1;
        let most = if matches!(flow, Flow::Udp { .. }) { MOST_SENDS } else { 1 };
        if *sends > most || *ended { Err(format!("{octets:?} is sent {sends} times")) } else { Ok(()) }
    }

    /// What came back for some octets: what comes for them again within timer J must be the same.
    pub(super) fn answered(
        &mut self,
        flow: Flow,
        asked: &Bytes,
        answer: &Bytes,
        now: u128,
    ) -> Result<(), String> {
        if !matches!(flow, Flow::Udp { .. }) || is_stateless(answer) {
            return Ok(());
        }
        let before = self.answers.iter().find(|(from, octets, _, _)| *from == flow && octets == asked);
        match before {
            Some((_, _, first, since)) if now < since + TRANSACTION && first != answer => {
                Err(format!("answered {first:?}, then {answer:?}"))
            }
            Some((_, _, _, since)) if now < since + TRANSACTION => Ok(()),
            _ => {
                // Other octets of the same transaction get its answer, and make it no younger.
                let same = self.answers.iter().find(|(from, _, first, _)| *from == flow && first == answer);
                let since = same.map_or(now, |(_, _, _, since)| *since);
                self.answers.retain(|(from, octets, _, _)| *from != flow || octets != asked);
                self.answers.push((flow, asked.clone(), answer.clone(), since));
                Ok(())
            }
        }
    }

    /// What came over a broken flow is forgotten.
    pub(super) fn breaks(&mut self, flow: Flow) {
        self.answers.retain(|(from, _, _, _)| *from != flow);
    }

    /// A request of ours has its end.
    pub(super) fn ends(&mut self, token: u64) -> Result<(), String> {
        let ours = self.ours.get_mut(&token).ok_or(format!("{token} was never sent"))?;
        if std::mem::replace(&mut ours.3, true) { Err(format!("{token} ends twice")) } else { Ok(()) }
    }

    /// A provisional response, which none may be after the end.
    pub(super) fn goes_on(&self, token: u64) -> Result<(), String> {
        let over = self.ours.get(&token).is_none_or(|ours| ours.3);
        if over { Err(format!("{token} goes on after its end")) } else { Ok(()) }
    }

    /// Of ours, as a peer has received them.
    pub(super) fn received(&self, which: usize) -> Option<&Bytes> {
        let sent: Vec<_> = self.ours.values().filter(|(_, _, sends, _)| *sends > 0).collect();
        sent.get(which.min(sent.len().saturating_sub(1))).map(|(_, octets, _, _)| octets)
    }

    /// Everything of ours has ended.
    pub(super) fn are_kept(&self) -> Result<(), String> {
        match self.ours.iter().find(|(_, ours)| !ours.3) {
            Some((token, _)) => Err(format!("{token} never ends")),
            None => Ok(()),
        }
    }
}

/// Provisional; or answered without a transaction, so that something else may be true the next time.
fn is_stateless(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let status = text.get(8..11).unwrap_or_default();
    matches!(status, "100" | "401" | "482" | "503") || text.contains(" CANCEL\r\n")
}

/// The value of a parameter in the first line that has it.
fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.lines().nth(1)?.split_once(name)?;
    rest.split([';', ',', ' ']).next()
}
