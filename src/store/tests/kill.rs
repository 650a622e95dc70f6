//! Whatever was answered before a kill -9 is there afterwards.
//!
//! The test runs itself as a child (`IWF_STORE_KILL` names the folder), lets it accept and finish messages, and
//! kills it at moments of which no two are alike.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use iwf_model::{
    AccountId, Address, CarrierId, Cause, FinalState, Message, MessageId, Origin, Party, Progress,
    ReceiptRequest, Recipient, Record, Submission, Timestamp, Validity,
};
use iwf_store::{Options, Sqlite, Store, Write};

const FOLDER: &str = "IWF_STORE_KILL";
const ROUNDS: u32 = 4;
/// Batches in flight in the child.
const IN_FLIGHT: usize = 20;

#[test]
fn what_was_answered_survives_kill_9() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Some(folder) = std::env::var_os(FOLDER) {
        runtime.block_on(child(Path::new(&folder)));
        return;
    }
    let folder = std::env::temp_dir().join(format!("iwf-store-kill-{}", std::process::id()));
    let mut accepted = BTreeSet::new();
    let mut finished = BTreeSet::new();
    for round in 0..ROUNDS {
        // Not a number of whole groups, and another one each time.
        for line in run_and_kill(&folder, 37 + round as usize * 113) {
            let (what, id) = line.split_once(' ').unwrap();
            let set = if what == "accepted" { &mut accepted } else { &mut finished };
            assert!(set.insert(id.parse::<MessageId>().unwrap()), "{line} twice");
        }
        runtime.block_on(all_there(&folder, &accepted, &finished, round));
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// What the child answered until it was killed: a kill comes after so many lines, and all that it still had
/// written to the pipe counts.
fn run_and_kill(folder: &Path, lines: usize) -> Vec<String> {
    let mut child = spawn(folder);
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let told = |line: &String| line.starts_with("accepted ") || line.starts_with("finished ");
    let mut seen: Vec<String> = output.by_ref().filter(told).take(lines).collect();
    assert_eq!(seen.len(), lines, "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be half a line.
    seen.extend(output.filter(told).filter(|line| line.len() == "accepted ".len() + 18));
    seen
}

fn spawn(folder: &Path) -> Child {
    let this: PathBuf = std::env::current_exe().unwrap();
    Command::new(this)
        .args(["--exact", "what_was_answered_survives_kill_9", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn all_there(
    folder: &Path,
    accepted: &BTreeSet<MessageId>,
    finished: &BTreeSet<MessageId>,
    round: u32,
) {
    let store = Sqlite::open(&folder.join("iwf.db"), Options::tool()).await.unwrap();
    for id in accepted {
        let story = store.story(*id).await.unwrap();
        let story = story.unwrap_or_else(|| panic!("{id} was answered and is gone (round {round})"));
        assert!(story.message.is_some() != story.record.is_some(), "{id} waits or has ended, not both");
        assert!(story.record.is_some() || !finished.contains(id), "the end of {id} is gone");
    }
    let counted: u64 =
        store.usage(CarrierId(1), 0, i64::MAX).await.unwrap().iter().map(|usage| usage.accepted).sum();
    assert!(counted >= accepted.len() as u64);
}

/// Accepts and finishes for ever, and prints each id once its commit has succeeded.
async fn child(folder: &Path) {
    let store = Sqlite::open(&folder.join("iwf.db"), Options::node()).await.unwrap();
    let start = store.start(Timestamp::from_micros(1)).await.unwrap();
    let mut tick = start.last_id.map_or(1, |id| id.tick() + 1);
    loop {
        let ids: Vec<MessageId> =
            (0..IN_FLIGHT as u32).map(|number| MessageId::compose(tick, 1, number).unwrap()).collect();
        tick += 1;
        let accepts: Vec<_> = ids.iter().map(|id| (id, store.write(vec![accept(*id)]))).collect();
        for (id, commit) in accepts {
            commit.await.unwrap();
            say("accepted", *id);
        }
        let ends: Vec<_> = ids.iter().step_by(2).map(|id| (id, store.write(vec![finish(*id)]))).collect();
        for (id, commit) in ends {
            commit.await.unwrap();
            say("finished", *id);
        }
    }
}

fn say(what: &str, id: MessageId) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what} {id}").and_then(|()| out.flush()).unwrap();
}

fn accept(id: MessageId) -> Write {
    let submission = Submission {
        origin: Origin::Carrier(CarrierId(1)),
        source: Address::Absent,
        destination: "111222333".parse().unwrap(),
        source_as_submitted: Party::default(),
        destination_as_submitted: Party::default(),
        text: "x".repeat(100),
        receipt: ReceiptRequest::NONE,
        validity: Validity::Default,
        reference: None,
        options: None,
    };
    Write::Accept(std::sync::Arc::new(Message {
        id,
        submission,
        recipient: Recipient::Account(AccountId(1)),
        accepted_at: Timestamp::from_micros(1),
        expires_at: Timestamp::MAX,
        progress: Progress::default(),
        story: Vec::new(),
        parts: Vec::new(),
    }))
}

fn finish(id: MessageId) -> Write {
    let record = Record {
        message: id,
        origin: Origin::Carrier(CarrierId(1)),
        recipient: Recipient::Account(AccountId(1)),
        source: String::new(),
        destination: "111222333".to_owned(),
        accepted_at: Timestamp::from_micros(1),
        finished_at: Timestamp::from_micros(2),
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
    Write::Finish(Box::new(record), None)
}
