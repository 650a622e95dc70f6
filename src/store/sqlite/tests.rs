use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use super::*;
use crate::contract::Place;
use crate::error::Conflict;

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
