//! What the end of a MESSAGE transaction means for the message: SIP status to [`Outcome`].
//!
//! The whole table is one `match`; the test at the foot lists every row of it, as published.

use std::time::Duration;

use iwf_model::{Cause, Class, Outcome};

use crate::endpoint::SendFailure;

/// What the sender of the MESSAGE knows and the status alone does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context {
    /// Who answered.
    pub hop: Hop,
    /// An earlier attempt under the same Call-ID may have arrived: its end was not heard.
    pub in_doubt: bool,
}

/// Who a MESSAGE was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    /// The registered contact of an account.
    Device,
    /// Somebody else's system, which answers for users of its own.
    Trunk,
}

impl From<SendFailure> for Outcome {
    /// The end of a request without a final response (RFC 3261 8.1.3.1).
    fn from(failure: SendFailure) -> Self {
        match failure {
            SendFailure::Timeout => Self::new(Cause::NoAnswer, 0),
            SendFailure::NoConnection | SendFailure::Transport | SendFailure::TableFull => {
                Self::new(Cause::NotSent, 0)
            }
            SendFailure::HeldBack => Self::new(Cause::PeerUnavailable, 503),
        }
    }
}

/// What a final response to a MESSAGE means (RFC 3428 section 7; interworking.md D.3).
///
/// `retry_after` is the response's Retry-After; it is kept only where trying again makes sense.
pub fn outcome(status: u16, retry_after: Option<Duration>, context: Context) -> Outcome {
    let cause = cause(status, context);
    let retry_after = retry_after.filter(|_| cause.class() == Class::Temporary);
    Outcome { cause, code: u32::from(status), retry_after }
}

/// Whether the same attempt goes on over another flow of the device, if it has one (RFC 5626 5.3; interworking.md C.9):
/// this one leads nowhere, or nothing was heard. What was perhaps received is repeated under the same Call-ID.
pub fn may_try_next_flow(cause: Cause) -> bool {
    matches!(cause, Cause::ContactGone | Cause::NotSent | Cause::NoAnswer)
}

/// Of the ends of two flows of a device that did not deliver, the one that says most of the attempt: that the app was
/// asked to wake, that it may have arrived, then that it may be sent again soon.
pub fn weightier_flow(a: Outcome, b: Outcome) -> Outcome {
    let weight = |outcome: Outcome| match outcome.cause {
        Cause::Asleep => 3,
        Cause::NoAnswer => 2,
        Cause::NotSent => 1,
        _ => 0,
    };
    if weight(b) > weight(a) { b } else { a }
}

/// The table. An unknown status counts as the x00 of its class (RFC 3261 8.1.3.2), and an unknown 6xx as a
/// refusal. Redirections are never followed, because a Contact from outside must not choose where we send:
/// a device that redirects takes no messages itself.
fn cause(status: u16, context: Context) -> Cause {
    match status {
        200..=299 => Cause::Delivered,
        300..=399 => Cause::Unsupported,
        401 | 407 => Cause::NotTrusted,
        402 | 403 | 428 | 429 | 433 | 436..=438 => Cause::Refused,
        404 if context.hop == Hop::Device => Cause::ContactGone,
        404 | 410 | 484 | 485 | 604 => Cause::UnknownUser,
        405 | 489 | 493 | 501 | 580 => Cause::Unsupported,
        406 | 415 | 420 | 421 | 488 | 494 | 606 => Cause::FormatRefused,
        408 => Cause::NoAnswer,
        413 | 513 => Cause::TooLarge,
        430 | 555 if context.hop == Hop::Device => Cause::ContactGone,
        // Not `Offline`: the device is registered and may never register anew, so time has to bring it back.
        480 => Cause::Unavailable,
        486 | 600 => Cause::Busy,
        // The device has the earlier attempt, or took it for another branch of this one (RFC 3261 8.2.2.2).
        482 if context.in_doubt => Cause::NoAnswer,
        482 | 483 => Cause::Loop,
        423 | 430 | 439 | 487 | 491 => Cause::PeerUnavailable,
        400..=499 | 505 => Cause::BadRequest,
        500..=599 => Cause::PeerUnavailable,
        600..=699 => Cause::Refused,
        // Not final, or not SIP: nothing was decided.
        _ => Cause::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::FinalState;

    const DEVICE: Context = Context { hop: Hop::Device, in_doubt: false };
    const TRUNK: Context = Context { hop: Hop::Trunk, in_doubt: false };

    /// Statuses, cause, class, final state, error: interworking.md D.3 row by row.
    type Row = (&'static [u16], Cause, Class, FinalState, u16);

    const PUBLISHED: &[Row] = &[
        (&[200, 202, 204, 299], Cause::Delivered, Class::Done, FinalState::Delivered, 0),
        (
            &[300, 301, 302, 305, 380, 399],
            Cause::Unsupported,
            Class::Permanent,
            FinalState::Undeliverable,
            21,
        ),
        (&[400], Cause::BadRequest, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[401, 407], Cause::NotTrusted, Class::Temporary, FinalState::Expired, 34),
        (&[402, 403], Cause::Refused, Class::Permanent, FinalState::Rejected, 13),
        (&[404], Cause::ContactGone, Class::Temporary, FinalState::Expired, 27),
        (&[405, 501], Cause::Unsupported, Class::Permanent, FinalState::Undeliverable, 21),
        (&[406, 415, 488], Cause::FormatRefused, Class::OtherForm, FinalState::Undeliverable, 21),
        (&[408], Cause::NoAnswer, Class::Temporary, FinalState::Expired, 27),
        (&[410], Cause::UnknownUser, Class::Permanent, FinalState::Undeliverable, 1),
        (&[413], Cause::TooLarge, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[414, 416], Cause::BadRequest, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[420, 421, 494], Cause::FormatRefused, Class::OtherForm, FinalState::Undeliverable, 21),
        (&[423], Cause::PeerUnavailable, Class::Temporary, FinalState::Expired, 34),
        (&[428, 436, 437, 438], Cause::Refused, Class::Permanent, FinalState::Rejected, 13),
        (&[429, 433], Cause::Refused, Class::Permanent, FinalState::Rejected, 13),
        (&[430], Cause::ContactGone, Class::Temporary, FinalState::Expired, 27),
        (&[439], Cause::PeerUnavailable, Class::Temporary, FinalState::Expired, 34),
        (&[480], Cause::Unavailable, Class::Temporary, FinalState::Expired, 27),
        (&[481], Cause::BadRequest, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[482, 483], Cause::Loop, Class::Permanent, FinalState::Undeliverable, 36),
        (&[484, 485], Cause::UnknownUser, Class::Permanent, FinalState::Undeliverable, 1),
        (&[486, 600], Cause::Busy, Class::Temporary, FinalState::Expired, 31),
        (&[487], Cause::PeerUnavailable, Class::Temporary, FinalState::Expired, 34),
        (&[489, 493], Cause::Unsupported, Class::Permanent, FinalState::Undeliverable, 21),
        (&[491], Cause::PeerUnavailable, Class::Temporary, FinalState::Expired, 34),
        (&[499], Cause::BadRequest, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[500, 502, 503, 504, 599], Cause::PeerUnavailable, Class::Temporary, FinalState::Expired, 34),
        (&[505], Cause::BadRequest, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[513], Cause::TooLarge, Class::OtherForm, FinalState::Undeliverable, 36),
        (&[555], Cause::ContactGone, Class::Temporary, FinalState::Expired, 27),
        (&[580], Cause::Unsupported, Class::Permanent, FinalState::Undeliverable, 21),
        (&[603, 607, 608, 699], Cause::Refused, Class::Permanent, FinalState::Rejected, 13),
        (&[604], Cause::UnknownUser, Class::Permanent, FinalState::Undeliverable, 1),
        (&[606], Cause::FormatRefused, Class::OtherForm, FinalState::Undeliverable, 21),
    ];

    #[test]
    fn every_row_of_the_published_table_holds() {
        for (statuses, cause, class, state, error) in PUBLISHED {
            for status in *statuses {
                let outcome = outcome(*status, None, DEVICE);
                assert_eq!((outcome.cause, outcome.code), (*cause, u32::from(*status)), "{status}");
                assert_eq!(outcome.cause.class(), *class, "{status}");
                assert_eq!(outcome.cause.final_state(), *state, "{status}");
                assert_eq!(outcome.cause.error(), *error, "{status}");
            }
        }
    }

    #[test]
    fn a_404_from_a_trunk_is_final_and_from_a_device_is_a_stale_contact() {
        assert_eq!(outcome(404, None, TRUNK).cause, Cause::UnknownUser);
        assert_eq!(outcome(404, None, DEVICE).cause, Cause::ContactGone);
    }

    /// No REGISTER will tell that the contact is there again, so time has to.
    #[test]
    fn a_flow_that_failed_beyond_a_trunk_is_tried_again_by_time() {
        for status in [430, 555] {
            assert_eq!(outcome(status, None, TRUNK).cause, Cause::PeerUnavailable);
        }
    }

    #[test]
    fn a_482_after_an_attempt_in_doubt_is_no_loop() {
        assert_eq!(outcome(482, None, Context { in_doubt: true, ..DEVICE }).cause, Cause::NoAnswer);
    }

    /// RFC 5626 5.3.
    #[test]
    fn another_flow_is_tried_where_one_leads_nowhere_and_not_where_the_device_has_spoken() {
        for (status, tries) in
            [(430, true), (404, true), (408, true), (200, false), (480, false), (486, false), (603, false)]
        {
            assert_eq!(may_try_next_flow(outcome(status, None, DEVICE).cause), tries, "{status}");
        }
        let (silent, gone) = (Outcome::from(SendFailure::Timeout), outcome(430, None, DEVICE));
        assert_eq!(weightier_flow(gone, silent), silent);
        assert_eq!(weightier_flow(silent, gone), silent);
    }

    #[test]
    fn retry_after_is_kept_only_where_a_retry_makes_sense() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(outcome(503, minute, DEVICE).retry_after, minute);
        assert_eq!(outcome(486, minute, DEVICE).retry_after, minute);
        assert_eq!(outcome(603, minute, DEVICE).retry_after, None);
        assert_eq!(outcome(200, minute, DEVICE).retry_after, None);
    }

    #[test]
    fn a_transaction_without_an_answer_ends_as_temporary() {
        assert_eq!(Outcome::from(SendFailure::Timeout), Outcome::new(Cause::NoAnswer, 0));
        assert_eq!(Outcome::from(SendFailure::NoConnection), Outcome::new(Cause::NotSent, 0));
        assert_eq!(Outcome::from(SendFailure::Transport), Outcome::new(Cause::NotSent, 0));
        assert_eq!(Outcome::from(SendFailure::TableFull), Outcome::new(Cause::NotSent, 0));
        assert_eq!(Outcome::from(SendFailure::HeldBack), Outcome::new(Cause::PeerUnavailable, 503));
    }

    #[test]
    fn every_status_there_can_be_has_a_cause() {
        for status in 0..=999 {
            let cause = outcome(status, None, DEVICE).cause;
            assert_eq!(cause == Cause::Delivered, (200..300).contains(&status), "{status}");
        }
    }
}
