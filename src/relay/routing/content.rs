//! What a text is, as far as a route asks.

use std::cell::OnceCell;

use iwf_model::route::{Content, TextFacts};
use iwf_model::text::decode_with;
use iwf_model::text::segment::{Plan, Reference, count};
use iwf_model::{Alphabet, Submission};

/// How texts are measured: as they stand, in GSM 7-bit if it has all their characters, else in UTF-16.
const PLAN: Plan<'_> = Plan {
    gsm7: true,
    locking: &[],
    single: &[],
    latin1: false,
    ucs2: true,
    lossless: false,
    reference: Reference::Concat8,
    max_parts: 255,
};

/// What one text is; looked at when first asked, and once.
pub struct Contents<'a> {
    submission: &'a Submission,
    /// Whether GSM 7-bit lacks some of its characters, and how many parts it takes.
    measured: OnceCell<(bool, usize)>,
    code: OnceCell<bool>,
}

impl<'a> Contents<'a> {
    /// Of this text.
    pub fn of(submission: &'a Submission) -> Self {
        Self { submission, measured: OnceCell::new(), code: OnceCell::new() }
    }

    /// Whether it is such a text.
    pub fn is(&self, content: Content) -> bool {
        let measured = || *self.measured.get_or_init(|| measure(self.submission));
        match content {
            Content::Unicode => measured().0,
            Content::Long => measured().1 > 1,
            Content::Code => *self.code.get_or_init(|| has_code(&self.submission.text)) && measured().1 == 1,
            Content::Flash => self.submission.options().class == Some(0),
            Content::Urgent => self.submission.options().priority >= 2,
        }
    }

    /// What is kept of it. One part of a text is one part, and in the class of its whole.
    pub fn facts(&self) -> TextFacts {
        let is_part = self.submission.options().part.is_some();
        let parts = if is_part { 1 } else { self.measured.get_or_init(|| measure(self.submission)).1 };
        TextFacts::new(u8::try_from(parts).unwrap_or(u8::MAX), |content| self.is(content))
    }
}

/// One part of a text is as long as its whole, and written in what its own characters need.
fn measure(submission: &Submission) -> (bool, usize) {
    let measured = |text: &str| count(text, &PLAN).unwrap_or((Alphabet::Utf16.into(), 1));
    let is_unicode = |(encoding, _)| encoding != Alphabet::Gsm7.into();
    match &submission.options().part {
        Some(part) => (is_unicode(measured(&decode_with(part.encoding, &part.octets))), part.total.into()),
        None => {
            let measured = measured(&submission.text);
            (is_unicode(measured), measured.1)
        }
    }
}

/// Whether it has a one-time code: 4 to 8 digits of any script, in one group or in groups of the same length with a
/// blank or a hyphen between them, that are no piece of a word, an amount, a date, a time or a number to call.
fn has_code(text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut rest, mut follows_digits) = (text.as_slice(), false);
    while let Some(start) = rest.iter().position(|c| c.is_numeric()) {
        let (before, from_here) = rest.split_at(start);
        let (run, after) = from_here.split_at(run_length(from_here));
        let is_piece = match before {
            [mark] if follows_digits && is_inside(*mark) => true,
            [.., mark] => mark.is_alphabetic() || is_currency(*mark) || *mark == '+',
            [] => false,
        };
        let goes_on = match after {
            [mark, next, ..] if is_inside(*mark) && next.is_numeric() => true,
            [mark, ..] => mark.is_alphabetic() || is_currency(*mark) || *mark == '%',
            [] => false,
        };
        if !is_piece && !goes_on && is_code(run) {
            return true;
        }
        (rest, follows_digits) = (after, true);
    }
    false
}

/// Digits, and single blanks and hyphens between them.
fn run_length(text: &[char]) -> usize {
    let joins = |at: usize| {
        let next = text.get(at + 1).is_some_and(|next| next.is_numeric());
        next && text.get(at).is_some_and(|c| matches!(c, ' ' | '\u{A0}' | '-'))
    };
    let end = (0..text.len()).find(|at| !text.get(*at).is_some_and(|c| c.is_numeric()) && !joins(*at));
    end.unwrap_or(text.len())
}

fn is_code(run: &[char]) -> bool {
    let mut groups = run.split(|c| !c.is_numeric()).map(<[char]>::len);
    let first = groups.next().unwrap_or(0);
    let (mut all, mut alike) = (first, true);
    groups.for_each(|group| {
        all += group;
        alike &= group == first;
    });
    alike && (4..=8).contains(&all)
}

/// What stands within amounts, dates and times.
fn is_inside(mark: char) -> bool {
    matches!(mark, '.' | ',' | ':' | '/' | '\'' | '-')
}

fn is_currency(mark: char) -> bool {
    matches!(mark, '$' | '€' | '£' | '¥' | '₹')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::submission;
    use iwf_model::{Options, Part, PartKind};

    fn is(text: &str, content: Content) -> bool {
        let submission = Submission { text: text.to_owned(), ..submission("1") };
        Contents::of(&submission).is(content)
    }

    #[test]
    fn texts_with_a_code_are_known() {
        for text in [
            "Your code is 123-456",
            "G-123456 is your Google verification code.",
            "123 456 is your code",
            "Use 1234 to log in. It expires in 10 minutes.",
            "Code:12345678.",
            "<#> 482913 is your OTP\nFA+9qCX9VSu",
            "PIN 12 34 56",
            "رمز التحقق ٤٨٢٩١٣",
        ] {
            assert!(is(text, Content::Code), "{text}");
        }
    }

    #[test]
    fn amounts_dates_times_and_numbers_to_call_are_no_codes() {
        let long = format!("Your code is 123456{}", " and so on".repeat(20));
        for text in [
            "See you at 10:30 on 12.11.2026",
            "It costs 1500.00 or €2000 or 3000€",
            "Call +49 151 1234567 or 0151 1234567",
            "Room A1234b, ab123456",
            "2026-11-21",
            "123",
            "123456789",
            "",
            &long,
        ] {
            assert!(!is(text, Content::Code), "{text}");
        }
    }

    #[test]
    fn texts_are_measured_as_they_would_be_cut() {
        for (text, unicode, long) in [
            ("a".repeat(160), false, false),
            ("a".repeat(161), false, true),
            ("€".repeat(81), false, true),
            ("ш".repeat(70), true, false),
            ("😀".repeat(36), true, true),
        ] {
            assert_eq!((is(&text, Content::Unicode), is(&text, Content::Long)), (unicode, long), "{text}");
        }
    }

    #[test]
    fn what_it_asks_for_is_seen() {
        let with = |options: Options, content| {
            let submission = Submission { options: Some(Box::new(options)), ..submission("1") };
            Contents::of(&submission).is(content)
        };
        assert!(with(Options { class: Some(0), ..Options::default() }, Content::Flash));
        assert!(!with(Options { class: Some(1), ..Options::default() }, Content::Flash));
        assert!(with(Options { priority: 2, ..Options::default() }, Content::Urgent));
        assert!(!with(Options { priority: 1, ..Options::default() }, Content::Urgent));
    }

    #[test]
    fn a_part_is_as_long_as_its_text() {
        let part = Part {
            reference: 1,
            kind: PartKind::Udh8,
            total: 2,
            number: 2,
            encoding: Alphabet::Utf16.into(),
            octets: [0x04, 0x48].into(),
        };
        let options = Options { part: Some(part), ..Options::default() };
        let part = Submission { text: String::new(), options: Some(Box::new(options)), ..submission("1") };
        let contents = Contents::of(&part);
        assert!(contents.is(Content::Long) && contents.is(Content::Unicode) && !contents.is(Content::Code));
    }
}
