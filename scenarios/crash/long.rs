//! Long texts: some of the load goes in parts, and what a cut connection left is submitted again.

use std::sync::Mutex;

use iwf_sim::carrier::{Part, PartHeader, Submission};

/// A text of which some parts have no answer yet.
pub(crate) struct Text {
    pub(crate) number: usize,
    /// Those parts, the next one last.
    pub(crate) parts: Vec<u8>,
}

impl Text {
    /// The last part goes first, as some carriers do it.
    pub(crate) fn new(number: usize) -> Self {
        Self { number, parts: (1..=parts_of(number)).collect() }
    }

    pub(crate) fn is_long(&self) -> bool {
        parts_of(self.number) > 1
    }
}

/// Texts of one carrier that lack answers: without them the others would wait for nothing.
#[derive(Default)]
pub(crate) struct Left(Mutex<Vec<Text>>);

impl Left {
    pub(crate) fn put(&self, text: Text) {
        self.0.lock().expect("no one panics with it").push(text);
    }

    pub(crate) fn take(&self) -> Option<Text> {
        self.0.lock().expect("no one panics with it").pop()
    }
}

/// Every fourth text is long.
fn parts_of(number: usize) -> u8 {
    match number % 8 {
        3 => 2,
        7 => 3,
        _ => 1,
    }
}

/// What one part says.
pub(crate) fn piece(number: usize, part: u8) -> String {
    format!("{}{number} ", char::from(b'a' + part - 1))
}

/// What all of them say.
pub(crate) fn whole(number: usize) -> String {
    (1..=parts_of(number)).map(|part| piece(number, part)).collect()
}

/// The number in a piece.
pub(crate) fn number_in(piece: &str) -> Option<usize> {
    piece.trim_end().get(1..)?.parse().ok()
}

pub(crate) fn submission(from: &str, to: &str, number: usize, part: u8) -> Submission {
    let mut submission = Submission::new(from, to, &piece(number, part));
    let total = parts_of(number);
    if total > 1 {
        // A reference comes back after 65,536 texts.
        let reference = (number & 0xFFFF) as u16;
        submission.part = Some(Part { header: PartHeader::Udh16, reference, number: part, total });
    }
    submission
}
