//! What happens to a session, as data: made from a seed, cut down when it fails, printed to be read.

use std::fmt;
use std::time::Duration;

use iwf_model::profile::{IdForm, LongTexts, Profile, ReceiptForm, TextPdu};
use iwf_model::{Alphabet, Refusal};
use iwf_sim::fuzz::Wild;
use iwf_smpp::{BindRefusal, CommandId, SessionConfig};

use super::mutate::Seeds;
use crate::peer::pdu;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// The peer sends: whole PDUs, halves, or neither.
    Octets(Vec<u8>),
    /// The bind that waits is decided, or not yet.
    Decide(Decision),
    /// One of the submits that wait is accepted, or refused.
    Answer { which: usize, refusal: Option<Refusal> },
    /// A receipt is given to the session.
    Receipt,
    /// So is a text of so many letters, of one of a few alphabets.
    Text { letter: char, count: usize },
    /// So is an intermediate notification.
    Notification,
    /// A recipient is there again.
    Alert,
    /// How near we are to refusing messages.
    Congestion(u8),
    /// The peer answers one of our requests.
    Respond { which: usize, status: u32, nack: bool },
    /// Time goes by, and the driver serves no timer meanwhile.
    Wait(Duration),
    /// Time goes by to the next timer.
    Timer,
    /// We end the bind.
    Unbind,
    /// The driver writes so many octets.
    Write(usize),
    /// The connection breaks.
    Breaks,
}

/// What becomes of a bind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Decision {
    Grant,
    Refuse(BindRefusal),
    Postpone(Duration),
}

/// A session's settings, and its life.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub(super) config: SessionConfig,
    /// We called, and asked to be bound to.
    pub(super) called: bool,
    pub(super) window: u16,
    pub(super) alphabet: Alphabet,
    pub(super) profile: Profile,
    pub(super) steps: Vec<Step>,
}

const STATUSES: [u32; 8] = [0, 0, 0, 0x08, 0x58, 0x64, 0x65, 0x0400];
const SPANS_SECONDS: [u64; 7] = [0, 1, 4, 9, 29, 61, 200];

impl Script {
    pub(super) fn new(wild: &mut Wild, seeds: &Seeds) -> Self {
        let config = SessionConfig {
            receipt_window: 1 + wild.below(4) as u16,
            max_output: *wild.pick(&[64, 1 << 20]),
            max_held: *wild.pick(&[64, 500, 1 << 20]),
            max_held_of_strangers: *wild.pick(&[64, 4096]),
            max_bind_failures: 1 + wild.below(4) as u8,
            bind_failure_delay: Duration::from_secs(wild.below(2) as u64),
            ..SessionConfig::default()
        };
        let alphabet = *wild.pick(&[Alphabet::Gsm7, Alphabet::Latin1, Alphabet::Utf8, Alphabet::Utf16]);
        let profile = profile(wild);
        let mut steps = Vec::new();
        if !wild.one_in(8) {
            steps.extend([Step::Octets(bind(wild)), Step::Decide(Decision::Grant)]);
        }
        for number in 0..4 + wild.below(36) as u32 {
            steps.push(step(wild, seeds, number + 10));
        }
        let called = wild.one_in(8);
        Self { config, called, window: 1 + wild.below(6) as u16, alphabet, profile, steps }
    }
}

/// How the carrier speaks: most as anybody does.
fn profile(wild: &mut Wild) -> Profile {
    let mut profile = Profile::default();
    profile.reading.packed = wild.one_in(4);
    profile.reading.sniffs = !wild.one_in(4);
    profile.reading.strict = wild.one_in(4);
    profile.answers.error_body = wild.one_in(4);
    profile.answers.id_in_response =
        *wild.pick(&[IdForm::Decimal, IdForm::Decimal, IdForm::Hex, IdForm::HexUpper]);
    profile.answers.receipt_pdu = *wild.pick(&[TextPdu::DeliverSm, TextPdu::DeliverSm, TextPdu::DataSm]);
    profile.answers.receipt_form = *wild.pick(&[ReceiptForm::Both, ReceiptForm::Text, ReceiptForm::Tlvs]);
    profile.answers.intermediate = wild.one_in(2);
    profile.sending.pdu = *wild.pick(&[TextPdu::DeliverSm, TextPdu::DataSm]);
    profile.sending.long_texts =
        *wild.pick(&[LongTexts::Udh8, LongTexts::Udh16, LongTexts::Sar, LongTexts::Payload]);
    profile.reading.environment = wild.one_in(4);
    profile.sending.acknowledges = wild.one_in(4);
    if wild.one_in(4) {
        profile.reading.tlvs = vec![0x1400, 0x1401, 0x0381];
    }
    profile
}

fn bind(wild: &mut Wild) -> Vec<u8> {
    let kinds = [
        CommandId::BindTransmitter,
        CommandId::BindReceiver,
        CommandId::BindTransceiver,
        CommandId::BindTransceiver,
    ];
    let version = *wild.pick(&[0, 0x33, 0x34, 0x34, 0x50]);
    let body = [b"carrier1\0secret1\0\0", &[version, 0, 0, 0][..]].concat();
    pdu(*wild.pick(&kinds), 1, &body)
}

fn step(wild: &mut Wild, seeds: &Seeds, number: u32) -> Step {
    match wild.below(32) {
        0..=13 => Step::Octets(octets(wild, seeds, number)),
        14..=18 => {
            let refusal = wild.one_in(3).then(|| *wild.pick(&Refusal::ALL));
            Step::Answer { which: wild.below(8), refusal }
        }
        19 | 20 => Step::Decide(decision(wild)),
        21 => Step::Receipt,
        22 => Step::Text {
            letter: *wild.pick(&['a', '€', 'م', '😀']),
            count: *wild.pick(&[0, 1, 71, 161, 400, 4000]),
        },
        23 => match wild.below(3) {
            0 => Step::Notification,
            1 => Step::Alert,
            _ => Step::Congestion(wild.octet()),
        },
        24 | 25 => {
            Step::Respond { which: wild.below(4), status: *wild.pick(&STATUSES), nack: wild.one_in(5) }
        }
        26 => Step::Wait(Duration::from_secs(*wild.pick(&SPANS_SECONDS))),
        27 => Step::Timer,
        28 | 29 => Step::Write(*wild.pick(&[1, 7, 16, 1000])),
        30 if wild.one_in(3) => Step::Unbind,
        31 if wild.one_in(4) => Step::Breaks,
        _ => Step::Timer,
    }
}

fn decision(wild: &mut Wild) -> Decision {
    match wild.below(4) {
        0 => Decision::Refuse(*wild.pick(&BindRefusal::ALL)),
        1 => Decision::Postpone(Duration::from_secs(wild.below(4) as u64)),
        _ => Decision::Grant,
    }
}

/// One to three PDUs, mostly each with a number of its own; sometimes the last one is not whole.
pub(super) fn octets(wild: &mut Wild, seeds: &Seeds, number: u32) -> Vec<u8> {
    let mut all = Vec::new();
    for which in 0..=wild.below(3) as u32 {
        let mut octets = if wild.one_in(12) { bind(wild) } else { seeds.octets(wild) };
        let is_response = octets.get(4).is_some_and(|high| *high >= 0x80);
        if octets.len() >= 16 && !is_response && !wild.one_in(4) {
            octets[12..16].copy_from_slice(&(number * 4 + which).to_be_bytes());
        }
        all.extend(octets);
    }
    if wild.one_in(6) {
        all.truncate(wild.below(all.len()));
    }
    all
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "called {}, window {}, {:?}, {:?}",
            self.called, self.window, self.alphabet, self.config
        )?;
        writeln!(f, "{:?}", self.profile)?;
        for step in &self.steps {
            match step {
                Step::Octets(octets) => {
                    let digits: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
                    writeln!(f, "Octets {}", digits.join(" "))?;
                }
                other => writeln!(f, "{other:?}")?,
            }
        }
        Ok(())
    }
}
