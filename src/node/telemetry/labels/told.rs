//! What became of what origins are told: receipts, and what apps say and hear of texts.

use iwf_model::Cause;

use super::Label;

words! {
    /// What became of a receipt, each time it was told.
    ReceiptResult {
        /// The carrier took it.
        Acknowledged = "acknowledged",
        /// The carrier refused it for a time.
        Postponed = "postponed",
        /// The carrier refused it for good, or its time was over.
        Dropped = "dropped",
        /// Its answer was lost: it may be told twice.
        InDoubt = "in-doubt",
    }
}

words! {
    /// What a receipt of another system came to.
    UpstreamResult {
        /// A message ended.
        Ended = "ended",
        /// One part of a text has its end.
        Part = "part",
        /// It tells no end.
        UnderWay = "under-way",
        /// It tells that a message was read.
        Read = "read",
        /// It tells what was known.
        Repeated = "repeated",
        /// It tells another end than the one that was known, or one of a text that has failed.
        Late = "late",
        /// It belongs to nothing we know.
        Unmatched = "unmatched",
    }
}

words! {
    /// What became of a notice of an app that a message of ours was read.
    ReadResult {
        /// Its origin is told.
        Told = "told",
        /// Its origin does not want to hear of it, has heard, or never was.
        Unasked = "unasked",
        /// Another account told it than the one that has the message.
        Foreign = "foreign",
    }
}

words! {
    /// What became of a notice to an app about its text.
    NoticeResult {
        /// The app has it.
        Taken = "taken",
        /// The app refused it.
        Refused = "refused",
        /// The app did not come in time.
        Expired = "expired",
        /// Too much waits for its account: it was not queued.
        NoRoom = "no-room",
    }
}

impl NoticeResult {
    /// By what it ended of.
    pub(crate) fn of(cause: Cause) -> Self {
        match cause {
            Cause::Delivered => Self::Taken,
            Cause::Expired => Self::Expired,
            _ => Self::Refused,
        }
    }
}
