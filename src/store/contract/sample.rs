//! What the tests store.

use std::net::SocketAddr;

use iwf_model::{
    Account, AccountId, AccountState, Address, Alphabet, Asked, Awaited, Binding, Carrier, CarrierId, Cause,
    Challenge, ConnectionId, FinalState, Flow, Handed, Imdn, Message, MessageId, Name, Notice, Options,
    Origin, Owed, Party, PendingReceipt, Profile, Progress, Receipt, ReceiptRequest, Recipient, Record,
    Settings, Step, StepKind, Submission, Tidings, Timestamp, Transport, Unmatched, UpstreamNews,
    UpstreamReceipt, Validity,
};

use crate::Write;

/// More than any test queues.
pub(crate) const ROOM: usize = 1_000_000;

/// Who provisions in the tests.
pub(crate) const BY: &str = "test";

pub(crate) const CARRIER: CarrierId = CarrierId(3);
pub(crate) const ACCOUNT: Recipient = Recipient::Account(AccountId(7));
pub(crate) const DAY: i64 = 20_000;

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((DAY * 86_400 + seconds) * 1_000_000)
}

pub(crate) fn id(number: u32) -> MessageId {
    MessageId::compose(1_000 + u64::from(number / 1_000), 7, number % 1_000).unwrap()
}

pub(crate) fn step(seconds: i64, kind: StepKind, detail: &str) -> Step {
    Step { at: at(seconds), kind, detail: detail.to_owned() }
}

/// A message of `CARRIER` to `ACCOUNT`, due at once, valid for an hour.
pub(crate) fn message(number: u32) -> Message {
    Message {
        id: id(number),
        submission: Submission {
            origin: Origin::Carrier(CARRIER),
            source: Address::Name(Name::parse("ACME Bank").unwrap()),
            destination: "111222333".parse().unwrap(),
            source_as_submitted: Party { ton: 5, npi: 0, addr: Box::from(&b"ACME Bank"[..]) },
            destination_as_submitted: Party { ton: 1, npi: 1, addr: Box::from(&b"111222333"[..]) },
            text: format!("Your code is 123-{number} \\ \0 😀"),
            receipt: ReceiptRequest::ANY,
            validity: Validity::Default,
            reference: Some(1),
            options: None,
        },
        recipient: ACCOUNT,
        accepted_at: at(0),
        expires_at: at(3_600),
        progress: Progress { due_at: at(0), ..Progress::default() },
        story: vec![step(0, StepKind::Accepted, "smpp:carrier1\nx")],
        parts: Vec::new(),
    }
}

pub(crate) fn accept(number: u32) -> Write {
    Write::Accept(std::sync::Arc::new(message(number)))
}

pub(crate) fn record(number: u32) -> Record {
    Record {
        message: id(number),
        origin: Origin::Carrier(CARRIER),
        recipient: ACCOUNT,
        source: "ACME Bank".to_owned(),
        destination: "111222333".to_owned(),
        accepted_at: at(0),
        finished_at: at(1),
        state: FinalState::Delivered,
        cause: Cause::Delivered,
        reason: Cause::Delivered,
        via: None,
        text: None,
        code: 200,
        attempts: 1,
        in_doubt: false,
        story: vec![step(0, StepKind::Accepted, ""), step(1, StepKind::Finished, "sip:1@127.0.0.1 200")],
    }
}

pub(crate) fn receipt(number: u32) -> PendingReceipt {
    PendingReceipt {
        receipt: Receipt {
            message: id(number),
            acknowledges: None,
            told_as: id(number),
            carrier: CARRIER,
            source: Party { ton: 5, npi: 0, addr: Box::from(&b"ACME Bank"[..]) },
            destination: Party { ton: 1, npi: 1, addr: Box::from(&b"111222333"[..]) },
            state: FinalState::Delivered,
            error: 0,
            code: 200,
            submitted_at: at(0),
            done_at: at(1),
            reference: Some(1),
            service_type: String::new(),
        },
        attempts: 0,
        in_doubt: false,
        due_at: at(1),
    }
}

/// A part of the text of message `number`, that the carrier took under that name.
pub(crate) fn handed(name: &str, number: u32, part: u8) -> Handed {
    Handed {
        carrier: CARRIER,
        name: name.into(),
        messages: vec![id(number)],
        part,
        parts: 2,
        destination: "111222333".parse().unwrap(),
        at: at(0),
        state: None,
    }
}

/// A receipt of the carrier for something that it calls so.
pub(crate) fn unmatched(key: i64, name: &str) -> Unmatched {
    let receipt = UpstreamReceipt {
        name: name.into(),
        tells: UpstreamNews::Ended(FinalState::Delivered),
        error: 0,
        source: Party { ton: 1, npi: 1, addr: Box::from(&b"111222333"[..]) },
        destination: Party::default(),
        done_at: None,
    };
    Unmatched { id: key, carrier: CARRIER, connection: Some(ConnectionId(3)), receipt, at: at(1) }
}

/// Message `number`, that `ACCOUNT` has under the name of message `leader`, and that may be read for a minute.
pub(crate) fn awaited(number: u32, leader: u32) -> Awaited {
    let receipt = receipt(number).receipt;
    let (message, sent_as) = (id(number), id(leader));
    let owed = Owed::Receipt(receipt);
    Awaited { message, sent_as, reader: ACCOUNT, since: at(1), until: at(61), owed }
}

/// The same, of a text of an app.
pub(crate) fn awaited_by_app(number: u32, leader: u32) -> Awaited {
    let owed = Owed::Notice(Box::new(notice(0, number, Tidings::Displayed).submission));
    Awaited { owed, ..awaited(number, leader) }
}

/// Notice `number` to account 7 about its text `about`.
pub(crate) fn notice(number: u32, about: u32, tells: Tidings) -> Message {
    let asked =
        Asked { name: "m1".into(), written_at: "t".into(), to: "sip:2222@a".into(), device: 7, short: None };
    let notice = Imdn::Notice(Notice { about: id(about), tells, asked });
    let mut message = message(number);
    message.submission.origin = Origin::Account(AccountId(7));
    message.submission.options = Some(Box::new(Options { imdn: Some(Box::new(notice)), ..Options::NONE }));
    message
}

pub(crate) fn finish(number: u32) -> Write {
    Write::Finish(Box::new(record(number)), None)
}

pub(crate) fn finish_told(number: u32) -> Write {
    Write::Finish(Box::new(record(number)), Some(Box::new(receipt(number))))
}

pub(crate) fn binding(account: AccountId, contact: &str, until: i64) -> Binding {
    let peer: SocketAddr = "127.0.0.1:5062".parse().unwrap();
    Binding {
        account,
        aor: "sip:111222333@127.0.0.1".to_owned(),
        contact: contact.to_owned(),
        params: ";q=0.5".to_owned(),
        instance: Some("<urn:uuid:1>".to_owned()),
        reg_id: None,
        q: 500,
        call_id: "a@b".to_owned(),
        cseq: 2,
        flow: Flow::Stream { transport: Transport::Tcp, peer, connection: 9 },
        user_agent: "phone".to_owned(),
        path: "<sip:edge.example.com;lr>".to_owned(),
        expires_at: at(until),
    }
}

pub(crate) fn carrier(name: &str, system_id: &str) -> Carrier {
    Carrier {
        id: CarrierId(0),
        name: name.to_owned(),
        system_id: system_id.to_owned(),
        password_hash: "salt$hash".to_owned(),
        enabled: true,
        max_binds: Carrier::DEFAULT_MAX_BINDS,
        rate: u32::MAX,
        window: Carrier::DEFAULT_WINDOW,
        alphabet: Alphabet::Latin1,
        profile: profile(),
    }
}

/// One that differs from the defaults.
fn profile() -> Profile {
    let mut profile = Profile::default();
    profile.set("networks", "192.0.2.0/24").unwrap();
    profile.set("tlvs", "0x1400").unwrap();
    profile
}

pub(crate) fn account(username: &str, dids: &[&str]) -> Account {
    Account {
        id: AccountId(0),
        username: username.to_owned(),
        ha1_md5: "00".repeat(16),
        ha1_sha256: "ff".repeat(32),
        ha1_sha512_256: Some("0f".repeat(32)),
        realm: "iwf".to_owned(),
        digest: Some(Challenge::Both),
        tls_only: true,
        dids: dids.iter().map(|did| did.parse().unwrap()).collect(),
        state: AccountState::Active,
    }
}
