//! A place where one side puts things and the other takes all of them at once.
//!
//! Putting never fails and never waits, so it can be done while a value is dropped. It is bounded by what is
//! put in: accepted messages, whose number admission limits, or accounts that were seen elsewhere, at most once for each
//! contact in a reading.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// See the module.
#[derive(Debug)]
pub(crate) struct Tray<T> {
    items: Mutex<Vec<T>>,
    filled: AtomicBool,
    notify: Notify,
}

impl<T> Default for Tray<T> {
    fn default() -> Self {
        Self { items: Mutex::new(Vec::new()), filled: AtomicBool::new(false), notify: Notify::new() }
    }
}

impl<T> Tray<T> {
    /// Adds things and wakes the taker.
    pub(crate) fn put(&self, items: impl IntoIterator<Item = T>) {
        let mut held = self.items.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        held.extend(items);
        if !held.is_empty() {
            self.filled.store(true, Ordering::Release);
            self.notify.notify_one();
        }
    }

    /// Moves everything to `out`.
    pub(crate) fn take(&self, out: &mut Vec<T>) {
        let mut held = self.items.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.filled.store(false, Ordering::Release);
        out.append(&mut held);
    }

    /// Resolves when there is something. One taker at a time.
    pub(crate) async fn filled(&self) {
        while !self.filled.load(Ordering::Acquire) {
            self.notify.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_is_taken_once_and_wakes_the_taker() {
        let tray = std::sync::Arc::new(Tray::default());
        let taker = {
            let tray = std::sync::Arc::clone(&tray);
            tokio::spawn(async move {
                let mut got = Vec::new();
                while got.len() < 100 {
                    tray.filled().await;
                    tray.take(&mut got);
                }
                got
            })
        };
        for i in 0..100 {
            tray.put([i]);
            if i % 7 == 0 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(taker.await.unwrap(), (0..100).collect::<Vec<_>>());
    }
}
