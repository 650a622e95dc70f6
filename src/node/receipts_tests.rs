use std::collections::BTreeMap;

use iwf_model::{
    AccountId, Address, Cause, FinalState, Message, Name, Origin, Party, Progress, ReceiptRequest, Recipient,
    Record, Submission, Validity,
};
use iwf_store::{Options, Sqlite};

use super::*;

const CARRIER: CarrierId = CarrierId(1);
const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn id(number: u32) -> MessageId {
    MessageId::compose(5_000_000_000, 1, number).unwrap()
}

fn message(number: u32) -> Message {
    Message {
        id: id(number),
        submission: Submission {
            origin: Origin::Carrier(CARRIER),
            source: Address::Name(Name::parse("ACME").unwrap()),
            destination: "1111".parse().unwrap(),
            source_as_submitted: Party::default(),
            destination_as_submitted: Party::default(),
            text: String::from("hello"),
            receipt: ReceiptRequest::ANY,
            validity: Validity::Default,
            reference: None,
            options: None,
        },
        recipient: Recipient::Account(AccountId(1)),
        accepted_at: NOW,
        expires_at: NOW.after(Duration::from_secs(3600)),
        progress: Progress { due_at: NOW, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    }
}

fn finish(number: u32) -> Write {
    let record = Record {
        message: id(number),
        origin: Origin::Carrier(CARRIER),
        recipient: Recipient::Account(AccountId(1)),
        source: String::from("ACME"),
        destination: String::from("1111"),
        accepted_at: NOW,
        finished_at: NOW,
        state: FinalState::Delivered,
        cause: Cause::Delivered,
        reason: Cause::Delivered,
        via: None,
        text: None,
        code: 200,
        attempts: 1,
        in_doubt: false,
        story: Vec::new(),
    };
    let receipt = Receipt {
        message: id(number),
        acknowledges: None,
        told_as: id(number),
        carrier: CARRIER,
        source: Party::default(),
        destination: Party::default(),
        state: FinalState::Delivered,
        error: 0,
        code: 200,
        submitted_at: NOW,
        done_at: NOW,
        reference: None,
        service_type: String::new(),
    };
    let pending = PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: NOW };
    Write::Finish(Box::new(record), Some(Box::new(pending)))
}

/// A store in a folder of its own, in which so many receipts wait.
async fn store_with(name: &str, count: u32) -> (std::path::PathBuf, Arc<dyn Store>) {
    let folder = std::env::temp_dir().join(format!("iwf-receipts-{name}-{}", std::process::id()));
    let store = Sqlite::open(&folder.join("iwf.db"), Options::node()).await.unwrap();
    store.write((0..count).map(|number| Write::Accept(Arc::new(message(number)))).collect()).await.unwrap();
    store.write((0..count).map(finish).collect()).await.unwrap();
    (folder, Arc::new(store))
}

#[tokio::test]
async fn with_little_room_each_receipt_is_told_once() {
    let (folder, store) = store_with("once", 2_500).await;
    let receipts = Arc::new(Receipts::with_room(Arc::clone(&store), 40));
    let carrier_box = receipts.of(CARRIER);
    receipts.load(NOW).await.unwrap();

    let mut told: BTreeMap<MessageId, u32> = BTreeMap::new();
    let mut out = Vec::new();
    let mut refills = tokio::task::JoinSet::new();
    let mut idle = 0;
    while idle < 2 {
        carrier_box.take(7, NOW, (&mut Vec::new(), &mut out), None);
        let answers: Vec<Answered> = out
            .drain(..)
            .map(|receipt| Answered { message: receipt.message, answer: ReceiptAnswer::Taken, status: 0 })
            .collect();
        answers.iter().for_each(|answered| *told.entry(answered.message).or_default() += 1);
        carrier_box.answered(&answers, &*store, NOW);
        if carrier_box.wants_more(NOW) {
            let receipts = Arc::clone(&receipts);
            refills.spawn(async move { receipts.refill(CARRIER, NOW).await.unwrap() });
        }
        if answers.is_empty() {
            idle = if refills.join_next().await.is_some() { 0 } else { idle + 1 };
        } else {
            tokio::task::yield_now().await;
        }
    }

    assert_eq!(told.len(), 2_500);
    assert!(told.values().all(|times| *times == 1), "{:?}", told.iter().find(|(_, times)| **times > 1));
    store.flush().await.unwrap();
    assert_eq!(store.receipts(None, 1).await.unwrap(), []);
    drop((carrier_box, receipts, store));
    drop(std::fs::remove_dir_all(folder));
}

#[tokio::test]
async fn what_is_under_way_at_a_stop_is_stored_as_in_doubt() {
    let (folder, store) = store_with("stop", 3).await;
    let receipts = Receipts::new(Arc::clone(&store));
    receipts.load(NOW).await.unwrap();
    receipts.of(CARRIER).take(2, NOW, (&mut Vec::new(), &mut Vec::new()), None);

    receipts.interrupt(NOW);
    store.flush().await.unwrap();

    let stored = store.receipts(None, 9).await.unwrap();
    assert_eq!(stored.iter().map(|pending| pending.in_doubt).collect::<Vec<_>>(), [true, true, false]);
    let story = store.story(id(0)).await.unwrap().unwrap().record.unwrap().story;
    let last = story.last().map(|step| (step.kind, step.detail.as_str()));
    assert_eq!(last, Some((StepKind::ReceiptInDoubt, "stopped before it was acknowledged")));
    drop((receipts, store));
    drop(std::fs::remove_dir_all(folder));
}
