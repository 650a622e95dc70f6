//! What was promised and what came of it, as the carriers and phones saw it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use iwf_sim::node::Installation;

/// Filled by all at once.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    /// Text by message id.
    acknowledged: HashMap<String, String>,
    /// Call-IDs by text.
    shown: HashMap<String, Vec<String>>,
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
    told_again: usize,
}

impl Ledger {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().expect("no one panics while writing")
    }

    pub(crate) fn acknowledged(&self, id: String, text: String) {
        let before = self.pages().acknowledged.insert(id.clone(), text);
        assert!(before.is_none(), "the id {id} was given twice");
    }

    /// The connection ended before the answer: nothing was promised.
    pub(crate) fn unanswered(&self) {
        self.pages().unanswered += 1;
    }

    pub(crate) fn refused(&self) {
        self.pages().refused += 1;
    }

    /// A phone, one of `phones`, shows a text: its number tells whose it is.
    pub(crate) fn shown(&self, (phone, phones): (usize, usize), text: String, call_id: String) {
        let number = text.rsplit(' ').next().and_then(|digits| digits.parse::<usize>().ok());
        let mut pages = self.pages();
        if number.is_none_or(|number| number % phones != phone) {
            pages.astray.push(format!("phone {phone} shows \"{text}\", {call_id}"));
        }
        pages.shown.entry(text).or_default().push(call_id);
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

    /// Holds the promises against what came, and asks the store about whatever is odd.
    pub(crate) async fn check(&self, installation: &Installation) -> Verdict {
        let pages = std::mem::take(&mut *self.pages());
        let mut verdict = Verdict {
            acknowledged: pages.acknowledged.len(),
            unanswered: pages.unanswered,
            refused: pages.refused,
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
            verdict.look_into(id, (shown, told), (screens, stat), installation).await;
        }
        verdict
    }
}

impl Verdict {
    async fn look_into(
        &mut self,
        id: &str,
        (shown, told): (&[String], &[String]),
        (screens, stat): (usize, &str),
        installation: &Installation,
    ) {
        let story = match installation.story(id).await {
            Ok(story) => story,
            Err(error) => return self.faults.push(format!("{id} was acknowledged and is unknown: {error}")),
        };
        let has = |word: &str| {
            story["steps"].as_array().is_some_and(|steps| steps.iter().any(|step| step["step"] == word))
        };
        let mut fault =
            |what: &str| self.faults.push(format!("{id} {what}: shown {shown:?}, told {told:?}, {story}"));
        let waits = story["state"] == "waiting";
        if screens == 0 && (waits || !shown.is_empty()) {
            fault("was taken back and went on");
        }
        if shown.len() < screens && !waits {
            fault("was shown by no phone and does not wait");
        }
        if shown.len() > 1 && (shown.iter().any(|call_id| *call_id != shown[0]) || !has("in-doubt")) {
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
        self.shown_again += usize::from(shown.len() > 1);
        self.told_again += usize::from(told.len() > 1);
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages acknowledged, {} of them cancelled, {} submissions cut off, {} refused; {} still wait, {} shown twice in doubt, \
             {} told twice in doubt, {} faults",
            self.acknowledged,
            self.cancelled,
            self.unanswered,
            self.refused,
            self.waiting,
            self.shown_again,
            self.told_again,
            self.faults.len()
        )
    }
}
