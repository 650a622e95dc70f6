//! One node on a file: a lock of the operating system, which ends with the process however it ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::error::{Conflict, StoreError};

/// Held as long as this lives.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock beside the store, `NAME.lock`.
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let path = beside(store);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .map_err(|e| StoreError::Unavailable(format!("{}: {e}", path.display())))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Conflict::InUse(store.display().to_string()).into()),
            Err(TryLockError::Error(e)) => Err(StoreError::Unavailable(format!("{}: {e}", path.display()))),
        }
    }
}

fn beside(store: &Path) -> PathBuf {
    let mut name = OsString::from(store.as_os_str());
    name.push(".lock");
    PathBuf::from(name)
}
