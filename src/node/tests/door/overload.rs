//! Apps that ask for more than the store can take.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use iwf_sim::phone::{Phone, PhoneOptions, Transport};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::house::{House, PATIENCE};

async fn phone(house: &House, username: &str) -> Arc<Phone> {
    let server = house.node.addresses().sip_tcp[0];
    let mut options = PhoneOptions::new(username, "secret", server);
    options.transport = Transport::Tcp;
    let phone = Arc::new(Phone::start(options).await.unwrap().0);
    phone.register().await.unwrap();
    phone
}

/// Sends texts without end, many at a time, until told to stop; counts those that were taken and those that were not.
struct Flood {
    texts: JoinSet<()>,
    over: Arc<AtomicBool>,
    taken: Arc<AtomicU64>,
}

impl Flood {
    fn of(phone: &Arc<Phone>) -> Self {
        let (over, taken) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut texts = JoinSet::new();
        for _ in 0..100 {
            let (phone, over, taken) = (Arc::clone(phone), Arc::clone(&over), Arc::clone(&taken));
            texts.spawn(async move {
                while !over.load(Relaxed) {
                    match phone.send("333", "again").await.unwrap() {
                        202 => drop(taken.fetch_add(1, Relaxed)),
                        500 | 503 => {}
                        status => panic!("{status}"),
                    }
                }
            });
        }
        Self { texts, over, taken }
    }

    async fn end(mut self) -> u64 {
        self.over.store(true, Relaxed);
        while let Some(ended) = self.texts.join_next().await {
            ended.unwrap();
        }
        self.taken.load(Relaxed)
    }
}

/// The disk is slow: somebody else holds the database, for less than the five seconds that the store waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_floods_while_the_disk_is_slow_is_turned_away_and_nothing_of_that_is_stored() {
    let account = |name: &str| {
        format!("[[account]]\nusername = \"{name}\"\npassword = \"secret\"\ndids = [\"{name}\"]\n")
    };
    let provisioning = ["111", "222", "333"].map(account).concat();
    let house =
        House::open_to(&provisioning, &[("limits", "waiting_per_account", "100000".to_owned())]).await;
    let (flooding, other) = (phone(&house, "111").await, phone(&house, "222").await);
    for phone in [&flooding, &other] {
        assert_eq!(phone.send("333", "first").await.unwrap(), 202);
    }

    let file = house.installation.data().join("iwf.db");
    let url = format!("sqlite://{}", file.display());
    let mut holder = SqliteConnectOptions::from_str(&url).unwrap().connect().await.unwrap();
    holder.execute("BEGIN IMMEDIATE").await.unwrap();
    let flood = Flood::of(&flooding);
    let deadline = Instant::now() + PATIENCE;
    while house.metric("iwf_sip_shed_total{result=\"answered\"}").await == 0.0 {
        assert!(Instant::now() < deadline, "{}", house.log());
    }
    holder.execute("ROLLBACK").await.unwrap();
    holder.close().await.unwrap();
    assert!(house.log().contains("overload: a part of what apps ask is turned away"), "{}", house.log());

    while house.metric("iwf_sip_overload_percent").await > 98.0 {
        assert!(Instant::now() < deadline, "{}", house.log());
    }
    for _ in 0..5 {
        assert_eq!(other.send("333", "in time").await.unwrap(), 202, "{}", house.log());
    }
    let taken = flood.end().await;
    house.counts("iwf_sip_overload_percent", 0.0).await;
    house.counts("iwf_messages_waiting", (taken + 7) as f64).await;
}
