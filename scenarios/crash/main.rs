//! The node is killed under load, again and again, and must lose nothing that it acknowledged.
//!
//! Carriers with a window each submit numbered texts that ask for receipts, to phones over UDP and TCP. At
//! random moments the node gets SIGKILL and is started on the same data and ports. In the end:
//!
//! - each acknowledged message was shown by a phone, or still waits, unless its carrier took it back: then no phone
//!   showed it; some have a schedule;
//! - a long text was shown whole, or without a part whose answer was lost, marked;
//! - each was told to its carrier exactly once, or its story says that the receipt was in doubt;
//! - no phone showed a text that is somebody else's;
//! - a phone showed a text twice only with the same Call-ID, and only where the story says "in doubt";
//! - an app that asked was told once of each text of its own that was acknowledged; again only with the same Call-ID.
//!
//! The same holds of texts that go on to a second environment (`beyond`).
//!
//! `IWF_CRASH_CYCLES` (6) is how often it is killed, `IWF_CRASH_SEED` (1) chooses the moments.

mod apps;
mod beyond;
mod ledger;
mod load;
mod long;

use std::sync::Arc;
use std::time::Duration;

use iwf_scenarios::binary;
use iwf_sim::node::Installation;
use iwf_sim::phone::{Phone, PhoneOptions, Transport};
use tokio::time::{Instant, sleep};

use apps::Apps;
use ledger::Ledger;
use load::Load;

const PHONES: usize = 10;
const CARRIERS: usize = 2;
const WINDOW: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_node_loses_nothing_that_it_acknowledged() {
    let (cycles, seed) = (setting("IWF_CRASH_CYCLES", 6), setting("IWF_CRASH_SEED", 1));
    let mut random = Random(seed);
    let mut installation = Installation::new(binary(), Vec::new()).unwrap();
    installation.import(&provisioning()).await.unwrap();
    let mut node = installation.start().await.unwrap();
    let at = node.addresses().clone();
    let ledger = Arc::new(Ledger::default());
    let phones = phones(at.sip_udp[0], at.sip_tcp[0], &ledger).await;
    let mut apps = Apps::start(at.sip_udp[0], at.sip_tcp[0]).await;
    let load = Load::start(at.smpp[0], CARRIERS, WINDOW, &ledger);

    register(&phones, true).await;
    for _ in 0..cycles {
        // The moment is what is being tried, so it is a matter of time and not of progress.
        sleep(Duration::from_millis(300 + random.next() % 1200)).await;
        node.kill().await.unwrap();
        node = installation.start().await.unwrap();
        register(&phones, false).await;
    }
    load.stop_submitting();
    apps.stop_asking().await;
    drain(|| ledger.missing() + apps.missing()).await;
    load.end().await;
    installation.stop(node).await.unwrap();

    let mut verdict = ledger.check(&installation, None).await;
    let (asked, again, faults) = apps.check();
    println!("seed {seed}, killed {cycles} times: {verdict}");
    println!(
        "{asked} texts of an app acknowledged, {again} texts and notices again in doubt, {} faults",
        faults.len()
    );
    verdict.faults.extend(faults);
    let faults = verdict.faults.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(verdict.faults.is_empty(), "{faults}\n{}", installation.log_tail());
    assert!(verdict.acknowledged > 0 && asked > 0, "no load, so nothing was tried");
}

/// Waits until every receipt and notice is there, or none has come for so long that waiting is of no use.
async fn drain(missing_now: impl Fn() -> usize) {
    const PATIENCE: Duration = Duration::from_secs(20);
    let (mut missing, mut since) = (missing_now(), Instant::now());
    while missing > 0 && since.elapsed() < PATIENCE {
        sleep(Duration::from_millis(50)).await;
        let now = missing_now();
        if now != missing {
            (missing, since) = (now, Instant::now());
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn username(phone: usize) -> String {
    format!("49151000{phone:02}")
}

fn provisioning() -> String {
    carriers() + &accounts((0..PHONES).map(username).chain(apps::USERS.map(str::to_owned)))
}

fn carriers() -> String {
    let carrier = |carrier| {
        format!(
            "[[carrier]]\nname = \"c{carrier}\"\nsystem_id = \"c{carrier}\"\npassword = \"secret\"\n\
             [carrier.profile]\npart_wait = 2\n"
        )
    };
    (0..CARRIERS).map(carrier).collect()
}

fn accounts(users: impl Iterator<Item = String>) -> String {
    let account = |number| {
        format!("[[account]]\nusername = \"{number}\"\npassword = \"secret\"\ndids = [\"{number}\"]\n")
    };
    users.map(account).collect()
}

async fn phones(udp: std::net::SocketAddr, tcp: std::net::SocketAddr, ledger: &Arc<Ledger>) -> Vec<Phone> {
    let mut phones = Vec::new();
    for number in 0..PHONES {
        let (transport, server) = if number % 3 == 0 { (Transport::Tcp, tcp) } else { (Transport::Udp, udp) };
        let mut options = PhoneOptions::new(&username(number), "secret", server);
        options.transport = transport;
        let (phone, mut texts) = Phone::start(options).await.expect("a port is free");
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move {
            while let Some(text) = texts.recv().await {
                ledger.shown((number, PHONES), text.body, text.call_id);
            }
        });
        phones.push(phone);
    }
    phones
}

/// Registers the phones that need it: all at first, later those whose connection went down with the node.
async fn register(phones: &[Phone], first: bool) {
    let lost = |phone: &&Phone| first || phone.options().transport == Transport::Tcp;
    for phone in phones.iter().filter(lost) {
        let registered = phone.register().await;
        assert!(registered.is_ok(), "{}: {registered:?}", phone.options().username);
    }
}

/// A small generator of numbers (splitmix64): the same seed gives the same moments.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        x ^ (x >> 31)
    }
}
