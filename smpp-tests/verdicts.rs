//! The corpus against a session: every case gets its verdict, from one that stands alone and on one bind for all.

use std::time::Duration;

use bytes::BytesMut;
use iwf_model::{BindKind, ReceiptAnswer, Refusal, Submission};
use iwf_smpp::{BindRefusal, CommandId, CommandStatus};

use crate::corpus::{self, Case, PASSWORD, SERVED, SYSTEM_ID, State};
use crate::peer::{Answer, Peer, pdu};
use crate::status;

/// As the real one: numbers that nobody has are refused.
fn admission(submission: &Submission) -> Result<(), Refusal> {
    let served = SERVED.contains(&submission.destination.as_str());
    if served { Ok(()) } else { Err(Refusal::UnknownDestination) }
}

fn session(case: &Case, strict: bool) -> Peer {
    let version = case.version.octet();
    let mut peer = Peer::connected();
    peer.profile.reading.strict = strict;
    let kind = match case.state {
        State::Open => None,
        State::BoundTx => Some(BindKind::Transmitter),
        State::BoundRx => Some(BindKind::Receiver),
        State::BoundTrx | State::Unbound => Some(BindKind::Transceiver),
    };
    if let Some(kind) = kind {
        peer.binds(kind, version);
    }
    if case.state == State::Unbound {
        peer.sends(&pdu(CommandId::Unbind, 2, &[]));
    }
    peer.answers();
    peer.admission = admission;
    peer.reachable = false;
    peer.granting = false;
    peer.last_bind = None;
    if case.pending.is_some() {
        assert!(peer.sends_receipt(1));
        assert_eq!(peer.answer().sequence, 1);
    }
    peer
}

/// The octets come; who may bind is bound.
fn plays(peer: &mut Peer, octets: &[u8]) -> (Vec<Answer>, BytesMut) {
    let left = peer.sends(octets);
    while let Some(request) = peer.last_bind.take() {
        if request.system_id == SYSTEM_ID && request.password.as_bytes() == PASSWORD {
            peer.granted();
        } else {
            peer.session.refuse_bind(BindRefusal::Credentials, peer.now);
            peer.passes(Duration::from_secs(1));
        }
    }
    (peer.answers(), left)
}

/// What happened, in the words of the corpus.
fn verdict(peer: &Peer, answers: &[Answer], left: &BytesMut) -> String {
    let mut steps: Vec<_> =
        answers.iter().map(|answer| status::step(answer.id.into(), answer.status.into())).collect();
    match peer.closed {
        Some(_) => steps.push("closed".to_owned()),
        None if !left.is_empty() => steps.push("waits".to_owned()),
        None if steps.is_empty() => steps.push("ignored".to_owned()),
        None => {}
    }
    steps.join(", then ")
}

/// What is wrong with how the case went, if anything.
fn disagreement(case: &Case) -> Option<String> {
    let octets = case.octets();
    let mut peer = session(case, false);
    let (answers, left) = plays(&mut peer, &octets);
    let verdict = verdict(&peer, &answers, &left);
    if verdict != case.verdict {
        return Some(format!("{verdict}, not {}; {:?}", case.verdict, peer.anomalies));
    }
    let asked = corpus::requests(&octets);
    for answer in &answers {
        let fits = asked.iter().any(|(id, sequence)| {
            let matching = answer.id == CommandId::GenericNack || u32::from(answer.id) == id | 0x8000_0000;
            matching && answer.sequence == *sequence
        });
        // The end of a transaction is told with its reason (SMPP 5.0 4.2.5).
        let bodiless = !matches!(answer.status, CommandStatus::EsmeRok | CommandStatus::EsmeRdeliveryfailure);
        if !fits || (bodiless && answer.octets.len() != 16) {
            return Some(format!("{answer:?} answers none of {asked:x?}"));
        }
    }
    let settled = peer.receipts.first().map(|(_, answer, _)| match answer {
        ReceiptAnswer::Taken => "taken",
        ReceiptAnswer::Later => "later",
        _ => "refused",
    });
    if settled != case.settles.as_deref() {
        return Some(format!("the deliver_sm is {settled:?}"));
    }
    misread(case, &peer).or_else(|| outlives(case, &mut peer))
}

/// What is accepted is also understood.
fn misread(case: &Case, peer: &Peer) -> Option<String> {
    let read = peer.submissions.first().map(|submission| {
        [submission.text.clone(), submission.source.to_string(), submission.destination.to_string()]
    });
    let expected = [&case.text, &case.source, &case.destination];
    let wrong = read
        .iter()
        .flatten()
        .zip(expected)
        .find(|(read, expected)| expected.as_ref().is_some_and(|e| e != *read));
    wrong.map(|(read, expected)| format!("read as {read:?}, not {expected:?}"))
}

/// The session goes on unless the verdict says otherwise; what never becomes whole ends it in time.
fn outlives(case: &Case, peer: &mut Peer) -> Option<String> {
    match case.verdict.rsplit(", then ").next() {
        Some("closed") => peer.lives().then(|| "lives".to_owned()),
        Some("waits") => {
            peer.passes(Duration::from_secs(11));
            peer.closed.is_none().then(|| "waits for ever".to_owned())
        }
        _ => (!peer.lives()).then(|| "does not answer enquire_link any more".to_owned()),
    }
}

#[test]
fn every_case_of_the_corpus_gets_its_verdict() {
    let mut wrong = Vec::new();
    for ((file, name), case) in corpus::cases() {
        if let Some(what) = disagreement(&case) {
            wrong.push(format!("{file} {name}: {what}"));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// "Never drop a bind for a PDU that can be answered": all of them, one after the other, on one bind.
#[test]
fn one_bind_survives_all_that_can_be_answered() {
    let mut peer = Peer::transceiver();
    peer.admission = admission;
    let survivable = |case: &Case| !case.verdict.contains("closed") && case.verdict != "waits";
    let mut survived = 0;
    for ((_, name), case) in corpus::cases() {
        let unbinds = corpus::requests(&case.octets()).contains(&(6, 5)) || name == "submit-and-unbind";
        // Five generic_nacks to nothing within a minute are too many, by another rule.
        let nack = corpus::requests(&case.octets()).iter().any(|(id, _)| *id == 0x8000_0000);
        if survivable(&case) && case.state == State::BoundTrx && !unbinds && !nack {
            peer.sends(&case.octets());
            assert!(peer.lives(), "{name}");
            survived += 1;
        }
    }
    assert!(peer.session.state().is_bound() && survived > 400, "{survived}");
}

/// The account's profile says `strict`: many of the cases that are taken otherwise are refused then, each as
/// the specification has it, and the others are answered as ever.
#[test]
fn a_strict_reading_gives_the_strict_verdict_or_the_usual_one() {
    let (mut wrong, mut strictly) = (Vec::new(), 0);
    for ((file, name), case) in corpus::cases() {
        let mut peer = session(&case, true);
        let (answers, left) = plays(&mut peer, &case.octets());
        let verdict = verdict(&peer, &answers, &left);
        if case.strict.as_ref() == Some(&verdict) {
            strictly += 1;
        } else if verdict != case.verdict {
            wrong.push(format!("{file} {name}: {verdict}, not {:?}", case.strict));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(strictly > 15, "{strictly}");
}
