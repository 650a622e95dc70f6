//! Which way a message has come, between environments of ours (interworking.md E.5).

/// Names an environment towards others: they know it again, and nothing else of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EnvironmentId(pub [u8; 8]);

/// The way a message has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// How often it was passed on.
    pub hops: u8,
    /// The environments it has passed, the first one first; the last ones are left out when there are too many.
    pub visited: Vec<EnvironmentId>,
}

impl Trace {
    /// A message is passed on no more often.
    pub const MOST_HOPS: u8 = 8;

    /// Whether it goes in a circle: it has been here, or was passed on too often.
    pub fn is_circular(&self, here: EnvironmentId) -> bool {
        self.visited.contains(&here) || self.hops >= Self::MOST_HOPS
    }

    /// What the next one is told.
    #[must_use]
    pub fn onward(&self, here: EnvironmentId) -> Self {
        let mut visited = self.visited.clone();
        if visited.len() < usize::from(Self::MOST_HOPS) {
            visited.push(here);
        }
        Self { hops: self.hops.saturating_add(1), visited }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_seen_by_the_one_who_was_passed_and_by_the_eighth_in_any_case() {
        let id = |n| EnvironmentId([n; 8]);
        let trace = Trace::default().onward(id(1)).onward(id(2));
        assert_eq!((trace.hops, trace.is_circular(id(1)), trace.is_circular(id(3))), (2, true, false));
        let long = (1..=9).fold(Trace::default(), |trace, n| trace.onward(id(n)));
        assert_eq!((long.visited.len(), long.is_circular(id(99))), (8, true));
    }
}
