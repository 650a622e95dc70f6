//! Every command_status of SMPP 5.0 4.7.6: each that we give is provoked, each other one is said not to be given.

use std::collections::BTreeSet;

use iwf_model::{BindKind, Cause, Denial, Outcome, Refusal};
use iwf_smpp::CommandId;

use crate::corpus;
use crate::peer::{Peer, Submit, pdu};
use crate::status;

/// What no peer of ours ever hears, and why.
const NEVER: &[(&[&str], &str)] = &[
    (
        &["ESME_RX_T_APPN", "ESME_RX_P_APPN", "ESME_RX_R_APPN"],
        "a receiver says them to a message centre, which we are",
    ),
    (
        &["ESME_RSERTYPUNAUTH", "ESME_RSERTYPUNAVAIL", "ESME_RSERTYPDENIED"],
        "no service_type means anything to us",
    ),
    (&["ESME_RINVSRCADDRSUBUNIT", "ESME_RINVDSTADDRSUBUNIT"], "no subunit means anything to us"),
    (
        &[
            "ESME_RINVBCASTFREQINT",
            "ESME_RINVBCASTALIAS_NAME",
            "ESME_RINVBCASTAREAFMT",
            "ESME_RINVNUMBCAST_AREAS",
            "ESME_RINVBCASTCNTTYPE",
            "ESME_RINVBCASTMSGCLASS",
            "ESME_RBCASTFAIL",
            "ESME_RBCASTQUERYFAIL",
            "ESME_RBCASTCANCELFAIL",
            "ESME_RINVBCAST_REP",
            "ESME_RINVBCASTSRVGRP",
            "ESME_RINVBCASTCHANIND",
        ],
        "no cell broadcast is offered",
    ),
    (&["ESME_RUNKNOWNERR"], "an error of ours is ESME_RSYSERR"),
    (&["ESME_RCNTSUBDL"], "a distribution list is one that nobody knows"),
];

/// What the cases of the corpus are answered with.
fn by_the_corpus() -> BTreeSet<String> {
    let verdicts = corpus::cases().into_values().map(|case| case.verdict);
    let steps = verdicts.flat_map(|verdict| verdict.split(", then ").map(str::to_owned).collect::<Vec<_>>());
    let named = steps.filter_map(|step| step.split_once(' ').map(|(_, status)| status.to_owned()));
    named.chain(["ESME_ROK".to_owned()]).collect()
}

/// What is taken from most carriers, and not where the profile is strict.
fn by_strictness() -> BTreeSet<String> {
    let spoilt: [fn(&mut Submit); 5] = [
        |submit| submit.priority_flag = 4,
        |submit| submit.registered_delivery = 0x20,
        |submit| submit.source.0 = 7,
        |submit| submit.source.1 = 2,
        |submit| submit.destination.1 = 2,
    ];
    let strictly = |spoils: fn(&mut Submit)| {
        let mut peer = Peer::connected();
        peer.profile.reading.strict = true;
        peer.binds(BindKind::Transceiver, 0x34);
        peer.answers();
        let mut submit = Submit::default();
        spoils(&mut submit);
        peer.sends(&submit.submit_sm(7));
        status::name(peer.answer().status.into())
    };
    spoilt.into_iter().map(strictly).collect()
}

/// What answers an operation on a message, or a transaction.
fn by_the_end() -> BTreeSet<String> {
    let mut statuses = BTreeSet::new();
    for denial in Denial::ALL {
        let mut peer = Peer::transceiver();
        peer.standing = Err(denial);
        peer.sends(&pdu(CommandId::QuerySm, 5, b"100000000000000001\0\0\0\0"));
        peer.sends(&pdu(CommandId::CancelSm, 6, b"\x00100000000000000001\0\0\0\0\0\0\0"));
        peer.sends(&pdu(CommandId::ReplaceSm, 7, b"100000000000000001\0\0\0\0\0\0\0\0\x02hi"));
        statuses.extend(peer.answers().iter().map(|answer| status::name(answer.status.into())));
    }
    let mut peer = Peer::transceiver();
    peer.accepting = false;
    peer.sends(&Submit { esm_class: 2, ..Submit::default() }.submit_sm(7));
    let ticket = peer.tickets.remove(0);
    peer.session.fail_submit(ticket, &Outcome::new(Cause::Offline, 480), None);
    statuses.insert(status::name(peer.answer().status.into()));
    statuses
}

/// What depends on more than the PDU: the window, the node, the peer's version.
fn by_circumstance() -> BTreeSet<String> {
    let mut statuses = BTreeSet::new();
    for refusal in Refusal::ALL {
        let mut peer = Peer::transceiver();
        peer.accepting = false;
        peer.sends(&Submit::default().submit_sm(7));
        let ticket = peer.tickets.remove(0);
        peer.session.refuse_submit(ticket, refusal);
        statuses.insert(status::name(peer.answer().status.into()));
    }
    statuses
}

#[test]
fn every_status_is_given_or_said_not_to_be() {
    let given: BTreeSet<_> =
        [by_the_corpus(), by_circumstance(), by_strictness(), by_the_end()].into_iter().flatten().collect();
    for (_, name) in status::ALL {
        let never = NEVER.iter().find(|(names, _)| names.contains(name));
        match (given.contains(*name), never) {
            (true, Some((_, why))) => panic!("{name} is given, though {why}"),
            (false, None) => panic!("{name} is never provoked"),
            _ => {}
        }
    }
    let known: BTreeSet<_> = status::ALL.iter().map(|(_, name)| (*name).to_owned()).collect();
    assert!(given.is_subset(&known), "{:?}", given.difference(&known));
    println!("given: {given:?}");
}

/// The page that a carrier's engineer reads.
const PAGE: &str = include_str!("../docs/smpp.md");

#[test]
fn the_page_names_every_status_that_is_given_and_none_that_is_not() {
    let given: BTreeSet<_> =
        [by_the_corpus(), by_circumstance(), by_strictness(), by_the_end()].into_iter().flatten().collect();
    for name in given.iter().filter(|name| *name != "ESME_ROK") {
        assert!(PAGE.contains(name.as_str()), "{name} is not on the page");
    }
    let known: BTreeSet<_> = status::ALL.iter().map(|(_, name)| *name).collect();
    let words = PAGE.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words.filter(|word| word.starts_with("ESME_")) {
        assert!(known.contains(word), "{word} is no status");
    }
}

#[test]
fn the_page_has_the_very_tags_that_the_code_has() {
    let code = include_str!("../src/smpp/pdu/tlv.rs");
    let constants = code.lines().filter_map(|line| line.trim().strip_prefix("pub const "));
    let tags: BTreeSet<_> = constants
        .filter_map(|line| line.trim_end_matches(';').split_once(": u16 = "))
        .map(|(name, tag)| format!("| {tag} | {} |", name.to_ascii_lowercase()))
        .collect();
    let rows: BTreeSet<_> = PAGE
        .lines()
        .filter(|line| line.starts_with("| 0x") && line.get(8..11) == Some(" | "))
        .filter_map(|line| line.match_indices('|').nth(2).map(|(end, _)| line[..=end].to_owned()))
        .collect();
    assert_eq!(tags, rows);
}
