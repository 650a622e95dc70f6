//! Every command_status of SMPP 5.0 4.7.6: each that we give is provoked, each other one is said not to be given.

use std::collections::BTreeSet;

use iwf_model::Refusal;

use crate::corpus;
use crate::peer::{Peer, Submit};
use crate::status;

/// What no peer of ours ever hears, and why.
const NEVER: &[(&[&str], &str)] = &[
    (
        &["ESME_RINVPRTFLG", "ESME_RINVREGDLVFLG", "ESME_RINVSRCTON", "ESME_RINVSRCNPI", "ESME_RINVDSTNPI"],
        "values that are reserved do no harm and are taken (corpus: submit-values)",
    ),
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
    (
        &["ESME_RINVMSGID", "ESME_RINVNUMDESTS", "ESME_RINVDLNAME", "ESME_RINVDESTFLAG", "ESME_RCNTSUBDL"],
        "submit_multi, query_sm, cancel_sm and replace_sm are not offered",
    ),
    (&["ESME_RDELIVERYFAILURE"], "transaction mode is not offered"),
];

/// What the cases of the corpus are answered with.
fn by_the_corpus() -> BTreeSet<String> {
    let verdicts = corpus::cases().into_values().map(|case| case.verdict);
    let steps = verdicts.flat_map(|verdict| verdict.split(", then ").map(str::to_owned).collect::<Vec<_>>());
    let named = steps.filter_map(|step| step.split_once(' ').map(|(_, status)| status.to_owned()));
    named.chain(["ESME_ROK".to_owned()]).collect()
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
    let given: BTreeSet<_> = by_the_corpus().union(&by_circumstance()).cloned().collect();
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
