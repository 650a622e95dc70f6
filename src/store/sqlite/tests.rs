use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use iwf_model::Account;

use super::statements::Kind;
use super::*;
use crate::contract::{Place, sample};
use crate::error::Conflict;
use crate::write::Change;

crate::store_contract!(Folder);

/// A folder of its own for each test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn file(&self) -> PathBuf {
        self.0.join("iwf.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in the temporary folder harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place for Folder {
    type Store = Sqlite;

    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("iwf-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    async fn open(&self, queue_limit: usize) -> Sqlite {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            match Sqlite::open(&self.file(), Options { queue_limit, ..Options::node() }).await {
                Err(StoreError::Conflict(Conflict::InUse(_))) if Instant::now() < deadline => {
                    tokio::task::yield_now().await;
                }
                opened => return opened.unwrap(),
            }
        }
    }

    async fn try_open(&self) -> Result<Sqlite, StoreError> {
        Sqlite::open(&self.file(), Options::node()).await
    }

    async fn open_beside(&self) -> Sqlite {
        Sqlite::open(&self.file(), Options::tool()).await.unwrap()
    }
}

/// Another process that writes and does not end.
async fn hold_the_file(folder: &Folder) -> sqlx::SqliteConnection {
    let connect = connect::options(&folder.file(), &Options::tool());
    let mut other = sqlx::ConnectOptions::connect(&connect).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    other
}

#[tokio::test]
async fn what_has_happened_is_written_when_the_disk_is_back() {
    let folder = Folder::new();
    let options = Options { busy_timeout: Duration::from_millis(1), ..Options::node() };
    let store = Sqlite::open(&folder.file(), options).await.unwrap();
    store.write(vec![sample::accept(1)]).await.unwrap();
    let mut other = hold_the_file(&folder).await;

    let refused = store.write(vec![sample::accept(2)]).await;
    let kept = store.write(vec![sample::finish_told(1)]).await;
    let unflushed = store.flush().await;
    let health = store.health();
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();

    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert!(matches!(kept, Err(StoreError::Unavailable(_))), "{kept:?}");
    assert_eq!((health.queued, health.kept), (1, 1));
    assert!(health.failures > 0 && health.last_error.is_some());
    assert!(matches!(unflushed, Err(StoreError::Unavailable(_))), "{unflushed:?}");
    // The next write that succeeds comes after what was kept.
    while store.write(vec![sample::accept(3)]).await.is_err() {}
    let story = store.story(sample::id(1)).await.unwrap().unwrap();
    assert_eq!((story.message, story.record), (None, Some(sample::record(1))));
    assert_eq!(store.story(sample::id(2)).await.unwrap(), None);
    let health = store.health();
    assert_eq!((health.queued, health.kept, health.last_error), (0, 0, None));
}

#[tokio::test]
async fn what_is_kept_grows_with_the_contacts_and_not_with_their_refreshes() {
    let folder = Folder::new();
    let options = Options { busy_timeout: Duration::from_millis(1), ..Options::node() };
    let store = Sqlite::open(&folder.file(), options).await.unwrap();
    store
        .provision(vec![Change::PutAccount(sample::account("1", &["1"]))], sample::BY, None, sample::at(0))
        .await
        .unwrap();
    let owner = store.provisioning().await.unwrap().accounts[0].id;
    let bind =
        |contact, until| store.write(vec![Write::Bind(Box::new(sample::binding(owner, contact, until)))]);
    let mut other = hold_the_file(&folder).await;

    for round in 1..=3 {
        assert!(bind("sip:a@127.0.0.1", round * 60).await.is_err());
        assert!(bind("sip:b@127.0.0.1", round * 60).await.is_err());
    }
    let health = store.health();
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();

    assert_eq!((health.queued, health.kept), (2, 2));
    while store.flush().await.is_err() {}
    let expected = ["sip:a@127.0.0.1", "sip:b@127.0.0.1"].map(|contact| sample::binding(owner, contact, 180));
    assert_eq!(store.bindings(sample::at(0)).await.unwrap(), expected);
}

#[tokio::test]
async fn a_close_that_can_not_write_all_leaves_the_run_unclean() {
    let folder = Folder::new();
    let short = Duration::from_millis(1);
    let options = Options { busy_timeout: short, close_timeout: short, ..Options::node() };
    let store = Sqlite::open(&folder.file(), options).await.unwrap();
    store.start(Timestamp::from_micros(1)).await.unwrap();
    store.write(vec![sample::accept(1)]).await.unwrap();
    let other = hold_the_file(&folder).await;
    let kept = store.write(vec![sample::finish(1)]);

    let closed = store.close().await;

    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
    assert!(kept.await.is_err());
    drop((store, other));
    let start = folder.open(10).await.start(Timestamp::from_micros(2)).await.unwrap();
    assert_eq!((start.clean, start.waiting_in_all()), (false, 1));
}

#[tokio::test]
async fn no_statement_but_that_of_all_registrations_reads_a_whole_table() {
    let folder = Folder::new();
    let store = folder.open(10).await;
    let writes = Kind::ALL
        .into_iter()
        .flat_map(|kind| statements::text(kind, 4).split("; ").map(str::to_owned).collect::<Vec<_>>());
    let statements: Vec<String> =
        reads::ALL.into_iter().chain(upstream::ALL).map(str::to_owned).chain(writes).collect();

    for statement in statements {
        let explain = format!("EXPLAIN QUERY PLAN {statement}");
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(&explain).fetch_all(&store.pool).await.unwrap();
        for (.., step) in plan {
            let whole = [
                "message",
                "record",
                "receipt",
                "awaited",
                "a",
                "account",
                "carrier_usage",
                "binding",
                "upstream",
                "unmatched",
            ]
            .iter()
            .any(|table| step == format!("SCAN {table}") || step.starts_with(&format!("SCAN {table} ")));
            assert!(!whole, "{step}: {statement}");
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let store = folder.open(10).await;
    store.write(vec![sample::accept(1)]).await.unwrap();

    let mut seen = 0;
    for file in std::fs::read_dir(&folder.0).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", file.file_name());
        seen += 1;
    }
    assert!(seen >= 3, "the file, its log, its lock");
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused() {
    let folder = Folder::new();
    let store = folder.open(10).await;
    sqlx::query("UPDATE schema_version SET version = 99").execute(&store.pool).await.unwrap();
    drop(store);

    let opened = Sqlite::open(&folder.file(), Options::tool()).await.err();

    assert!(matches!(opened, Some(StoreError::Conflict(Conflict::TooNew { found: 99, .. }))), "{opened:?}");
}

/// The file as a version that knew so many steps left it.
async fn left_by(folder: &Folder, steps: usize, rows: &[&str]) {
    connect::create(&folder.file()).unwrap();
    let connect = connect::options(&folder.file(), &Options::tool());
    let mut file = sqlx::ConnectOptions::connect(&connect).await.unwrap();
    let version = format!(
        "CREATE TABLE schema_version (version BIGINT NOT NULL); INSERT INTO schema_version VALUES ({steps})"
    );
    for text in schema::STEPS[..steps].iter().chain(rows).copied().chain([version.as_str()]) {
        sqlx::query(text).persistent(false).execute(&mut file).await.unwrap();
    }
    sqlx::Connection::close(file).await.unwrap();
}

#[tokio::test]
async fn an_account_of_an_earlier_version_keeps_what_it_had_and_has_nothing_of_its_own() {
    let folder = Folder::new();
    let row = "INSERT INTO account (id, username, ha1_md5, ha1_sha256, realm, state) \
         VALUES (5, 'alice', 'md5', 'sha', 'iwf', 'active'); INSERT INTO did VALUES ('1', 5, 0)";
    left_by(&folder, 9, &[row]).await;

    let read = folder.open(10).await.provisioning().await.unwrap().accounts.remove(0);

    let expected = Account {
        id: read.id,
        ha1_md5: "md5".into(),
        ha1_sha256: "sha".into(),
        ha1_sha512_256: None,
        digest: None,
        tls_only: false,
        ..sample::account("alice", &["1"])
    };
    assert_eq!((read.id.0, read), (5, expected));
}

#[tokio::test]
async fn carriers_of_an_earlier_version_keep_their_settings_and_may_be_connected_to() {
    let folder = Folder::new();
    let rows = [
        "INSERT INTO carrier VALUES (3, 'TATA', 'tata', 'salt$hash', 1, 10, 4294967295, 1000, 'latin1')",
        "INSERT INTO carrier_setting VALUES (3, 'networks', '192.0.2.0/24'), (3, 'tlvs', '0x1400')",
        "UPDATE provisioning SET revision = 7, next_carrier = 4",
    ];
    left_by(&folder, 12, &rows).await;

    let store = folder.open(10).await;

    let read = store.provisioning().await.unwrap();
    let tata = iwf_model::Carrier { id: CarrierId(3), ..sample::carrier("TATA", "tata") };
    assert_eq!((read.revision, read.carriers), (7, vec![tata]));
    let mut link = iwf_model::Link::default();
    iwf_model::Settings::set(&mut link, "carrier", "TATA").unwrap();
    let (id, name) = (iwf_model::ConnectionId(0), "tata".to_owned());
    let put = Change::PutConnection(Box::new(iwf_model::Connection { id, name, link }));
    assert_eq!(store.provision(vec![put], sample::BY, None, sample::at(0)).await, Ok(8));
    assert_eq!(store.history(Filter::default(), None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_no_database_is_called_damaged() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.file(), "This is a text and not a database.".repeat(100)).unwrap();

    let opened = Sqlite::open(&folder.file(), Options::node()).await.err();

    assert!(matches!(opened, Some(StoreError::Corrupt(_))), "{opened:?}");
}
