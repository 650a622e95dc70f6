//! Runs: clean and unclean ends, one node at a time, a command line beside it.

use std::sync::Arc;

use iwf_model::{CarrierId, Progress, Recipient, StepKind};

use super::Place;
use super::sample::*;
use crate::{Change, Conflict, Postponed, Start, Store, StoreError, Write};

/// And says what waits.
pub async fn a_closed_store_starts_clean(place: impl Place) {
    let store = place.open(ROOM).await;
    let empty = Start { clean: true, last_id: None, waiting: Vec::new(), receipts: 0 };
    assert_eq!(store.start(at(0)).await.unwrap(), empty);
    store.write(vec![accept(1), accept(2)]).await.unwrap();
    store.write(vec![finish_told(2)]).await.unwrap();
    store.close().await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    let start = store.start(at(10)).await.unwrap();

    let waiting = vec![(ACCOUNT, 1)];
    assert_eq!(start, Start { clean: true, last_id: Some(id(2)), waiting, receipts: 1 });
    assert_eq!(store.waiting(None, 10).await.unwrap(), [message(1)]);
    assert_eq!(store.receipts(None, 10).await.unwrap(), [receipt(2)]);
}

/// Accounts and carriers apart.
pub async fn a_start_counts_what_waits_for_each_recipient(place: impl Place) {
    let store = place.open(ROOM).await;
    store.start(at(0)).await.unwrap();
    let mut to_carrier = message(4);
    to_carrier.recipient = Recipient::Carrier(CarrierId(7));
    let to_carrier = Write::Accept(Arc::new(to_carrier));
    store.write(vec![accept(1), accept(2), accept(3), to_carrier]).await.unwrap();
    store.write(vec![finish(3)]).await.unwrap();
    drop(store);

    let start = place.open(ROOM).await.start(at(10)).await.unwrap();

    assert_eq!(start.waiting, [(Recipient::Carrier(CarrierId(7)), 1), (ACCOUNT, 2)]);
    assert_eq!(start.waiting_in_all(), 3);
}

/// What waits, and only that, with a step that says so.
pub async fn an_unclean_end_puts_what_waits_in_doubt(place: impl Place) {
    let store = place.open(ROOM).await;
    store.start(at(0)).await.unwrap();
    store.write(vec![accept(1), accept(2), accept(3)]).await.unwrap();
    store.write(vec![finish_told(2), finish(3)]).await.unwrap();
    drop(store);

    let store = place.open(ROOM).await;
    let start = store.start(at(10)).await.unwrap();
    store.write(vec![accept(4)]).await.unwrap();

    let waiting = vec![(ACCOUNT, 1)];
    assert_eq!(start, Start { clean: false, last_id: Some(id(3)), waiting, receipts: 1 });
    let mut doubtful = message(1);
    doubtful.progress.in_doubt = true;
    doubtful.story.push(step(10, StepKind::InDoubt, ""));
    assert_eq!(store.waiting(None, 10).await.unwrap(), [doubtful, message(4)]);
    let told = store.story(id(2)).await.unwrap().unwrap();
    assert!(told.receipt.unwrap().in_doubt);
    assert_eq!(told.record.unwrap().story.last(), Some(&step(10, StepKind::ReceiptInDoubt, "")));
    assert_eq!(store.story(id(3)).await.unwrap().unwrap().record, Some(record(3)));
}

/// Doubts of several starts come in their order, before what is written later.
pub async fn a_doubt_stays_in_the_story_when_written_on(place: impl Place) {
    let store = place.open(ROOM).await;
    store.start(at(0)).await.unwrap();
    store.write(vec![accept(1), accept(2)]).await.unwrap();
    store.write(vec![finish_told(2)]).await.unwrap();
    drop(store);
    for start in [10, 20] {
        let store = place.open(ROOM).await;
        store.start(at(start)).await.unwrap();
        drop(store);
    }

    let store = place.open(ROOM).await;
    let progress = Progress { attempts: 1, due_at: at(40), ..Progress::default() };
    let steps = vec![step(30, StepKind::Waiting, "")];
    let told = vec![step(30, StepKind::ReceiptAcknowledged, "")];
    let writes = vec![
        Write::Postpone(Postponed { message: id(1), progress, steps }),
        Write::CloseReceipt { message: id(2), steps: told },
    ];
    store.write(writes).await.unwrap();

    let waiting = store.waiting(None, 10).await.unwrap();
    assert!(!waiting[0].progress.in_doubt);
    let told = store.story(id(2)).await.unwrap().unwrap().record.unwrap();
    let times = |story: &[iwf_model::Step]| story.iter().map(|step| step.at).collect::<Vec<_>>();
    assert_eq!(times(&waiting[0].story), [at(0), at(10), at(20), at(30)]);
    assert_eq!(times(&told.story), [at(0), at(1), at(10), at(20), at(30)]);
}

/// It says so, and does not wait for ever.
pub async fn a_closed_store_takes_no_writes(place: impl Place) {
    let store = place.open(ROOM).await;
    store.close().await.unwrap();

    assert!(matches!(store.write(vec![accept(1)]).await, Err(StoreError::Unavailable(_))));
    assert!(store.waiting(None, 1).await.is_err());
}

/// As long as the first one runs.
pub async fn a_second_node_is_refused(place: impl Place) {
    let first = place.open(ROOM).await;

    let second = place.try_open().await.err();

    assert!(matches!(second, Some(StoreError::Conflict(Conflict::InUse(_)))));
    drop(first);
    place.open(ROOM).await;
}

/// Neither hinders the other, and each sees what the other did.
pub async fn a_tool_provisions_while_the_node_writes(place: impl Place) {
    let node = place.open(ROOM).await;
    node.start(at(0)).await.unwrap();
    let tool = place.open_beside().await;

    let writes = async {
        for number in 0..300 {
            node.write(vec![accept(number)]).await.unwrap();
        }
    };
    let changes = async {
        for number in 1..=20u64 {
            let change = Change::PutAccount(account(&number.to_string(), &[&number.to_string()]));
            assert_eq!(tool.provision(vec![change], BY, None, at(0)).await, Ok(number));
        }
    };
    tokio::join!(writes, changes);

    assert_eq!(node.revision().await, Ok(20));
    assert_eq!(node.provisioning().await.unwrap().accounts.len(), 20);
    assert_eq!(tool.waiting(None, 1_000).await.unwrap().len(), 300);
    tool.close().await.unwrap();
    drop(tool);
    // A command line that ends is not the end of the node's run.
    drop(node);
    assert!(!place.open(ROOM).await.start(at(1)).await.unwrap().clean);
}
