//! When to try again (interworking.md E.1).

use std::time::Duration;

use iwf_model::{Cause, Outcome, Recipient};

const SECOND: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// After a temporary failure.
const LADDER: [u64; 9] =
    [5 * SECOND, 30 * SECOND, 2 * MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
/// After "busy" or "full": people hang up, and tidy up, so the first steps are even; then on from 5 minutes.
const BUSY: [u64; 8] =
    [60 * SECOND, 120 * SECOND, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR];
/// After a temporary failure at a carrier.
const CARRIER: [u64; 5] = [30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];
/// After a push that woke nobody: each step is one push more.
const ASLEEP: [u64; 5] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR];
/// A peer's Retry-After is followed up to this.
const LONGEST_WISH: Duration = Duration::from_secs(HOUR);

/// How long to wait after the `attempts`-th round (from 1) to this recipient ended with `outcome`; `None`: until
/// a device registers or a receiver binds, however long that takes.
///
/// `random` spreads the retries of many messages by 20 % to either side.
pub fn delay(recipient: Recipient, attempts: u16, outcome: Outcome, random: u32) -> Option<Duration> {
    let ladder: &[u64] = match (recipient, outcome.cause) {
        (_, Cause::Offline | Cause::ContactGone) => return None,
        (Recipient::Carrier(_) | Recipient::Route(_), _) => &CARRIER,
        (Recipient::Account(_), Cause::Busy | Cause::NoRoom) => &BUSY,
        (Recipient::Account(_), Cause::Asleep) => &ASLEEP,
        (Recipient::Account(_), _) => &LADDER,
    };
    let step = usize::from(attempts.saturating_sub(1)).min(ladder.len() - 1);
    let base = Duration::from_secs(ladder.get(step).copied().unwrap_or(HOUR));
    let spread = base / 5;
    let jittered = base - spread + (2 * spread).mul_f64(f64::from(random) / f64::from(u32::MAX));
    let wish = outcome.retry_after.unwrap_or_default().min(LONGEST_WISH);
    Some(jittered.max(wish))
}

/// Whether a device that registers, or says that it has room, is a reason to try at once: it was not there, could not
/// be heard, or was full.
pub fn wakes_on_register(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::Offline
            | Cause::Asleep
            | Cause::ContactGone
            | Cause::NoAnswer
            | Cause::NotSent
            | Cause::NoRoom
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::{AccountId, CarrierId};

    const APP: Recipient = Recipient::Account(AccountId(1));

    fn after(attempts: u16, cause: Cause) -> Option<Duration> {
        delay(APP, attempts, Outcome::new(cause, 0), u32::MAX / 2)
    }

    #[test]
    fn the_ladder_climbs_and_stays_at_four_hours() {
        for (attempts, seconds) in
            [(1, 5), (2, 30), (3, 120), (9, 4 * HOUR), (10, 4 * HOUR), (u16::MAX, 4 * HOUR)]
        {
            let wait = after(attempts, Cause::PeerUnavailable).unwrap();
            assert_eq!(wait.as_secs_f64().round() as u64, seconds, "attempt {attempts}");
        }
        assert_eq!(after(1, Cause::Busy).unwrap().as_secs_f64().round() as u64, 60);
        assert_eq!(after(2, Cause::Asleep).unwrap().as_secs_f64().round() as u64, 300);
    }

    #[test]
    fn a_carrier_is_given_more_time_and_asked_every_hour() {
        let carrier = Recipient::Carrier(CarrierId(1));
        for (attempts, seconds) in [(1, 30), (2, 60), (5, HOUR), (u16::MAX, HOUR)] {
            let wait = delay(carrier, attempts, Outcome::new(Cause::PeerUnavailable, 0x64), u32::MAX / 2);
            assert_eq!(wait.unwrap().as_secs_f64().round() as u64, seconds, "attempt {attempts}");
        }
    }

    #[test]
    fn nobody_there_waits_for_a_registration() {
        assert_eq!(after(1, Cause::Offline), None);
        assert_eq!(after(3, Cause::ContactGone), None);
    }

    #[test]
    fn the_spread_is_a_fifth_to_either_side() {
        let outcome = Outcome::new(Cause::NoAnswer, 0);
        let range = (delay(APP, 2, outcome, 0).unwrap(), delay(APP, 2, outcome, u32::MAX).unwrap());
        assert_eq!(range, (Duration::from_secs(24), Duration::from_secs(36)));
    }

    #[test]
    fn a_wish_is_followed_up_to_an_hour() {
        let wish = |seconds| Outcome {
            retry_after: Some(Duration::from_secs(seconds)),
            ..Outcome::new(Cause::PeerUnavailable, 503)
        };
        assert_eq!(delay(APP, 1, wish(90), 0), Some(Duration::from_secs(90)));
        assert_eq!(delay(APP, 1, wish(1), 0), Some(Duration::from_secs(4)));
        assert_eq!(delay(APP, 1, wish(1_000_000), 0), Some(LONGEST_WISH));
    }
}
