//! What was promised and what came of it, as the carriers and phones saw it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use iwf_sim::node::Installation;

use crate::long::{number_in, whole};

/// Filled by all at once.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    /// What it says by message id: a text, or a piece of one.
    acknowledged: HashMap<String, String>,
    /// Call-IDs of the texts in which a piece was shown.
    shown: HashMap<String, Vec<String>>,
    /// Numbers of texts of which a piece was submitted again, because its answer was lost.
    repeated: HashSet<usize>,
    /// Texts that were shown without some of their pieces.
    marked: usize,
    /// Texts on the phone of somebody else.
    astray: Vec<String>,
    /// `stat` by message id.
    told: HashMap<String, Vec<String>>,
    /// Those that a carrier asked to take back, and those of which it heard that it was done.
    asked: HashSet<String>,
    cancelled: HashSet<String>,
    unanswered: usize,
    refused: usize,
}

/// The figures, and all that must not be.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) acknowledged: usize,
    pub(crate) faults: Vec<String>,
    cancelled: usize,
    unanswered: usize,
    refused: usize,
    waiting: usize,
    shown_again: usize,
    repeated: usize,
    marked: usize,
    told_again: usize,
}

impl Ledger {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().expect("no one panics while writing")
    }

    pub(crate) fn acknowledged(&self, id: String, text: String) {
        let mut pages = self.pages();
        let before = pages.acknowledged.insert(id.clone(), text.clone());
        assert!(before.is_none_or(|before| before == text), "the id {id} was given twice");
    }

    /// The connection ended before the answer: nothing was promised.
    /// `again` is a piece that will be submitted again.
    pub(crate) fn unanswered(&self, again: Option<String>) {
        let mut pages = self.pages();
        pages.unanswered += 1;
        pages.repeated.extend(again.and_then(|piece| number_in(&piece)));
    }

    pub(crate) fn refused(&self) {
        self.pages().refused += 1;
    }

    /// A phone, one of `phones`, shows a text: its number tells whose it is.
    pub(crate) fn shown(&self, (phone, phones): (usize, usize), text: String, call_id: String) {
        // The mark of a gap stands right before the piece that follows it, that of a late part has a blank.
        let said = text.replace("(...)", "");
        let pieces: Vec<&str> =
            said.split_inclusive(' ').filter(|piece| !piece.contains(['(', ')'])).collect();
        let of = pieces.first().and_then(|piece| number_in(piece));
        let mut pages = self.pages();
        let one_text = pieces.iter().all(|piece| number_in(piece) == of);
        let marked = text.contains('(');
        let right = of
            .is_some_and(|number| number % phones == phone && one_text && (marked || text == whole(number)));
        if !right {
            pages.astray.push(format!("phone {phone} shows \"{text}\", {call_id}"));
        }
        for piece in pieces {
            pages.shown.entry(piece.to_owned()).or_default().push(call_id.clone());
        }
        pages.marked += usize::from(marked);
    }

    pub(crate) fn told(&self, id: String, stat: String) {
        self.pages().told.entry(id).or_default().push(stat);
    }

    /// A cancel_sm is on its way.
    pub(crate) fn asked_to_cancel(&self, id: String) {
        self.pages().asked.insert(id);
    }

    /// It was answered: done.
    pub(crate) fn cancelled(&self, id: String) {
        self.pages().cancelled.insert(id);
    }

    /// How many of the acknowledged messages were not told of yet.
    pub(crate) fn missing(&self) -> usize {
        let pages = self.pages();
        pages.acknowledged.keys().filter(|id| !pages.told.contains_key(*id)).count()
    }

    /// Holds the promises against what came, and asks the store about whatever is odd. `beyond`: the phones are there, and
    /// a text that was given to it twice is two there.
    pub(crate) async fn check(&self, installation: &Installation, beyond: Option<&Installation>) -> Verdict {
        let pages = std::mem::take(&mut *self.pages());
        let mut verdict = Verdict {
            acknowledged: pages.acknowledged.len(),
            unanswered: pages.unanswered,
            refused: pages.refused,
            marked: pages.marked,
            faults: pages.astray.iter().map(|shown| format!("astray: {shown}")).collect(),
            ..Verdict::default()
        };
        for (id, text) in &pages.acknowledged {
            let shown = pages.shown.get(text).map_or(&[][..], Vec::as_slice);
            let told = pages.told.get(id).map_or(&[][..], Vec::as_slice);
            let done = pages.cancelled.contains(id);
            let taken_back = done || pages.asked.contains(id) && told.iter().any(|stat| stat == "DELETED");
            let (screens, stat) = if taken_back { (0, "DELETED") } else { (1, "DELIVRD") };
            verdict.cancelled += usize::from(taken_back);
            if shown.len() == screens && told == [stat] {
                continue;
            }
            let repeated = number_in(text).is_some_and(|number| pages.repeated.contains(&number));
            verdict.repeated += usize::from(repeated && shown.len() > 1);
            verdict.look_into((id, repeated), (shown, told), (screens, stat), (installation, beyond)).await;
        }
        verdict
    }
}

impl Verdict {
    async fn look_into(
        &mut self,
        (id, repeated): (&str, bool),
        (shown, told): (&[String], &[String]),
        (screens, stat): (usize, &str),
        (installation, beyond): (&Installation, Option<&Installation>),
    ) {
        let story = match installation.story(id).await {
            Ok(story) => story,
            Err(error) => return self.faults.push(format!("{id} was acknowledged and is unknown: {error}")),
        };
        let has = |word: &str| has(&story, word);
        let mut doubted = has("in-doubt");
        if let Some(beyond) = beyond.filter(|_| shown.len() > 1) {
            // A Call-ID begins with the id that the message has there.
            for id in shown.iter().filter_map(|call_id| call_id.split('.').next()) {
                doubted |= beyond.story(id).await.is_ok_and(|story| self::has(&story, "in-doubt"));
            }
        }
        let mut fault =
            |what: &str| self.faults.push(format!("{id} {what}: shown {shown:?}, told {told:?}, {story}"));
        let waits = story["state"] == "waiting" || story["state"] == "taken";
        if screens == 0 && (waits || !shown.is_empty()) {
            fault("was taken back and went on");
        }
        if shown.len() < screens && !waits {
            fault("was shown by no phone and does not wait");
        }
        // One whose answer was lost was submitted twice, and may have been accepted twice.
        let one_text = beyond.is_some() || shown.iter().all(|call_id| *call_id == shown[0]);
        if shown.len() > 1 && !(doubted && one_text) && !repeated {
            fault("was shown twice for no reason");
        }
        if told.is_empty() && !waits {
            fault("ended and was not told");
        }
        if told.len() > 1 && !has("receipt-in-doubt") {
            fault("was told twice for no reason");
        }
        if told.iter().any(|told| told != stat) {
            fault("was told otherwise than it ended");
        }
        self.waiting += usize::from(waits);
        self.shown_again += usize::from(shown.len() > 1 && !repeated);
        self.told_again += usize::from(told.len() > 1);
    }
}

fn has(story: &serde_json::Value, word: &str) -> bool {
    story["steps"].as_array().is_some_and(|steps| steps.iter().any(|step| step["step"] == word))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages acknowledged, {} of them cancelled, {} submissions cut off, {} refused; {} still wait, {} shown twice in doubt, \
             {} shown twice after a lost answer, {} texts marked as incomplete, {} told twice in doubt, {} faults",
            self.acknowledged,
            self.cancelled,
            self.unanswered,
            self.refused,
            self.waiting,
            self.shown_again,
            self.repeated,
            self.marked,
            self.told_again,
            self.faults.len()
        )
    }
}
