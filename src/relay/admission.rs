//! A submission becomes a message, or is refused with a reason. Nothing is stored here: what this admits
//! is promised to its origin only when the store has it.

use std::time::Duration;

use iwf_model::{
    EnvironmentId, Message, MessageId, Mode, Number, NumberPlan, Progress, Refusal, Submission, Timestamp,
    Validity,
};

use crate::directory::Directory;
use crate::verdict::Verdict;

/// How long the answer to a transaction may take (interworking.md A.16).
const LONGEST_TRANSACTION: Duration = Duration::from_secs(25);

/// What holds for all that is submitted, whoever submits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// How long messages may wait.
    pub limits: Limits,
    /// How apps write numbers. Carriers have plans of their own.
    pub plan: Option<NumberPlan>,
    /// Numbers that are not routed: a text to them helps nobody.
    pub emergency: Vec<Number>,
    /// How other environments know this one.
    pub here: EnvironmentId,
}

/// How long messages may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For messages whose origin did not say.
    pub default_validity: Duration,
    /// Longer wishes are cut to this.
    pub max_validity: Duration,
}

impl Default for Limits {
    /// 72 hours, at most 7 days (interworking.md A.11).
    fn default() -> Self {
        Self {
            default_validity: Duration::from_secs(72 * 3600),
            max_validity: Duration::from_secs(7 * 86_400),
        }
    }
}

/// Decides whether we take a message, to whom it goes, and until when it may wait.
///
/// The rate of the carrier is checked before (see [`crate::throttle`]), because it must cost nothing to refuse.
pub fn admit(
    mut submission: Submission,
    id: MessageId,
    directory: &Directory,
    policy: &Policy,
    now: Timestamp,
) -> Result<Message, Refusal> {
    let recipient = Verdict::of(&mut submission, directory, policy, now).recipient()?;
    let options = submission.options();
    let due_at = options.schedule.map_or(now, |schedule| schedule.max(now));
    let expires_at = match options.mode {
        Mode::Transaction => now.after(LONGEST_TRANSACTION),
        _ => expiry(submission.validity, &policy.limits, now, due_at).ok_or(Refusal::AlreadyExpired)?,
    };
    let progress = Progress { due_at, ..Progress::default() };
    Ok(Message {
        id,
        submission,
        recipient,
        accepted_at: now,
        expires_at,
        progress,
        story: Vec::new(),
        parts: Vec::new(),
    })
}

/// When a message that is due at `due_at` stops waiting; `None` when it would never be due.
///
/// What the origin stated counts from `now` (interworking.md A.11). What we add, the default and the ceiling, counts
/// from when it is due, so that it makes no schedule impossible.
pub(crate) fn expiry(
    validity: Validity,
    limits: &Limits,
    now: Timestamp,
    due_at: Timestamp,
) -> Option<Timestamp> {
    let latest = due_at.after(limits.max_validity);
    let expires_at = match validity {
        Validity::Default => due_at.after(limits.default_validity),
        Validity::For(span) => now.after(span).min(latest),
        Validity::Until(moment) => moment.min(latest),
    };
    (expires_at > now && (expires_at > due_at || due_at <= now)).then_some(expires_at)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::directory::tests::account;
    use crate::routing::tests::{connection, route};
    use iwf_model::{
        AccountId, AccountState, Address, Alphabet, Carrier, CarrierId, Options, Origin, Party, Profile,
        ReceiptRequest, Recipient, RouteId, Settings, Trace,
    };

    pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

    pub(crate) fn submission(to: &str) -> Submission {
        Submission {
            origin: Origin::Carrier(CarrierId(1)),
            source: Address::Number("4915112345678".parse().unwrap()),
            destination: to.parse().unwrap(),
            source_as_submitted: Party { ton: 1, npi: 1, addr: b"4915112345678".as_slice().into() },
            destination_as_submitted: Party { ton: 0, npi: 1, addr: to.as_bytes().into() },
            text: "Your code is 123-456".into(),
            receipt: ReceiptRequest::ANY,
            validity: Validity::Default,
            reference: Some(7),
            options: None,
        }
    }

    pub(crate) fn id(counter: u32) -> MessageId {
        MessageId::compose(5_000_000_000, 1, counter).unwrap()
    }

    pub(crate) fn carrier(enabled: bool) -> Carrier {
        Carrier {
            id: CarrierId(1),
            name: "Carrier1".into(),
            system_id: "carrier1".into(),
            password_hash: String::new(),
            enabled,
            max_binds: 1,
            rate: 0,
            window: 10,
            alphabet: Alphabet::Gsm7,
            profile: Profile::default(),
        }
    }

    pub(crate) fn policy() -> Policy {
        let emergency = vec!["112".parse().unwrap()];
        Policy { limits: Limits::default(), plan: None, emergency, here: EnvironmentId([7; 8]) }
    }

    fn directory() -> Directory {
        let mut barred = account(2, "222", &["222"]);
        barred.state = AccountState::Suspended;
        Directory::new(
            vec![carrier(true)],
            vec![account(1, "111222333", &["111222333", "1111"]), barred],
            vec![],
            vec![],
        )
    }

    fn admit_one(submission: Submission) -> Result<Message, Refusal> {
        admit(submission, id(0), &directory(), &policy(), NOW)
    }

    #[test]
    fn a_number_of_any_length_that_an_account_owns_is_a_destination() {
        for to in ["111222333", "1111"] {
            let message = admit_one(submission(to)).unwrap();
            assert_eq!((message.recipient, message.progress.due_at), (Recipient::Account(AccountId(1)), NOW));
        }
        assert_eq!(admit_one(submission("11112")), Err(Refusal::UnknownDestination));
    }

    #[test]
    fn a_number_that_a_carrier_serves_is_a_destination_unless_an_account_owns_it() {
        let mut serving = Carrier { id: CarrierId(2), ..carrier(true) };
        serving.profile.set("numbers", "1111%").unwrap();
        let directory =
            Directory::new(vec![carrier(true), serving], vec![account(1, "a", &["1111"])], vec![], vec![]);
        let to = |to| admit(submission(to), id(0), &directory, &policy(), NOW);
        let carrier = Recipient::Carrier(CarrierId(2));
        assert_eq!(to("11112").map(|message| message.recipient), Ok(carrier));
        assert_eq!(to("1111").map(|message| message.recipient), Ok(Recipient::Account(AccountId(1))));
        assert_eq!(to("1112").err(), Some(Refusal::UnknownDestination));
    }

    #[test]
    fn nothing_goes_back_to_the_carrier_it_came_from() {
        let mut own = carrier(true);
        own.profile.set("numbers", "1111%").unwrap();
        let directory = Directory::new(vec![own], vec![], vec![], vec![]);
        let answer = admit(submission("11112"), id(0), &directory, &policy(), NOW);
        assert_eq!(answer, Err(Refusal::UnknownDestination));
        let from_app = Submission { origin: Origin::Account(AccountId(1)), ..submission("11112") };
        assert!(admit(from_app, id(0), &directory, &policy(), NOW).is_ok());
    }

    /// Carrier 1 writes German numbers; carrier 2 is at the end of connection "b".
    fn routed(routes: &[&str]) -> Directory {
        let mut german = carrier(true);
        german.profile.set("number_plan", "49 0 00").unwrap();
        let vendor = Carrier { id: CarrierId(2), name: "Vendor".into(), ..carrier(true) };
        let connections = vec![connection(1, "a", "Carrier1"), connection(2, "b", "Vendor")];
        let routes = routes.iter().zip(1..).map(|(to, id)| route(id, &[("to", to), ("via", "b")])).collect();
        let accounts = vec![account(1, "a", &["0151", "491511111111"])];
        Directory::new(vec![german, vendor], accounts, connections, routes)
    }

    fn routed_to(directory: &Directory, to: &str) -> Result<(Recipient, String), Refusal> {
        let message = admit(submission(to), id(0), directory, &policy(), NOW)?;
        Ok((message.recipient, message.submission.destination.to_string()))
    }

    #[test]
    fn numbers_are_taken_as_they_stand_before_they_are_read_by_the_plan() {
        let directory = routed(&["0800%", "4989%", "%"]);
        let routes = |id| Recipient::Route(RouteId(id));
        let anna = Recipient::Account(AccountId(1));
        for (to, recipient, number) in [
            ("0151", anna, "0151"),
            ("01511111111", anna, "491511111111"),
            ("0800123456", routes(1), "0800123456"),
            ("08912345678", routes(2), "498912345678"),
            ("0048123456789", routes(3), "48123456789"),
        ] {
            assert_eq!(routed_to(&directory, to), Ok((recipient, number.to_owned())), "{to}");
        }
        assert_eq!(routed_to(&directory, "12345"), Err(Refusal::UnknownDestination), "no number of the plan");
    }

    #[test]
    fn the_sender_is_read_by_the_plan_and_receipts_have_it_as_it_was() {
        let directory = routed(&["%"]);
        let source_as_submitted = Party { ton: 2, npi: 1, addr: b"1512345678".as_slice().into() };
        let source = Address::Number("1512345678".parse().unwrap());
        let submission = Submission { source, source_as_submitted, ..submission("0048123456789") };
        let message = admit(submission, id(0), &directory, &policy(), NOW).unwrap().submission;
        assert_eq!(message.source.to_string(), "491512345678");
        assert_eq!(&*message.source_as_submitted.addr, b"1512345678");
        assert_eq!(&*message.destination_as_submitted.addr, b"0048123456789");
    }

    #[test]
    fn apps_have_the_plan_of_the_installation() {
        let policy = Policy { plan: Some("1 1 011".parse().unwrap()), ..policy() };
        let from_app = Submission {
            origin: Origin::Account(AccountId(1)),
            destination_as_submitted: Party::default(),
            ..submission("01148123456789")
        };
        let message = admit(from_app, id(0), &routed(&["48%"]), &policy, NOW).unwrap();
        assert_eq!(message.submission.destination.to_string(), "48123456789");
    }

    #[test]
    fn emergency_numbers_are_not_routed() {
        let answer = |route: &str| routed_to(&routed(&[route]), "112");
        assert_eq!(answer("112"), Err(Refusal::UnknownDestination));
        assert_eq!(answer("1%"), Err(Refusal::UnknownDestination));
    }

    #[test]
    fn a_message_is_routed_by_the_plan_of_nobody_where_there_is_none() {
        let vendor = Carrier { id: CarrierId(2), name: "Vendor".into(), ..carrier(true) };
        let connections = vec![connection(2, "b", "Vendor")];
        let routes = vec![route(1, &[("to", "%"), ("via", "b")])];
        let directory = Directory::new(vec![carrier(true), vendor], vec![], connections, routes);
        assert_eq!(routed_to(&directory, "1"), Ok((Recipient::Route(RouteId(1)), "1".to_owned())));
    }

    #[test]
    fn a_route_that_leads_back_takes_the_message_from_the_others_and_leads_nowhere() {
        let mut directory = routed(&["49%", "%"]);
        assert!(routed_to(&directory, "4989123456").is_ok());
        let connections = vec![connection(1, "a", "Carrier1"), connection(2, "b", "Carrier1")];
        let routes = vec![route(1, &[("to", "49%"), ("via", "b")]), route(2, &[("to", "%"), ("via", "a")])];
        directory = Directory::new(vec![carrier(true)], vec![], connections, routes);
        assert_eq!(routed_to(&directory, "4989123456"), Err(Refusal::UnknownDestination));
    }

    #[test]
    fn what_has_been_here_is_not_passed_on_again() {
        let with = |trace, to| {
            let options = Some(Box::new(Options { trace: Some(Box::new(trace)), ..Options::default() }));
            let submission = Submission { options, ..submission(to) };
            admit(submission, id(0), &routed(&["%"]), &policy(), NOW).map(|message| message.recipient)
        };
        let elsewhere = Trace::default().onward(EnvironmentId([1; 8]));
        assert_eq!(with(elsewhere.clone(), "4989123456"), Ok(Recipient::Route(RouteId(1))));
        let here = elsewhere.onward(policy().here);
        assert_eq!(with(here.clone(), "4989123456"), Err(Refusal::Loop));
        assert_eq!(with(here, "0151"), Ok(Recipient::Account(AccountId(1))), "it has arrived");
    }

    #[test]
    fn a_suspended_account_and_a_disabled_carrier_are_refused() {
        assert_eq!(admit_one(submission("222")), Err(Refusal::DestinationBarred));
        let directory =
            Directory::new(vec![carrier(false)], vec![account(1, "1111", &["1111"])], vec![], vec![]);
        let answer = admit(submission("1111"), id(0), &directory, &policy(), NOW);
        assert_eq!(answer, Err(Refusal::OriginDisabled));
    }

    #[test]
    fn a_schedule_is_when_it_is_due_and_must_be_before_its_end() {
        let hour = Duration::from_secs(3600);
        let schedule = NOW.after(10 * 24 * hour);
        let scheduled = |validity| {
            let options = Some(Box::new(Options { schedule: Some(schedule), ..Options::default() }));
            let message = admit_one(Submission { validity, options, ..submission("1111") });
            message.map(|message| (message.progress.due_at, message.expires_at))
        };
        assert_eq!(scheduled(Validity::Default), Ok((schedule, schedule.after(72 * hour))));
        assert_eq!(scheduled(Validity::For(20 * 24 * hour)), Ok((schedule, schedule.after(7 * 24 * hour))));
        assert_eq!(scheduled(Validity::For(240 * hour)), Err(Refusal::AlreadyExpired));
        assert_eq!(scheduled(Validity::Until(NOW.after(hour))), Err(Refusal::AlreadyExpired));
    }

    #[test]
    fn a_transaction_has_25_seconds() {
        let options = Some(Box::new(Options { mode: Mode::Transaction, ..Options::default() }));
        let message = admit_one(Submission { options, ..submission("1111") }).unwrap();
        assert_eq!(message.expires_at, NOW.after(Duration::from_secs(25)));
    }

    #[test]
    fn validity_has_a_default_a_ceiling_and_an_end() {
        let hour = Duration::from_secs(3600);
        let cases = [
            (Validity::Default, Ok(NOW.after(72 * hour))),
            (Validity::For(Duration::from_secs(30)), Ok(NOW.after(Duration::from_secs(30)))),
            (Validity::For(1000 * hour), Ok(NOW.after(7 * 24 * hour))),
            (Validity::Until(NOW.after(hour)), Ok(NOW.after(hour))),
            (Validity::Until(NOW), Err(Refusal::AlreadyExpired)),
            (Validity::For(Duration::ZERO), Err(Refusal::AlreadyExpired)),
        ];
        for (validity, expected) in cases {
            let answer = admit_one(Submission { validity, ..submission("1111") });
            assert_eq!(answer.map(|message| message.expires_at), expected, "{validity:?}");
        }
    }
}
