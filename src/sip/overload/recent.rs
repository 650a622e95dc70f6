//! A set of bounded size that forgets the oldest.

use std::collections::HashSet;
use std::hash::Hash;

/// What was added lately: at least the last `capacity`, at most twice as many. Whatever is asked for again stays.
#[derive(Debug)]
pub(super) struct Recent<T> {
    young: HashSet<T>,
    old: HashSet<T>,
    capacity: usize,
}

impl<T: Eq + Hash> Recent<T> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { young: HashSet::new(), old: HashSet::new(), capacity }
    }

    pub(super) fn add(&mut self, one: T) {
        if self.young.contains(&one) {
            return;
        }
        if self.young.len() >= self.capacity {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(one);
    }

    pub(super) fn contains(&self, one: &T) -> bool {
        self.young.contains(one) || self.old.contains(one)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.young.is_empty() && self.old.is_empty()
    }

    pub(super) fn clear(&mut self) {
        (self.young, self.old) = Default::default();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}
