//! Apps that sleep (RFC 8599): a push wakes them, and they register.
//!
//! An attempt to an app that can be woken goes over the flow that there is. Where there is none, or nothing was heard for a
//! few seconds, a push is sent; what is to be delivered then goes over the flow of the REGISTER that follows
//! (`Driver::follow`). If none follows the attempt ends, and the message waits for one, or for its next push.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::{Cause, Now, Outcome};

use super::driver::Driver;
use super::later::Done;
use super::locations::Location;
use super::under_way::UnderWay;
use crate::push::{PushEnd, Values};

/// The end of a push.
pub(super) struct Pushed {
    /// For this attempt.
    attempt: u64,
    /// By this registration.
    location: Arc<Location>,
    end: PushEnd,
}

/// An app that has not answered after this is asked to wake.
pub(super) const SILENT: Duration = Duration::from_secs(3);
/// How long an app is waited for that was asked to wake.
const WAKING: Duration = Duration::from_secs(20);
/// After that no push is sent to the device for so long.
const REST: Duration = Duration::from_secs(40);

impl Driver {
    /// No flow is left to try: whether the app is asked to wake, or was and is still waited for.
    pub(super) fn waits_for_waking(&mut self, number: u64, attempt: &mut UnderWay, now: Now) -> bool {
        match attempt.woken_until {
            Some(until) if now.instant < until => true,
            Some(_) => {
                self.attempts.rest(attempt.device, now.instant + REST);
                attempt.note(
                    Outcome::new(Cause::Asleep, 0),
                    "the app was asked to wake and did not come".into(),
                );
                false
            }
            None => self.wake(number, attempt, now),
        }
    }

    /// Sends a push, if the app can be woken and none was sent in vain a moment ago.
    fn wake(&mut self, number: u64, attempt: &mut UnderWay, now: Now) -> bool {
        // What became of a text is no reason to wake anybody.
        if attempt.message.notice().is_some() {
            return false;
        }
        let sleeper = self.shared.locations.sleeper(attempt.account, attempt.device);
        let Some((location, values)) = sleeper.and_then(|location| {
            let values = self.values(&location, attempt)?;
            Some((location, values))
        }) else {
            return false;
        };
        if self.attempts.rests(attempt.device, now.instant) {
            attempt.note(Outcome::new(Cause::Asleep, 0), "the app sleeps".into());
            return false;
        }
        location.carry(number);
        let until = now.instant + WAKING;
        attempt.woken_until = Some(until);
        self.attempts.look_again(until, number);
        let pushed = self.shared.pushers.wake(values);
        self.pushing += 1;
        self.later.push(Box::pin(async move {
            Done::Pushed(Pushed { attempt: number, location, end: pushed.await })
        }));
        true
    }

    fn values(&self, location: &Location, attempt: &UnderWay) -> Option<Values> {
        let target = location.push.clone()?;
        let submission = &attempt.message.submission;
        let told = self.shared.pushers.tells_text(&target.provider);
        let (sender, text) = match told {
            true => (submission.source.to_string(), submission.text.to_string()),
            false => Default::default(),
        };
        let account = location.binding.aor.clone();
        Some(Values {
            prid: target.prid,
            param: target.param,
            provider: target.provider,
            account,
            sender,
            text,
        })
    }

    /// The provider has decided, or could not be asked.
    pub(super) fn take_pushed(&mut self, pushed: Pushed, now: Now) {
        let Pushed { attempt: number, location, end } = pushed;
        self.pushing -= 1;
        self.shared.metrics.pushes.of(end).increment(1);
        if end == PushEnd::Taken {
            return;
        }
        if end == PushEnd::Gone {
            tracing::info!(account = location.binding.account.0, "the provider knows this app no more");
            location.forget_push();
            if !self.shared.locations.has_way(&location) {
                self.forget(&location);
            }
        }
        // Nothing will wake it: it is waited for no longer.
        if let Some(mut attempt) = self.attempts.take(number) {
            attempt.woken_until = Some(now.instant);
            self.try_flows(number, attempt, now);
        }
    }

    /// Looks at attempts to apps that can be woken: those that were silent for too long, and those that slept on.
    pub(super) fn look_after_sleepers(&mut self, now: Now) {
        self.attempts.forget_rested(now.instant);
        while let Some(number) = self.attempts.next_look(now.instant) {
            let Some(mut attempt) = self.attempts.take(number) else { continue };
            if attempt.woken_until.is_some() || self.draining {
                self.try_flows(number, attempt, now);
            } else {
                self.wake(number, &mut attempt, now);
                self.attempts.put(number, attempt);
            }
        }
    }
}
