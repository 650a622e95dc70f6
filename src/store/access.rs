//! Who may administer, and what they were answered.

use std::time::Duration;

use iwf_model::Timestamp;

/// A token of the admin API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What people call it, unique.
    pub name: String,
    /// The part of it that is no secret, unique.
    pub id: String,
    /// The word for what it allows. It means nothing here.
    pub role: String,
    /// What is kept of its secret.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An answer that is given again when its request comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The name of the token that asked.
    pub asker: String,
    /// The key that the request was given.
    pub key: String,
    /// What is kept of the request, to know it again.
    pub request: String,
    /// The answer. It means nothing here.
    pub answer: Vec<u8>,
    /// When it was given.
    pub at: Timestamp,
}

/// So long an answer is kept.
pub const ANSWERS_KEPT: Duration = Duration::from_secs(86_400);

/// So many answers are kept; the oldest go first.
pub const MOST_ANSWERS: u32 = 10_000;
