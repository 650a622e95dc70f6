//! Apps that ask for more than the store can take.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use iwf_sim::phone::{Phone, PhoneError, PhoneOptions, Transport};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval};

use crate::house::{House, PATIENCE};

async fn phone(house: &House, username: &str) -> Arc<Phone> {
    let server = house.node.addresses().sip_tcp[0];
    let mut options = PhoneOptions::new(username, "secret", server);
    options.transport = Transport::Tcp;
    let phone = Arc::new(Phone::start(options).await.unwrap().0);
    phone.register().await.unwrap();
    phone
}

/// Sends texts, a thousand in a second whatever becomes of them, until told to stop.
struct Flood {
    sender: JoinHandle<Tally>,
    over: Arc<AtomicBool>,
}

/// What became of texts.
#[derive(Debug, Default)]
struct Tally {
    taken: u64,
    /// Nobody knows.
    unanswered: u64,
}

impl Tally {
    fn count(&mut self, answer: Result<u16, PhoneError>) {
        match answer {
            Ok(202) => self.taken += 1,
            Ok(500 | 503) => {}
            Err(PhoneError::NoAnswer(_)) => self.unanswered += 1,
            other => panic!("{other:?}"),
        }
    }
}

impl Flood {
    fn of(phone: Arc<Phone>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let sender = tokio::spawn({
            let over = Arc::clone(&over);
            async move {
                let (mut texts, mut tally) = (JoinSet::new(), Tally::default());
                let mut pace = interval(Duration::from_millis(10));
                while !over.load(Relaxed) {
                    pace.tick().await;
                    for _ in 0..10 {
                        let phone = Arc::clone(&phone);
                        texts.spawn(async move { phone.send("333", "again").await });
                    }
                    while let Some(answer) = texts.try_join_next() {
                        tally.count(answer.unwrap());
                    }
                }
                for answer in texts.join_all().await {
                    tally.count(answer);
                }
                tally
            }
        });
        Self { sender, over }
    }

    async fn end(self) -> Tally {
        self.over.store(true, Relaxed);
        self.sender.await.unwrap()
    }
}

/// Somebody else who writes to the database of the node.
async fn writer(house: &House) -> SqliteConnection {
    let file = house.installation.data().join("iwf.db");
    let options = SqliteConnectOptions::from_str(&format!("sqlite://{}", file.display())).unwrap();
    options.connect().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_floods_while_the_disk_is_slow_is_turned_away_and_what_was_taken_is_all_that_is_stored() {
    let account = |name: &str| {
        format!("[[account]]\nusername = \"{name}\"\npassword = \"secret\"\ndids = [\"{name}\"]\n")
    };
    let provisioning = ["111", "222", "333"].map(account).concat();
    let limit = ("limits", "waiting_per_account", "100000".to_owned());
    let house = House::open_to(&provisioning, &[limit]).await;
    let (flooding, other) = (phone(&house, "111").await, phone(&house, "222").await);
    for phone in [&flooding, &other] {
        assert_eq!(phone.send("333", "first").await.unwrap(), 202);
    }

    let mut writer = writer(&house).await;
    writer.execute("BEGIN IMMEDIATE").await.unwrap();
    let flood = Flood::of(flooding);
    let deadline = Instant::now() + PATIENCE;
    while house.metric("iwf_sip_shed_total{result=\"answered\"}").await == 0.0 {
        assert!(Instant::now() < deadline, "{}", house.log());
    }
    writer.execute("ROLLBACK").await.unwrap();
    writer.close().await.unwrap();
    assert!(house.log().contains("overload: a part of what apps ask is turned away"), "{}", house.log());

    // The flood goes on, and another app is heard through it.
    let (mut others, deadline) = (Tally::default(), Instant::now() + 2 * PATIENCE);
    while others.taken == 0 {
        others.count(other.send("333", "through the flood").await);
        assert!(Instant::now() < deadline, "{}", house.log());
    }
    let tally = flood.end().await;
    house.counts("iwf_sip_overload_percent", 0.0).await;
    let least = 2 + tally.taken + others.taken;
    let stored = house.metric("iwf_messages_waiting").await as u64;
    assert!((least..=least + tally.unanswered + others.unanswered).contains(&stored), "{stored}, {tally:?}");
}
