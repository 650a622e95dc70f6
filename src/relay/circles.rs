//! Messages that come back through networks of others, where nothing that we say of their way survives
//! (interworking.md E.5).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use iwf_model::recent::Recent;
use iwf_model::{Origin, Refusal, Submission};

/// The most texts that are remembered; what was seen longest ago gives way.
const MOST: usize = 65_536;
/// How long a text is remembered from when it was first seen.
const WINDOW: Duration = Duration::from_secs(60);
/// How often it may be seen within that.
const OFTEN: u32 = 3;

/// The routed texts of the last minute.
///
/// The same text from the same sender to the same number, more than three times in a minute and from more than one
/// origin, goes in a circle. From one origin alone it is somebody who repeats it.
#[derive(Debug)]
pub struct Circles {
    seen: Recent<u64, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// When it was first seen, and from whom.
    first: Option<(Instant, Origin)>,
    times: u32,
    /// Others had it too.
    from_several: bool,
}

impl Default for Circles {
    fn default() -> Self {
        Self { seen: Recent::new(MOST) }
    }
}

impl Circles {
    /// Sees a message that is about to be taken and led on by a route.
    pub fn see(&mut self, submission: &Submission, now: Instant) -> Result<(), Refusal> {
        let seen = self.seen.touch(&fingerprint(submission));
        match seen.first {
            Some((since, first)) if now.saturating_duration_since(since) < WINDOW => {
                seen.from_several |= first != submission.origin;
            }
            _ => *seen = Seen { first: Some((now, submission.origin)), ..Seen::default() },
        }
        seen.times += 1;
        if seen.times > OFTEN && seen.from_several { Err(Refusal::Loop) } else { Ok(()) }
    }
}

fn fingerprint(submission: &Submission) -> u64 {
    let mut hasher = DefaultHasher::new();
    let part = submission.options().part.as_ref().map(|part| (part.number, &part.octets));
    (&submission.source, submission.destination, &submission.text, part).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test needs some instant to count from")]
mod tests {
    use super::*;
    use crate::admission::tests::submission;
    use iwf_model::CarrierId;

    fn from(carrier: i64) -> Submission {
        Submission { origin: Origin::Carrier(CarrierId(carrier)), ..submission("222") }
    }

    #[test]
    fn a_text_that_comes_back_again_and_again_is_seen() {
        let (mut circles, start) = (Circles::default(), Instant::now());
        let mut see = |carrier, second| circles.see(&from(carrier), start + Duration::from_secs(second));
        assert_eq!([see(1, 0), see(2, 1), see(2, 2)], [Ok(()); 3]);
        assert_eq!(see(2, 59), Err(Refusal::Loop));
        assert_eq!(see(1, 60), Ok(()), "a minute later it is another one");
    }

    #[test]
    fn who_repeats_a_text_may() {
        let (mut circles, now) = (Circles::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(circles.see(&from(1), now), Ok(()));
        }
    }

    #[test]
    fn other_texts_are_none_of_it() {
        let (mut circles, now) = (Circles::default(), Instant::now());
        for carrier in 1..9 {
            let text = Submission { text: carrier.to_string(), ..from(carrier) };
            assert_eq!(circles.see(&text, now), Ok(()));
        }
        assert_eq!(circles.seen.len(), 8);
    }
}
