//! Keeps values under keys that are never mistaken for later ones, and in lists that anything can leave at once.

/// Names one value of an arena; after its removal it names nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    index: u32,
    generation: u32,
}

/// Values under keys: insert, look up and remove in constant time.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    cells: Vec<Cell<T>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Cell<T> {
    generation: u32,
    value: Option<T>,
}

impl<T> Arena<T> {
    pub(crate) fn new() -> Self {
        Self { cells: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.cells.len() - self.free.len()
    }

    /// Callers bound their number of values far below 2^32.
    pub(crate) fn insert(&mut self, value: T) -> Key {
        if let Some(index) = self.free.pop()
            && let Some(cell) = self.cells.get_mut(index as usize)
        {
            cell.value = Some(value);
            return Key { index, generation: cell.generation };
        }
        let index = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.cells.push(Cell { generation: 0, value: Some(value) });
        Key { index, generation: 0 }
    }

    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let cell = self.cells.get(key.index as usize)?;
        cell.value.as_ref().filter(|_| cell.generation == key.generation)
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let cell = self.cells.get_mut(key.index as usize)?;
        if cell.generation == key.generation { cell.value.as_mut() } else { None }
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let cell = self.cells.get_mut(key.index as usize)?;
        if cell.generation != key.generation {
            return None;
        }
        let value = cell.value.take()?;
        cell.generation = cell.generation.wrapping_add(1);
        self.free.push(key.index);
        Some(value)
    }
}

/// The ends of one list.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct List {
    first: Option<Key>,
    last: Option<Key>,
}

impl List {
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_none()
    }
}

/// The members of any number of lists.
#[derive(Debug)]
pub(crate) struct Links<T> {
    nodes: Arena<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    value: T,
    previous: Option<Key>,
    next: Option<Key>,
}

impl<T> Links<T> {
    pub(crate) fn new() -> Self {
        Self { nodes: Arena::new() }
    }

    /// Appends to a list.
    pub(crate) fn push(&mut self, list: &mut List, value: T) -> Key {
        let key = self.nodes.insert(Node { value, previous: list.last, next: None });
        match list.last.and_then(|last| self.nodes.get_mut(last)) {
            Some(last) => last.next = Some(key),
            None => list.first = Some(key),
        }
        list.last = Some(key);
        key
    }

    /// Takes a member out of the list that it is in.
    pub(crate) fn remove(&mut self, list: &mut List, key: Key) -> Option<T> {
        let node = self.nodes.remove(key)?;
        match node.previous.and_then(|previous| self.nodes.get_mut(previous)) {
            Some(previous) => previous.next = node.next,
            None => list.first = node.next,
        }
        match node.next.and_then(|next| self.nodes.get_mut(next)) {
            Some(next) => next.previous = node.previous,
            None => list.last = node.previous,
        }
        Some(node.value)
    }

    /// The first member of a list.
    pub(crate) fn first(&self, list: &List) -> Option<&T> {
        list.first.and_then(|first| self.nodes.get(first)).map(|node| &node.value)
    }

    /// Takes the first member out of a list.
    pub(crate) fn pop(&mut self, list: &mut List) -> Option<T> {
        list.first.and_then(|first| self.remove(list, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_not_name_what_came_after() {
        let mut arena = Arena::new();
        let old = arena.insert('a');
        assert_eq!(arena.remove(old), Some('a'));
        let new = arena.insert('b');
        assert_eq!(arena.get(old), None);
        assert_eq!(arena.get_mut(old), None);
        assert_eq!(arena.remove(old), None);
        assert_eq!((arena.get(new), arena.len()), (Some(&'b'), 1));
    }

    #[test]
    fn members_leave_a_list_from_anywhere() {
        for leaving in 0..3 {
            let (mut links, mut list) = (Links::new(), List::default());
            let keys: Vec<_> = (0..3).map(|value| links.push(&mut list, value)).collect();
            assert_eq!(links.remove(&mut list, keys[leaving]), Some(leaving));
            links.push(&mut list, 3);
            let rest: Vec<_> = std::iter::from_fn(|| links.pop(&mut list)).collect();
            let expected: Vec<_> = (0..4).filter(|value| *value != leaving).collect();
            assert_eq!(rest, expected);
            assert!(list.is_empty() && links.first(&list).is_none());
        }
    }
}
