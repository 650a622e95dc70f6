//! The tables as Kamailio and OpenSIPS create them, with rows as they write them.

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use super::*;

/// The columns of both products that we read, in the types that they have with SQLite.
const VERSIONS: &str =
    "CREATE TABLE version (table_name VARCHAR(32) NOT NULL, table_version INTEGER NOT NULL)";

struct House {
    folder: tempdir::Folder,
    pool: SqlitePool,
}

/// A folder of its own for each test.
mod tempdir {
    use std::path::{Path, PathBuf};
    use std::sync::atomic::{AtomicU32, Ordering};

    pub(super) struct Folder(PathBuf);

    impl Folder {
        pub(super) fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("iwf-usrloc-{}-{number}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

impl House {
    async fn new(version: Option<i64>, location: &str) -> Self {
        let folder = tempdir::Folder::new();
        let file = folder.path().join("registrar.db");
        let connect = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let pool = SqlitePool::connect_with(connect).await.unwrap();
        let house = Self { folder, pool };
        house.run(VERSIONS).await;
        house.run(location).await;
        if let Some(version) = version {
            house.run(&format!("INSERT INTO version VALUES ('location', {version})")).await;
        }
        house
    }

    async fn kamailio() -> Self {
        Self::new(
            Some(9),
            "CREATE TABLE location (username VARCHAR(64), domain VARCHAR(64), contact VARCHAR(512), \
             path VARCHAR(512), socket VARCHAR(64), expires TIMESTAMP, last_modified TIMESTAMP, \
             user_agent VARCHAR(255), instance VARCHAR(255))",
        )
        .await
    }

    async fn run(&self, statement: &str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }

    fn options(&self) -> UsrlocOptions {
        let file = self.folder.path().join("registrar.db");
        UsrlocOptions {
            url: format!("sqlite://{}", file.display()),
            table: "location".to_owned(),
            utc_offset_minutes: 0,
        }
    }

    async fn open(&self) -> Result<Usrloc, UsrlocError> {
        Usrloc::open(self.options()).await
    }
}

async fn rows(usrloc: &Usrloc, since: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    usrloc.read(since, |row| rows.push(row)).await.unwrap();
    rows.sort_by(|a, b| a.username.cmp(&b.username));
    rows
}

#[tokio::test]
async fn contacts_of_kamailio_are_read_and_only_newer_ones_again() {
    let house = House::kamailio().await;
    house
        .run(
            "INSERT INTO location VALUES ('1111', NULL, 'sip:1111@10.1.1.1:5060', '<sip:10.0.0.9;lr>', \
             'udp:127.0.0.1:5060', 2461366.5, 2461366.25, 'Phone 1', '<urn:uuid:1>')",
        )
        .await;
    house
        .run(
            "INSERT INTO location VALUES ('2222', 'example.com', 'sip:2222@10.1.1.2', '', NULL, 0, \
             2461366.125, '', NULL)",
        )
        .await;
    let usrloc = house.open().await.unwrap();
    let all = rows(&usrloc, "").await;
    let midnight = Timestamp::from_civil((2026, 11, 22), (0, 0, 0));
    assert_eq!(
        all[0],
        Row {
            username: "1111".to_owned(),
            domain: None,
            contact: "sip:1111@10.1.1.1:5060".to_owned(),
            path: Some("<sip:10.0.0.9;lr>".to_owned()),
            socket: Some("udp:127.0.0.1:5060".to_owned()),
            expires_at: midnight,
            modified: "2461366.25".to_owned(),
            user_agent: "Phone 1".to_owned(),
            instance: Some("<urn:uuid:1>".to_owned()),
        }
    );
    assert_eq!((all[1].domain.as_deref(), all[1].path.as_deref()), (Some("example.com"), None));
    assert_eq!(all[1].expires_at, None, "zero stands for never");
    let newer = rows(&usrloc, &all[0].modified).await;
    assert_eq!(newer, all[..1]);
    let report = usrloc.report().await.unwrap();
    assert_eq!((report.product, report.version, report.contacts), (Product::Kamailio, 9, 2));
    assert_eq!(report.newest, Timestamp::from_civil((2026, 11, 21), (18, 0, 0)));
}

#[tokio::test]
async fn contacts_of_opensips_have_their_times_in_seconds() {
    let house = House::new(
        Some(1013),
        "CREATE TABLE location (username CHAR(64), domain CHAR(64), contact TEXT, path CHAR(255), \
         socket CHAR(64), expires INTEGER, last_modified DATETIME, user_agent CHAR(255), sip_instance CHAR(255))",
    )
    .await;
    house
        .run(
            "INSERT INTO location VALUES ('1111', 'example.com', 'sip:1111@10.1.1.1', NULL, 'tcp:10.0.0.1:5060', \
             1795276902, '2026-11-21 16:01:42', 'Phone', NULL)",
        )
        .await;
    let usrloc = house.open().await.unwrap();
    for (since, count) in [("2026-11-21 16:01:42", 1), ("2026-11-21 16:01:43", 0)] {
        assert_eq!(rows(&usrloc, since).await.len(), count, "{since}");
    }
    let rows = rows(&usrloc, "").await;
    assert_eq!(rows[0].expires_at, Timestamp::from_civil((2026, 11, 21), (16, 1, 42)));
    assert_eq!(usrloc.report().await.unwrap().product, Product::Opensips);
}

#[tokio::test]
async fn a_table_that_we_do_not_know_is_refused_by_name_and_version() {
    let location = "CREATE TABLE location (username VARCHAR(64))";
    let message = |house: House| async move { house.open().await.unwrap_err().to_string() };
    let unknown = message(House::new(Some(2), location).await).await;
    assert!(unknown.contains("version 2") && unknown.contains("6 to 9 of Kamailio"), "{unknown}");
    let none = message(House::new(None, location).await).await;
    assert!(none.contains("no version of table `location`"), "{none}");
    let house = House::kamailio().await;
    let options = UsrlocOptions { table: "location; DROP".to_owned(), ..house.options() };
    assert!(matches!(options.check(), Err(UsrlocError::Table(_))));
    assert!(matches!(Usrloc::open(options).await, Err(UsrlocError::Table(_))));
    let options = UsrlocOptions { url: "oracle://x:secret@y".to_owned(), ..house.options() };
    assert!(matches!(options.check(), Err(UsrlocError::Url(_))));
    assert!(!format!("{options:?}").contains("secret"));
    let absent = house.folder.path().join("absent.db");
    let options = UsrlocOptions { url: format!("sqlite://{}", absent.display()), ..house.options() };
    assert!(matches!(Usrloc::open(options).await, Err(UsrlocError::Unavailable(_))));
    assert!(!absent.exists(), "nothing is created");
}

#[tokio::test]
async fn the_database_can_not_be_written() {
    let house = House::kamailio().await;
    let usrloc = house.open().await.unwrap();
    let database::Pool::Sqlite(pool) = &usrloc.pool else { panic!("another pool") };
    assert!(sqlx::query("DELETE FROM location").execute(pool).await.is_err());
}

#[tokio::test]
async fn users_are_read_with_what_proves_who_they_are() {
    let house = House::kamailio().await;
    house
        .run("CREATE TABLE subscriber (username TEXT, domain TEXT, password TEXT, ha1 TEXT, ha1b TEXT)")
        .await;
    house.run("INSERT INTO subscriber VALUES ('1111', 'example.com', 'secret', 'abc', 'def')").await;
    let usrloc = house.open().await.unwrap();
    let mut users = Vec::new();
    assert!(matches!(usrloc.subscribers(|_| {}).await, Err(UsrlocError::Unversioned(_))));
    house.run("INSERT INTO version VALUES ('subscriber', 7)").await;
    usrloc.subscribers(|user| users.push(user)).await.unwrap();
    let [username, domain, password, ha1] = ["1111", "example.com", "secret", "abc"].map(str::to_owned);
    assert_eq!(users, [Subscriber { username, domain, password, ha1 }]);
    assert!(!format!("{users:?}").contains("secret"));
    house.run("UPDATE version SET table_version = 9 WHERE table_name = 'subscriber'").await;
    let unknown = usrloc.subscribers(|_| {}).await.unwrap_err().to_string();
    assert!(unknown.contains("version 9") && unknown.contains("6 to 8"), "{unknown}");
}
