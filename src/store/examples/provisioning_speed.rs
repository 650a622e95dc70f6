//! What the store needs for many routes on this machine: to add, read and change them, and to undo that.
//!
//! `cargo run --release -p iwf-store --example provisioning_speed [ROUTES]`
//!
//! A change holds the writer of messages up as long as it takes, so changes of many routes are not for the busy hour.

use std::error::Error;
use std::time::Instant;

use iwf_model::{
    Alphabet, Carrier, CarrierId, Connection, ConnectionId, Link, Profile, Route, RouteId, Rule, Settings,
    Timestamp,
};
use iwf_store::{Change, Options, Sqlite, Store};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const NOW: Timestamp = Timestamp::from_micros(0);

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let count: u32 = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let folder = std::env::temp_dir().join(format!("iwf-provisioning-speed-{}", std::process::id()));
    let store = Sqlite::open(&folder.join("iwf.db"), Options::node()).await?;
    put(&store, "set up", vec![carrier(), connection("a")?, connection("b")?]).await?;
    put(&store, "add all", all(count, "a*70 | b*30")?).await?;
    for _ in 0..3 {
        let started = Instant::now();
        let read = store.provisioning().await?;
        println!("read all      {:?}: {} routes", started.elapsed(), read.routes.len());
    }
    put(&store, "change one", vec![route(count / 2, "b")?]).await?;
    let revision = put(&store, "change all", all(count, "b, a")?).await?;
    put(&store, "undo that", vec![Change::Undo { revision, forced: false }]).await?;
    store.close().await?;
    Ok(std::fs::remove_dir_all(&folder)?)
}

async fn put(store: &Sqlite, what: &str, changes: Vec<Change>) -> Result<u64> {
    let started = Instant::now();
    let revision = store.provision(changes, "speed", None, NOW).await?;
    println!("{what:13} {:?}", started.elapsed());
    Ok(revision)
}

fn all(count: u32, via: &str) -> Result<Vec<Change>> {
    (0..count).map(|number| route(number, via)).collect()
}

fn route(number: u32, via: &str) -> Result<Change> {
    let (to, name) = (format!("{number}%, !{number}9%"), format!("r{number}"));
    let mut rule = Rule::default();
    for (key, text) in [("to", to.as_str()), ("when", "mon-fri 08:00-20:00 +01:00"), ("via", via)] {
        rule.set(key, text)?;
    }
    Ok(Change::PutRoute(Box::new(Route { id: RouteId(0), name, rule })))
}

fn connection(name: &str) -> Result<Change> {
    let mut link = Link::default();
    link.set("carrier", "v")?;
    Ok(Change::PutConnection(Box::new(Connection { id: ConnectionId(0), name: name.to_owned(), link })))
}

fn carrier() -> Change {
    Change::PutCarrier(Box::new(Carrier {
        id: CarrierId(0),
        name: "v".to_owned(),
        system_id: String::new(),
        password_hash: String::new(),
        enabled: true,
        max_binds: 1,
        rate: 0,
        window: 1,
        alphabet: Alphabet::default(),
        profile: Profile::default(),
    }))
}
