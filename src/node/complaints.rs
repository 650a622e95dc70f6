//! What is said in the log about addresses that do something wrong: of each once a minute, of so many in all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use iwf_model::network::neighbourhood;

/// Of whom something was said lately.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<HashMap<IpAddr, Instant>>);

/// What is wrong with an address is said once in so long.
const SAY_AGAIN: Duration = Duration::from_secs(60);
/// Addresses of which something was said lately; of others nothing is said then.
const MAX_SAID: usize = 1000;

impl Complaints {
    /// Whether something is to be said of an address now; notes that it is.
    pub(crate) fn are_due(&self, address: IpAddr) -> bool {
        self.are_due_at(neighbourhood(address), Instant::now())
    }

    /// False when something was said of it lately, or there is no room to note it.
    fn are_due_at(&self, address: IpAddr, now: Instant) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |at: &Instant| now.saturating_duration_since(*at) < SAY_AGAIN;
        if said.get(&address).is_some_and(lately) {
            return false;
        }
        if said.len() >= MAX_SAID {
            said.retain(|_, at| lately(at));
        }
        let room = said.len() < MAX_SAID;
        if room {
            said.insert(address, now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_a_minute_and_the_notes_are_bounded() {
        let (complaints, now) = (Complaints::default(), Instant::now());
        let at = |number: u32, seconds| {
            complaints.are_due_at(IpAddr::from(number.to_be_bytes()), now + Duration::from_secs(seconds))
        };
        assert!(at(0, 0));
        assert!(!at(0, 59));
        assert!(at(0, 60));
        assert_eq!((1..5000).filter(|number| at(*number, 60)).count(), MAX_SAID - 1);
        assert!(at(9999, 200));
    }
}
