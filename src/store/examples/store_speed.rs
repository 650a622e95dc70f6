//! What the store can do on this machine: messages accepted and finished per second, and the CPU time of it.
//!
//! `cargo run --release -p iwf-store --example store_speed [MESSAGES]`
//!
//! Each line keeps so many batches in flight, each of one write, as a node under load does; so the size of the
//! groups follows from it. Finishing includes the record and a receipt, and closing that receipt is a third write.

use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use iwf_model::{
    AccountId, Address, CarrierId, Cause, FinalState, Message, MessageId, Origin, Party, PendingReceipt,
    Progress, Receipt, ReceiptRequest, Recipient, Record, Step, StepKind, Submission, Timestamp, Validity,
};
use iwf_store::{Commit, Options, Sqlite, Store, Write};

const IN_FLIGHT: [usize; 4] = [1, 10, 100, 1_000];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let most = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let folder = std::env::temp_dir().join(format!("iwf-store-speed-{}", std::process::id()));
    println!("in flight | what     |   writes/s | CPU us each | rows a commit | ms a commit");
    for in_flight in IN_FLIGHT {
        let count = most.min(in_flight as u32 * 3_000);
        let store = Sqlite::open(&folder.join("iwf.db"), Options::node()).await?;
        store.start(at(0)).await?;
        measure(&store, "accept", in_flight, (0..count).map(accept)).await?;
        measure(&store, "finish", in_flight, (0..count).map(finish)).await?;
        measure(&store, "close", in_flight, (0..count).map(close)).await?;
        let life = (count..2 * count).flat_map(|number| {
            let behind = |by: u32| number.checked_sub(by).filter(|it| *it >= count);
            let ended = behind(in_flight as u32 * 2).map(finish);
            let told = behind(in_flight as u32 * 4).map(close);
            [Some(accept(number)), ended, told].into_iter().flatten()
        });
        measure(&store, "all three", in_flight, life).await?;
        store.close().await?;
        drop(store);
        remove(&folder)?;
    }
    Ok(())
}

async fn measure(
    store: &Sqlite,
    what: &str,
    in_flight: usize,
    writes: impl Iterator<Item = Write>,
) -> Result<()> {
    let before = store.health();
    let (started, cpu) = (Instant::now(), cpu_time()?);
    let mut commits: VecDeque<Commit> = VecDeque::with_capacity(in_flight);
    let mut count = 0u32;
    for write in writes {
        if commits.len() >= in_flight
            && let Some(oldest) = commits.pop_front()
        {
            oldest.await?;
        }
        commits.push_back(store.write(vec![write]));
        count += 1;
    }
    for commit in commits {
        commit.await?;
    }
    let (took, cpu) = (started.elapsed(), cpu_time()?.saturating_sub(cpu));
    let transactions = (store.health().commits - before.commits) as f64;
    println!(
        "{in_flight:9} | {what:9}| {:10.0} | {:11.2} | {:13.1} | {:11.2}",
        f64::from(count) / took.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / f64::from(count),
        f64::from(count) / transactions,
        took.as_secs_f64() * 1e3 / transactions,
    );
    Ok(())
}

/// User and system time of all threads of this process, in the kernel's ticks of 10 ms.
fn cpu_time() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name before it may hold blanks; utime and stime are fields 14 and 15, counted from 1.
    let fields = stat.rsplit_once(')').ok_or("no name")?.1;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    Ok(Duration::from_millis(10 * ticks.sum::<std::result::Result<u64, _>>()?))
}

fn remove(folder: &Path) -> Result<()> {
    Ok(std::fs::remove_dir_all(folder)?)
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000 + micros)
}

fn id(number: u32) -> MessageId {
    let parts = MessageId::compose(5_961_000_000 + u64::from(number / 100), 1, number % 100);
    parts.unwrap_or_else(|| unreachable!("all parts are small"))
}

fn party(addr: &str) -> Party {
    Party { ton: 1, npi: 1, addr: addr.as_bytes().into() }
}

fn step(kind: StepKind, detail: &str) -> Step {
    Step { at: at(1), kind, detail: detail.to_owned() }
}

fn accept(number: u32) -> Write {
    let now = at(i64::from(number) * 50);
    Write::Accept(std::sync::Arc::new(Message {
        id: id(number),
        submission: Submission {
            origin: Origin::Carrier(CarrierId(1)),
            source: "964770000000".parse().map_or(Address::Absent, Address::Number),
            destination: number_of("111222333"),
            source_as_submitted: party("964770000000"),
            destination_as_submitted: party("111222333"),
            text: "x".repeat(100),
            receipt: ReceiptRequest::ANY,
            validity: Validity::Default,
            reference: None,
            options: None,
        },
        recipient: Recipient::Account(AccountId(i64::from(number % 100))),
        accepted_at: now,
        expires_at: now.after(Duration::from_secs(86_400)),
        progress: Progress { due_at: now, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    }))
}

fn number_of(digits: &str) -> iwf_model::Number {
    digits.parse().unwrap_or_else(|_| unreachable!("these are digits"))
}

fn finish(number: u32) -> Write {
    let record = Record {
        message: id(number),
        origin: Origin::Carrier(CarrierId(1)),
        recipient: Recipient::Account(AccountId(i64::from(number % 100))),
        source: "964770000000".to_owned(),
        destination: "111222333".to_owned(),
        accepted_at: at(0),
        finished_at: at(1),
        state: FinalState::Delivered,
        cause: Cause::Delivered,
        reason: Cause::Delivered,
        via: None,
        text: None,
        code: 200,
        attempts: 1,
        in_doubt: false,
        story: vec![
            step(StepKind::Accepted, "smpp:carrier1"),
            step(StepKind::Attempt, "sip:111222333@127.0.0.1:5062 200"),
            step(StepKind::Finished, "delivered"),
        ],
    };
    let receipt = Receipt {
        message: id(number),
        acknowledges: None,
        told_as: id(number),
        carrier: CarrierId(1),
        source: party("964770000000"),
        destination: party("111222333"),
        state: FinalState::Delivered,
        error: 0,
        code: 200,
        submitted_at: at(0),
        done_at: at(1),
        reference: None,
        service_type: String::new(),
    };
    let pending = PendingReceipt { receipt, attempts: 0, in_doubt: false, due_at: at(1) };
    Write::Finish(Box::new(record), Some(Box::new(pending)))
}

fn close(number: u32) -> Write {
    let steps = vec![step(StepKind::ReceiptSent, "smpp:carrier1"), step(StepKind::ReceiptAcknowledged, "")];
    Write::CloseReceipt { message: id(number), steps }
}
