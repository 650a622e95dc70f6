//! What the phone answers to a MESSAGE.

use std::collections::VecDeque;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This status.
    Status(u16),
    /// This status, and Retry-After with these seconds.
    RetryAfter(u16, u32),
    /// None at all, also not to the retransmissions.
    Silence,
}

impl Answer {
    /// The status, unless it stays silent.
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Status(status) | Self::RetryAfter(status, _) => Some(status),
            Self::Silence => None,
        }
    }
}

/// The answers to come; the last one stays.
#[derive(Debug)]
pub(super) struct Script {
    answers: VecDeque<Answer>,
}

impl Script {
    pub(super) fn new(answers: &[Answer]) -> Self {
        Self { answers: answers.iter().copied().collect() }
    }

    pub(super) fn next(&mut self) -> Answer {
        let last =
            if self.answers.len() > 1 { self.answers.pop_front() } else { self.answers.front().copied() };
        last.unwrap_or(Answer::Status(200))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answer_stays() {
        let mut script = Script::new(&[Answer::Status(486), Answer::Status(200)]);
        assert_eq!(
            [script.next(), script.next(), script.next()].map(|a| a.status()),
            [Some(486), Some(200), Some(200)]
        );
        assert_eq!(Script::new(&[]).next(), Answer::Status(200));
    }
}
