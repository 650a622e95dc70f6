//! The rules of interworking.md B.8, each as a sentence.

use std::time::{Duration, Instant};

use iwf_model::text::{Alphabet, Encoding, encode};
use iwf_model::{Cause, Joined, Options, PartKind, Progress};

use super::*;
use crate::admission::tests::{NOW, id, submission};

pub(super) const RULE: Rule =
    Rule { missing: MissingParts::Deliver, wait: Duration::from_secs(120), sniffs: true };
const FAIL: Rule = Rule { missing: MissingParts::Fail, ..RULE };

/// A moment of the run, in seconds.
pub(super) fn at(seconds: u64) -> Now {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(|| {
        #[expect(clippy::disallowed_methods, reason = "a start for the virtual clock")]
        Instant::now()
    });
    Now { instant: *START, utc: NOW }.after(Duration::from_secs(seconds))
}

pub(super) fn part(number: u8, total: u8, octets: &[u8]) -> Part {
    let (kind, encoding) = (PartKind::Udh8, Alphabet::Ascii.into());
    Part { reference: 7, kind, total, number, encoding, octets: octets.into() }
}

pub(super) fn message(counter: u32, part: Part) -> Arc<Message> {
    let mut submission = submission("1111");
    submission.text.clear();
    submission.options = Some(Box::new(Options { part: Some(part), ..Options::default() }));
    let mut message = Message {
        id: id(counter),
        submission,
        recipient: Recipient::Account(iwf_model::AccountId(1)),
        accepted_at: NOW,
        expires_at: NOW.after(Duration::from_secs(3600)),
        progress: Progress { due_at: NOW, ..Progress::default() },
        story: Vec::new(),
        parts: Vec::new(),
    };
    hold_back(&mut message, NOW);
    Arc::new(message)
}

/// Takes a part all the way; the id it is answered with.
fn take(assembler: &mut Assembler, message: &Arc<Message>, rule: Rule, now: Now) -> MessageId {
    if let Some(known) = assembler.known(message, now.instant) {
        return known;
    }
    assembler.offer(message, rule, now).unwrap();
    assembler.hold(message.id, now);
    message.id
}

fn give(assembler: &mut Assembler, counter: u32, part: Part, now: Now) -> MessageId {
    take(assembler, &message(counter, part), RULE, now)
}

/// The texts that went on, with why.
fn texts(assembler: &mut Assembler) -> Vec<(String, Fate)> {
    std::iter::from_fn(|| assembler.poll_whole())
        .map(|(whole, fate)| (whole.submission.text.clone(), fate))
        .collect()
}

fn complete(text: &str) -> (String, Fate) {
    (text.to_owned(), Fate::Complete)
}

#[test]
fn parts_in_any_order_make_one_text_under_the_smallest_id() {
    let mut assembler = Assembler::default();
    for (counter, number, octets) in [(5, 3, "c"), (4, 1, "a"), (9, 2, "b")] {
        assert_eq!(texts(&mut assembler), []);
        give(&mut assembler, counter, part(number, 3, octets.as_bytes()), at(0));
    }
    let (whole, fate) = assembler.poll_whole().unwrap();
    assert_eq!((whole.id, &*whole.submission.text, fate), (id(4), "abc", Fate::Complete));
    let parts: Vec<_> = whole.parts.iter().map(|part| part.id).collect();
    assert_eq!(parts, [id(4), id(9), id(5)]);
    assert_eq!(whole.progress.joined, Some(Joined { leader: id(4), messages: 3, late: false }));
    assert_eq!((whole.submission.options().part.is_none(), whole.progress.due_at), (true, NOW));
    assert!(assembler.is_empty() && assembler.members.is_empty() && assembler.of_origin.is_empty());
    assert!(assembler.deadlines.is_empty() && assembler.expiries.is_empty() && assembler.open.is_empty());
}

#[test]
fn a_doubled_part_is_answered_with_the_id_of_the_first() {
    let mut assembler = Assembler::default();
    assert_eq!(give(&mut assembler, 1, part(1, 2, b"a"), at(0)), id(1));
    assert_eq!(give(&mut assembler, 2, part(1, 2, b"a"), at(1)), id(1));
    give(&mut assembler, 3, part(2, 2, b"b"), at(2));
    assert_eq!(texts(&mut assembler), [complete("ab")]);
}

#[test]
fn a_part_of_a_text_that_just_went_on_is_known_for_some_seconds() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(1, 2, b"a"), at(0));
    give(&mut assembler, 2, part(2, 2, b"b"), at(0));
    assert_eq!(texts(&mut assembler), [complete("ab")]);
    assert_eq!(give(&mut assembler, 3, part(2, 2, b"b"), at(9)), id(2));
    assert!(assembler.is_empty(), "it opens no set");
    assert_eq!(give(&mut assembler, 4, part(2, 2, b"b"), at(11)), id(4), "by then it is another text");
}

#[test]
fn a_reference_that_never_changes_tells_texts_apart_by_the_first_being_complete() {
    let mut assembler = Assembler::default();
    for (counter, octets) in [(1, "a"), (3, "c"), (5, "e")] {
        give(&mut assembler, counter, part(1, 2, octets.as_bytes()), at(counter.into()));
        give(&mut assembler, counter + 1, part(2, 2, octets.as_bytes()), at(counter.into()));
    }
    assert_eq!(texts(&mut assembler), [complete("aa"), complete("cc"), complete("ee")]);
}

#[test]
fn texts_that_begin_alike_under_a_reference_that_never_changes_lose_nothing() {
    let mut assembler = Assembler::default();
    for (counter, end) in [(1, "a"), (3, "b"), (5, "b")] {
        assert_eq!(give(&mut assembler, counter, part(1, 2, b"Dear "), at(counter.into())), id(counter));
        give(&mut assembler, counter + 1, part(2, 2, end.as_bytes()), at(counter.into()));
    }
    assert_eq!(texts(&mut assembler), ["Dear a", "Dear b", "Dear b"].map(complete));
    assert_eq!(give(&mut assembler, 7, part(2, 2, b"b"), at(6)), id(6), "its answer was lost");
    assert_eq!(give(&mut assembler, 8, part(1, 2, b"Dear "), at(6)), id(5), "it was sent twice");
}

#[test]
fn a_first_part_that_came_last_comes_again_when_its_answer_was_lost() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(2, 2, b"b"), at(0));
    give(&mut assembler, 2, part(1, 2, b"a"), at(0));
    assert_eq!(give(&mut assembler, 3, part(1, 2, b"a"), at(1)), id(2));
}

#[test]
fn what_an_earlier_run_joined_is_known_from_its_first_part_on() {
    let mut assembler = Assembler::default();
    for (counter, number) in [(1, 1), (2, 2)] {
        let mut read = Message::clone(&message(counter, part(number, 2, b"x")));
        read.progress.joined = Some(Joined { leader: id(1), messages: 2, late: false });
        assembler.resume(Arc::new(read), RULE, at(0));
    }
    assert_eq!(give(&mut assembler, 3, part(1, 2, b"x"), at(1)), id(1));
}

#[test]
fn a_reference_used_again_with_other_content_closes_the_old_text() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(1, 2, b"a"), at(0));
    assert_eq!(give(&mut assembler, 2, part(1, 2, b"x"), at(1)), id(2));
    assert_eq!(texts(&mut assembler), [("a(...)".to_owned(), Fate::Marked)]);
    give(&mut assembler, 3, part(2, 2, b"y"), at(2));
    assert_eq!(texts(&mut assembler), [complete("xy")]);
}

#[test]
fn a_text_that_lacks_only_its_answers_is_complete_when_its_reference_is_used_again() {
    let mut assembler = Assembler::default();
    let parts = [message(1, part(1, 2, b"a")), message(2, part(2, 2, b"b")), message(3, part(1, 2, b"x"))];
    parts.iter().for_each(|part| assembler.offer(part, RULE, at(0)).unwrap());
    parts.iter().for_each(|part| assembler.hold(part.id, at(0)));
    assert_eq!(texts(&mut assembler), [complete("ab")]);
    assert_eq!(assembler.len(), 1);
}

#[test]
fn another_total_kind_sender_or_recipient_is_another_text() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(1, 2, b"a"), at(0));
    give(&mut assembler, 2, part(2, 3, b"b"), at(0));
    give(&mut assembler, 3, Part { kind: PartKind::Sar, ..part(2, 2, b"b") }, at(0));
    give(&mut assembler, 4, Part { reference: 8, ..part(2, 2, b"b") }, at(0));
    let mut foreign = Message::clone(&message(5, part(2, 2, b"b")));
    foreign.submission.destination = "2222".parse().unwrap();
    take(&mut assembler, &Arc::new(foreign.clone()), RULE, at(0));
    foreign.submission.source = iwf_model::Address::Absent;
    foreign.id = id(6);
    take(&mut assembler, &Arc::new(foreign.clone()), RULE, at(0));
    foreign.submission.origin = Origin::Carrier(iwf_model::CarrierId(2));
    foreign.id = id(7);
    take(&mut assembler, &Arc::new(foreign), RULE, at(0));
    assert_eq!((texts(&mut assembler), assembler.len()), (Vec::new(), 7));
}

#[test]
fn parts_in_several_encodings_are_read_each_by_its_own() {
    let mut assembler = Assembler::default();
    let arabic = encode(Alphabet::Utf16, "مرحبا").unwrap();
    give(&mut assembler, 1, part(1, 3, b"hi "), at(0));
    give(&mut assembler, 2, Part { encoding: Alphabet::Utf16.into(), ..part(2, 3, &arabic) }, at(0));
    give(&mut assembler, 3, Part { encoding: Encoding::default(), ..part(3, 3, &[0x1B, 0x65]) }, at(0));
    assert_eq!(texts(&mut assembler), [complete("hi مرحبا€")]);
}

#[test]
fn a_surrogate_pair_and_an_escape_sequence_cut_in_two_are_whole_again() {
    let emoji = encode(Alphabet::Utf16, "😀").unwrap();
    for (encoding, octets, text) in
        [(Alphabet::Utf16.into(), &emoji[..], "😀"), (Encoding::default(), &[0x1B, 0x65][..], "€")]
    {
        for cut in 0..=octets.len() {
            let mut assembler = Assembler::default();
            give(&mut assembler, 1, Part { encoding, ..part(1, 2, &octets[..cut]) }, at(0));
            give(&mut assembler, 2, Part { encoding, ..part(2, 2, &octets[cut..]) }, at(0));
            assert_eq!(texts(&mut assembler), [complete(text)], "cut at {cut}");
        }
    }
}

#[test]
fn utf8_said_to_be_ucs2_is_recognised_though_it_was_cut_inside_a_character() {
    let octets = "Привет, как дела?".as_bytes();
    for (sniffs, reads) in [(true, true), (false, false)] {
        let mut assembler = Assembler::default();
        for (number, octets) in [(1, &octets[..7]), (2, &octets[7..])] {
            let part = Part { encoding: Alphabet::Utf16.into(), ..part(number, 2, octets) };
            take(&mut assembler, &message(number.into(), part), Rule { sniffs, ..RULE }, at(0));
        }
        assert_eq!(texts(&mut assembler) == [complete("Привет, как дела?")], reads);
    }
}

#[test]
fn what_does_not_come_is_marked_once_for_each_gap() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(2, 6, b"b"), at(0));
    give(&mut assembler, 2, part(5, 6, b"e"), at(100));
    assembler.handle_timeout(at(219));
    assert_eq!(texts(&mut assembler), [], "120 s after the last part");
    assembler.handle_timeout(at(220));
    assert_eq!(texts(&mut assembler), [("(...)b(...)e(...)".to_owned(), Fate::Marked)]);
    assert!(assembler.is_empty() && assembler.deadlines.is_empty());
}

#[test]
fn parts_that_trickle_in_are_waited_for_five_times_as_long_in_all() {
    let mut assembler = Assembler::default();
    for number in 1..=6 {
        give(&mut assembler, number.into(), part(number, 9, b"x"), at(u64::from(number) * 110));
    }
    assembler.handle_timeout(at(110 + 599));
    assert_eq!(texts(&mut assembler), []);
    assembler.handle_timeout(at(110 + 600));
    assert_eq!(texts(&mut assembler), [("xxxxxx(...)".to_owned(), Fate::Marked)]);
}

#[test]
fn a_carrier_may_want_an_incomplete_text_to_fail() {
    let mut assembler = Assembler::default();
    take(&mut assembler, &message(1, part(1, 3, b"a")), FAIL, at(0));
    take(&mut assembler, &message(2, part(2, 3, b"b")), FAIL, at(0));
    assembler.handle_timeout(at(120));
    let (whole, fate) = assembler.poll_whole().unwrap();
    assert_eq!((fate, whole.parts.len()), (Fate::Failed, 2));
    assert_eq!(whole.progress.last.map(|last| last.cause), Some(Cause::PartsMissing));
    let late = message(3, part(3, 3, b"c"));
    take(&mut assembler, &late, FAIL, at(121));
    assert_eq!(assembler.poll_whole().map(|(whole, fate)| (whole.id, fate)), Some((id(3), Fate::Failed)));
}

#[test]
fn a_late_part_is_delivered_alone_and_once() {
    let mut assembler = Assembler::default();
    for (counter, number) in [(1, 1), (2, 2), (3, 4)] {
        give(&mut assembler, counter, part(number, 4, b"x"), at(0));
    }
    assembler.handle_timeout(at(120));
    assert_eq!(texts(&mut assembler), [("xx(...)x".to_owned(), Fate::Marked)]);
    assert_eq!(give(&mut assembler, 4, part(3, 4, b"c"), at(130)), id(4));
    let (whole, fate) = assembler.poll_whole().unwrap();
    assert_eq!((&*whole.submission.text, fate), ("(3/4) c", Fate::Late));
    assert_eq!(whole.progress.joined, Some(Joined { leader: id(4), messages: 1, late: true }));
    assert_eq!(give(&mut assembler, 5, part(3, 4, b"c"), at(131)), id(4), "doubled");
    assert_eq!(give(&mut assembler, 6, part(2, 4, b"x"), at(131)), id(2), "doubled");
    assert_eq!(give(&mut assembler, 7, part(1, 4, b"y"), at(132)), id(7), "another text");
    assert_eq!((texts(&mut assembler), assembler.len()), (Vec::new(), 1));
}

#[test]
fn a_part_that_could_not_be_stored_may_come_again() {
    let mut assembler = Assembler::default();
    let lost = message(1, part(1, 2, b"a"));
    assembler.offer(&lost, RULE, at(0)).unwrap();
    assembler.abandon(lost.id, at(0));
    assert!(assembler.is_empty() && assembler.deadlines.is_empty(), "nothing is left of it");
    assert_eq!(give(&mut assembler, 2, part(1, 2, b"a"), at(1)), id(2));
    assembler.offer(&message(3, part(2, 2, b"b")), RULE, at(1)).unwrap();
    assembler.abandon(id(3), at(1));
    assert_eq!(give(&mut assembler, 4, part(2, 2, b"b"), at(2)), id(4));
    assert_eq!(texts(&mut assembler), [complete("ab")]);
}

#[test]
fn a_late_part_that_could_not_be_stored_may_come_again() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(1, 2, b"a"), at(0));
    assembler.handle_timeout(at(120));
    texts(&mut assembler);
    assembler.offer(&message(2, part(2, 2, b"b")), RULE, at(121)).unwrap();
    assembler.abandon(id(2), at(121));
    assert_eq!(give(&mut assembler, 3, part(2, 2, b"b"), at(122)), id(3));
    assert_eq!(texts(&mut assembler), [("(2/2) b".to_owned(), Fate::Late)]);
}

#[test]
fn a_text_goes_on_only_when_each_part_is_durable() {
    let mut assembler = Assembler::default();
    let parts = [message(1, part(1, 2, b"a")), message(2, part(2, 2, b"b"))];
    parts.iter().for_each(|part| assembler.offer(part, RULE, at(0)).unwrap());
    assembler.hold(id(2), at(0));
    assembler.handle_timeout(at(120));
    assert_eq!(texts(&mut assembler), []);
    assembler.hold(id(1), at(121));
    assert_eq!(texts(&mut assembler), [complete("ab")]);
}

#[test]
fn one_carrier_can_not_open_sets_without_end_and_others_do_not_suffer() {
    let mut assembler = Assembler::default();
    for counter in 0..MOST_SETS as u32 {
        let reference = counter as u16;
        give(&mut assembler, counter, Part { reference, ..part(1, 255, b"x") }, at(0));
    }
    let one_more = message(90_000, Part { reference: 20_000, ..part(1, 255, b"x") });
    assert_eq!(assembler.offer(&one_more, RULE, at(0)), Err(Refusal::QueueFull));
    let recycled = message(90_001, Part { reference: 0, ..part(1, 255, b"y") });
    assert_eq!(assembler.offer(&recycled, RULE, at(0)), Err(Refusal::QueueFull));
    assert_eq!(texts(&mut assembler), [], "what is refused closes nothing");
    give(&mut assembler, 90_002, Part { reference: 0, ..part(2, 255, b"y") }, at(0));
    let mut other = Message::clone(&one_more);
    other.submission.origin = Origin::Carrier(iwf_model::CarrierId(2));
    assert_eq!(assembler.offer(&Arc::new(other), RULE, at(0)), Ok(()));
    assembler.handle_timeout(at(120));
    assert_eq!(assembler.offer(&one_more, RULE, at(120)), Ok(()));
}

#[test]
fn a_text_has_at_most_40_kilobytes() {
    let mut assembler = Assembler::default();
    let big = vec![b'x'; MOST_OCTETS / 4];
    for number in 1..=4 {
        give(&mut assembler, number.into(), part(number, 9, &big), at(0));
    }
    assert_eq!(assembler.offer(&message(5, part(5, 9, b"x")), RULE, at(0)), Err(Refusal::QueueFull));
}

#[test]
fn a_text_ends_when_the_first_of_its_parts_expires() {
    let mut assembler = Assembler::default();
    let mut short = Message::clone(&message(1, part(1, 2, b"a")));
    short.expires_at = at(30).utc;
    take(&mut assembler, &Arc::new(short), RULE, at(0));
    assembler.handle_timeout(at(29));
    assert_eq!(texts(&mut assembler), []);
    assembler.handle_timeout(at(30));
    let (whole, _) = assembler.poll_whole().unwrap();
    assert_eq!((whole.expires_at, whole.parts.len()), (at(30).utc, 1), "the queue ends it as expired");
}

#[test]
fn parts_from_the_store_are_joined_with_new_ones_and_wait_anew() {
    let mut assembler = Assembler::default();
    let stored = [message(1, part(1, 3, b"a")), message(2, part(2, 3, b"b"))];
    stored.iter().for_each(|part| assembler.resume(Arc::clone(part), RULE, at(0)));
    stored.iter().for_each(|part| assembler.resume(Arc::clone(part), RULE, at(0)));
    assembler.handle_timeout(at(119));
    assert_eq!(give(&mut assembler, 3, part(1, 3, b"a"), at(119)), id(1), "known again");
    give(&mut assembler, 4, part(3, 3, b"c"), at(119));
    assert_eq!(texts(&mut assembler), [complete("abc")]);
}

#[test]
fn a_repetition_that_was_accepted_before_the_first_was_read_shares_its_end() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 3, part(1, 2, b"a"), at(0));
    assembler.resume(message(1, part(1, 2, b"a")), RULE, at(0));
    assembler.resume(message(2, part(2, 2, b"b")), RULE, at(0));
    let (whole, _) = assembler.poll_whole().unwrap();
    assert_eq!((whole.id, &*whole.submission.text, whole.parts.len()), (id(1), "ab", 3));
}

#[test]
fn a_part_that_the_last_run_left_is_known_before_it_is_read() {
    let mut assembler = Assembler::default();
    let stored = [message(1, part(1, 2, b"a")), message(2, part(2, 2, b"b"))];
    let foreseen: Vec<_> = stored.iter().map(|part| assembler.foresee(part)).collect();
    assert_eq!(foreseen, [None, Some(id(1))], "the text is whole");
    assert_eq!(give(&mut assembler, 3, part(1, 2, b"a"), at(0)), id(1));
    assert_eq!(give(&mut assembler, 4, part(1, 2, b"other"), at(0)), id(4));
    assert_eq!(give(&mut assembler, 5, part(1, 2, b"a"), at(0)), id(1), "though its reference is used again");
    stored.iter().for_each(|part| assembler.resume(Arc::clone(part), RULE, at(1)));
    assert_eq!(assembler.known(&message(6, part(2, 2, b"b")), at(2).instant), Some(id(2)));
    assembler.end_resume();
    assert_eq!(assembler.known(&message(6, part(2, 2, b"b")), at(20).instant), None);
}

#[test]
fn a_new_part_of_a_text_of_the_last_run_is_joined_with_those_that_are_read_later() {
    let mut assembler = Assembler::default();
    let stored = message(1, part(1, 2, b"a"));
    assert_eq!(assembler.foresee(&stored), None);
    assert_eq!(give(&mut assembler, 2, part(2, 2, b"b"), at(0)), id(2));
    assert_eq!(give(&mut assembler, 3, part(1, 2, b"a"), at(0)), id(1), "and is known beside a new one");
    assembler.resume(stored, RULE, at(1));
    assert_eq!(texts(&mut assembler), [complete("ab")]);
}

#[test]
fn equal_texts_from_the_store_stay_two() {
    let mut assembler = Assembler::default();
    for (counter, number) in [(1, 1), (2, 2), (3, 1), (4, 2)] {
        assembler.resume(message(counter, part(number, 2, b"x")), RULE, at(0));
    }
    assert_eq!(texts(&mut assembler), [complete("xx"), complete("xx")]);
}

#[test]
fn a_text_that_went_on_before_is_waited_for_no_longer_and_keeps_its_progress() {
    let mut assembler = Assembler::default();
    let joined = Joined { leader: id(1), messages: 2, late: false };
    let last = Some(iwf_model::Outcome::new(Cause::Offline, 0));
    let progress = Progress {
        attempts: 3,
        due_at: Timestamp::MAX,
        last,
        in_doubt: false,
        joined: Some(joined),
        taken: None,
    };
    for (counter, number) in [(1, 3), (2, 1)] {
        let mut read = Message::clone(&message(counter, part(number, 3, b"x")));
        read.progress = progress;
        assert_eq!(texts(&mut assembler), []);
        assembler.resume(Arc::new(read), RULE, at(0));
        assembler.handle_timeout(at(1000));
    }
    let (whole, fate) = assembler.poll_whole().unwrap();
    assert_eq!((&*whole.submission.text, fate, whole.progress), ("x(...)x", Fate::Resumed, progress));
    assert!(whole.story.is_empty(), "each part has told its own");
    assert_eq!(assembler.rejoining().count(), 0);
    assert_eq!(give(&mut assembler, 5, part(3, 3, b"x"), at(1)), id(1), "it is known again");
    assert_eq!(give(&mut assembler, 6, part(2, 3, b"y"), at(1)), id(6));
    assert_eq!(texts(&mut assembler), [("(2/3) y".to_owned(), Fate::Late)]);
}

#[test]
fn a_text_that_is_taken_back_before_it_is_whole_ends_with_what_comes_later() {
    let mut assembler = Assembler::default();
    give(&mut assembler, 1, part(1, 3, b"a"), at(0));
    assembler.offer(&message(2, part(2, 3, b"b")), RULE, at(0)).unwrap();
    assert!(assembler.cancel(id(1), at(1)));
    assert!(!assembler.cancel(id(1), at(1)), "once");
    assembler.hold(id(2), at(1));
    let (whole, fate) = assembler.poll_whole().unwrap();
    assert_eq!((fate, whole.parts.len()), (Fate::Cancelled, 2));
    assert_eq!(whole.progress.last.map(|last| last.cause), Some(Cause::Cancelled));
    give(&mut assembler, 3, part(3, 3, b"c"), at(2));
    assert_eq!(assembler.poll_whole().map(|(_, fate)| fate), Some(Fate::Cancelled));
}

#[test]
fn what_is_no_part_is_no_concern_of_it() {
    let mut assembler = Assembler::default();
    let mut plain = Message::clone(&message(1, part(1, 2, b"a")));
    plain.submission.options = None;
    let plain = Arc::new(plain);
    assert_eq!(
        (assembler.known(&plain, at(0).instant), assembler.offer(&plain, RULE, at(0))),
        (None, Ok(()))
    );
    assembler.hold(plain.id, at(0));
    assert!(assembler.poll_whole().is_none() && assembler.is_empty());
}
