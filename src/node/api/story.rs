//! The story of one message, every step with its time; its text is not told.

use std::time::Duration;

use iwf_model::{
    AccountId, CarrierId, Message, MessageId, Origin, PendingReceipt, Recipient, Record, Step, StepKind,
    Timestamp,
};
use iwf_store::{Provisioning, Story};
use serde::{Deserialize, Serialize};

/// A story as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) id: String,
    /// `waiting`; `taken` by another system, which tells later what became of it; or how it ended.
    pub(crate) state: String,
    /// Why it ended so, or why it waits; empty when it was not tried yet.
    pub(crate) cause: String,
    /// What the last attempt of an expired message failed of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The last code heard from a device.
    pub(crate) code: u32,
    pub(crate) origin: String,
    pub(crate) recipient: String,
    pub(crate) source: String,
    pub(crate) destination: String,
    pub(crate) accepted_at: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) finished_at: Option<String>,
    pub(crate) attempts: u16,
    pub(crate) in_doubt: bool,
    pub(crate) receipt: String,
    pub(crate) steps: Vec<ToldStep>,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToldStep {
    pub(crate) at: String,
    /// Milliseconds since the acceptance.
    pub(crate) after_ms: u64,
    pub(crate) step: String,
    pub(crate) detail: String,
}

impl Told {
    /// `None` when nothing is known of it but a receipt.
    pub(crate) fn of(id: MessageId, story: &Story, names: &Provisioning) -> Option<Self> {
        match (&story.record, &story.message) {
            (Some(record), _) => Some(Self::ended(id, record, story.receipt.as_ref(), names)),
            (None, Some(message)) => Some(Self::waiting(id, message, names)),
            (None, None) => None,
        }
    }

    fn ended(id: MessageId, record: &Record, receipt: Option<&PendingReceipt>, names: &Provisioning) -> Self {
        Self {
            id: id.to_string(),
            state: record.state.as_str().to_owned(),
            cause: record.cause.as_str().to_owned(),
            reason: (record.reason != record.cause).then(|| record.reason.as_str().to_owned()),
            code: record.code,
            origin: origin(record.origin, names),
            recipient: recipient(record.recipient, names),
            source: record.source.clone(),
            destination: record.destination.clone(),
            accepted_at: record.accepted_at.to_string(),
            expires_at: None,
            finished_at: Some(record.finished_at.to_string()),
            attempts: record.attempts,
            in_doubt: record.in_doubt,
            receipt: receipt_state(&record.story, receipt),
            steps: steps(record.accepted_at, &with_end(record)),
        }
    }

    fn waiting(id: MessageId, message: &Message, names: &Provisioning) -> Self {
        let asked = message.submission.receipt;
        let receipt = match (asked.success, asked.failure) {
            (false, false) => "not asked for",
            (true, false) => "asked for, if it is delivered",
            (false, true) => "asked for, if it is not delivered",
            (true, true) => "asked for",
        };
        let last = message.progress.last;
        Self {
            id: id.to_string(),
            state: if message.progress.taken.is_some() { "taken" } else { "waiting" }.to_owned(),
            cause: last.map_or("", |last| last.cause.as_str()).to_owned(),
            reason: None,
            code: last.map_or(0, |last| last.code),
            origin: origin(message.submission.origin, names),
            recipient: recipient(message.recipient, names),
            source: message.submission.source.to_string(),
            destination: message.submission.destination.to_string(),
            accepted_at: message.accepted_at.to_string(),
            expires_at: Some(message.expires_at.to_string()),
            finished_at: None,
            attempts: message.progress.attempts,
            in_doubt: message.progress.in_doubt,
            receipt: receipt.to_owned(),
            steps: steps(message.accepted_at, &message.story),
        }
    }
}

/// The story with the end of the message in its place: before what became of its receipt, and before it was read, which
/// may be written down ahead of the acknowledgement of the receipt.
fn with_end(record: &Record) -> Vec<Step> {
    let mut story = record.story.clone();
    if story.iter().any(|step| step.kind == StepKind::Finished) {
        return story;
    }
    let later = |step: &Step| {
        use StepKind::{Read, ReceiptAcknowledged, ReceiptDropped, ReceiptInDoubt, ReceiptSent};
        match step.kind {
            ReceiptSent | ReceiptAcknowledged | ReceiptInDoubt | ReceiptDropped => true,
            Read => step.at >= record.finished_at,
            _ => false,
        }
    };
    let place = story.iter().position(later).unwrap_or(story.len());
    let detail = format!("{}: {}", record.state.as_str(), record.cause.as_str());
    story.insert(place, Step { at: record.finished_at, kind: StepKind::Finished, detail });
    story
}

fn steps(accepted_at: Timestamp, story: &[Step]) -> Vec<ToldStep> {
    let accepted = Step { at: accepted_at, kind: StepKind::Accepted, detail: String::new() };
    let told = story.iter().any(|step| step.kind == StepKind::Accepted);
    let first = (!told).then_some(&accepted);
    let shown = |step: &Step| {
        let after: Duration = step.at.since(accepted_at);
        ToldStep {
            at: step.at.to_string(),
            after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            step: step.kind.as_str().to_owned(),
            detail: step.detail.clone(),
        }
    };
    first.into_iter().chain(story).map(shown).collect()
}

/// What became of the receipt, from the steps that told of it and what still waits.
fn receipt_state(story: &[Step], waiting: Option<&PendingReceipt>) -> String {
    if let Some(waiting) = waiting {
        let doubt = if waiting.in_doubt { ", in doubt: it may have been told already" } else { "" };
        return format!(
            "{} waits for a receiver, told {} times{doubt}",
            waiting.receipt.state.as_str(),
            waiting.attempts
        );
    }
    let last = story.iter().rev().find_map(|step| match step.kind {
        StepKind::ReceiptAcknowledged => Some("acknowledged"),
        StepKind::ReceiptDropped => Some("given up"),
        _ => None,
    });
    last.unwrap_or("not asked for").to_owned()
}

/// Whose message it is, by name.
pub(super) fn origin(origin: Origin, names: &Provisioning) -> String {
    match origin {
        Origin::Carrier(id) => carrier(id, names),
        Origin::Account(id) => account(id, names),
    }
}

/// For whom it is, by name.
pub(super) fn recipient(recipient: Recipient, names: &Provisioning) -> String {
    match recipient {
        Recipient::Carrier(id) => carrier(id, names),
        Recipient::Account(id) => account(id, names),
        Recipient::Route(id) => {
            let known = names.routes.iter().find(|route| route.id == id);
            let route = known.map_or_else(|| format!("a removed one ({})", id.0), |known| known.name.clone());
            format!("another system, by route {route}")
        }
    }
}

fn carrier(id: CarrierId, names: &Provisioning) -> String {
    let known = names.carriers.iter().find(|carrier| carrier.id == id);
    known.map_or_else(|| format!("a removed carrier ({})", id.0), |known| format!("carrier {}", known.name))
}

fn account(id: AccountId, names: &Provisioning) -> String {
    let known = names.accounts.iter().find(|account| account.id == id);
    known.map_or_else(
        || format!("a removed account ({})", id.0),
        |known| format!("account {}", known.username),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use iwf_model::{Cause, FinalState};

    use super::*;

    fn moment(millis: u64) -> Timestamp {
        Timestamp::from_civil((2026, 11, 21), (9, 30, 0)).unwrap().after(Duration::from_millis(millis))
    }

    fn record() -> Record {
        let step = |millis, kind, detail: &str| Step { at: moment(millis), kind, detail: detail.to_owned() };
        Record {
            message: "123456789012345678".parse().unwrap(),
            origin: Origin::Carrier(CarrierId(1)),
            recipient: Recipient::Account(AccountId(2)),
            source: "ACME\u{1b}[2J".to_owned(),
            destination: "111222333".to_owned(),
            accepted_at: moment(0),
            finished_at: moment(2_040),
            state: FinalState::Delivered,
            cause: Cause::Delivered,
            reason: Cause::Delivered,
            via: None,
            text: None,
            code: 200,
            attempts: 1,
            in_doubt: false,
            story: vec![
                step(2_030, StepKind::Attempt, "sip:111222333@192.0.2.7:5060 200"),
                step(2_040, StepKind::Finished, "delivered"),
                step(2_100, StepKind::ReceiptAcknowledged, "Carrier1"),
            ],
        }
    }

    fn told(record: Record) -> Told {
        let id = record.message;
        let story = Story { message: None, record: Some(record), receipt: None };
        Told::of(id, &story, &Provisioning::default()).unwrap()
    }

    #[test]
    fn every_step_is_told_with_its_time_and_the_end_in_its_place() {
        let told = told(record());
        let steps: Vec<(u64, &str)> =
            told.steps.iter().map(|step| (step.after_ms, step.step.as_str())).collect();
        let end = [(2_040, "finished"), (2_100, "receipt-acknowledged")];
        assert_eq!(steps, [(0, "accepted"), (2_030, "attempt"), end[0], end[1]]);
        assert_eq!((told.receipt.as_str(), told.origin.as_str()), ("acknowledged", "a removed carrier (1)"));
    }

    #[test]
    fn a_text_is_read_after_its_end_whatever_was_written_down_first() {
        let mut record = record();
        let read = Step { at: record.finished_at, kind: StepKind::Read, detail: String::new() };
        let acknowledged = record.story.len() - 1;
        record.story.insert(acknowledged, read);
        let told = told(record);
        let steps: Vec<&str> = told.steps.iter().skip(2).map(|step| step.step.as_str()).collect();
        assert_eq!(steps, ["finished", "read", "receipt-acknowledged"]);
    }

    #[test]
    fn a_receipt_that_nobody_asked_for_is_said_to_be_so() {
        let mut quiet = record();
        quiet.story.pop();
        assert_eq!(told(quiet).receipt, "not asked for");
    }

    #[test]
    fn json_tells_the_same_without_a_text() {
        let json = serde_json::to_value(told(record())).unwrap();
        assert_eq!((&json["state"], &json["steps"][1]["after_ms"]), (&"delivered".into(), &2030.into()));
        assert!(json.get("text").is_none());
    }
}
