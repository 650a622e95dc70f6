//! What a vendor knows: who is bound, what it has taken, what it does next.

use std::collections::{BTreeMap, HashMap, VecDeque};

use tokio::sync::{mpsc, oneshot};

use super::pdu::with_sequence;
use super::{Answer, Inbox, Taken, VendorOptions};
use crate::carrier::{Bind, Desk, Receipt};

/// ESME_RBINDFAIL.
const BIND_FAILED: u32 = 0x0D;
/// The first id: as a number of either base it is long, and its hexadecimal digits are not all decimal ones.
const FIRST_ID: u64 = 0x1A2B_3C4D;
/// PDUs on their way out of one bind.
const OUTPUT: usize = 256;

/// The inside of a vendor.
#[derive(Debug)]
pub(super) struct House {
    options: VendorOptions,
    answers: VecDeque<Answer>,
    refusals: VecDeque<u32>,
    next_id: u64,
    pub(super) desk: Desk,
    /// The ids of the parts of texts that are not whole, by source and destination.
    pub(super) open: HashMap<(String, String), Vec<String>>,
    binds: BTreeMap<u64, Bound>,
    next_bind: u64,
    pub(super) texts: mpsc::Sender<Taken>,
    heard: mpsc::Sender<Receipt>,
    complaints: Vec<String>,
}

/// A customer that has bound.
#[derive(Debug)]
struct Bound {
    kind: Bind,
    output: mpsc::Sender<Vec<u8>>,
    sequence: u32,
    unanswered: HashMap<u32, oneshot::Sender<u32>>,
}

/// What a connection has of its bind.
#[derive(Debug)]
pub(super) struct Place {
    /// The number of the bind.
    pub(super) bind: u64,
    /// Where octets for it are put; weak, so that it ends with the house.
    pub(super) output: mpsc::WeakSender<Vec<u8>>,
    /// Where they come out.
    pub(super) to_write: mpsc::Receiver<Vec<u8>>,
}

impl House {
    pub(super) fn new(options: VendorOptions) -> (Self, Inbox) {
        let (texts, texts_out) = mpsc::channel(options.inbox.max(1));
        let (heard, heard_out) = mpsc::channel(options.inbox.max(1));
        let house = Self {
            options,
            answers: VecDeque::new(),
            refusals: VecDeque::new(),
            next_id: FIRST_ID,
            desk: Desk::default(),
            open: HashMap::new(),
            binds: BTreeMap::new(),
            next_bind: 1,
            texts,
            heard,
            complaints: Vec::new(),
        };
        (house, Inbox { texts: texts_out, heard: heard_out })
    }

    pub(super) fn answer(&mut self, answers: &[Answer]) {
        self.answers = answers.iter().cloned().collect();
    }

    pub(super) fn refuse(&mut self, statuses: &[u32]) {
        self.refusals = statuses.iter().copied().collect();
    }

    pub(super) fn bound(&self) -> usize {
        self.binds.len()
    }

    /// Takes a bind, or says why not.
    pub(super) fn bind(&mut self, kind: Bind, system_id: &str, password: &str) -> Result<Place, u32> {
        if let Some(status) = self.refusals.pop_front() {
            return Err(status);
        }
        if (system_id, password) != (&self.options.system_id, &self.options.password) {
            return Err(BIND_FAILED);
        }
        let (output, to_write) = mpsc::channel(OUTPUT);
        let bind = self.next_bind;
        self.next_bind += 1;
        let place = Place { bind, output: output.downgrade(), to_write };
        self.binds.insert(bind, Bound { kind, output, sequence: 0, unanswered: HashMap::new() });
        Ok(place)
    }

    pub(super) fn unbind(&mut self, bind: u64) {
        self.binds.remove(&bind);
    }

    /// Ends all binds: what they send comes from here.
    pub(super) fn close(&mut self) {
        self.binds.clear();
    }

    /// How the next text is answered.
    pub(super) fn next_answer(&mut self) -> Answer {
        match self.answers.len() {
            0 => Answer::Status(0),
            1 => self.answers.front().cloned().unwrap_or(Answer::Status(0)),
            _ => self.answers.pop_front().unwrap_or(Answer::Status(0)),
        }
    }

    /// The id of the next PDU that is taken.
    pub(super) fn next_id(&mut self) -> String {
        self.next_id += 1;
        self.options.ids.write(self.next_id)
    }

    /// What the customer says of a text from here.
    pub(super) fn hear(&mut self, receipt: Receipt) {
        if self.heard.try_send(receipt).is_err() {
            self.complain("nobody reads what is heard".to_owned());
        }
    }

    /// Sends a PDU over a bind that receives: over that one if it can be, or over another one. Its command_status will
    /// come; `None`: there is no such bind.
    pub(super) fn send(
        &mut self,
        octets: &[u8],
        bind: u64,
        elsewhere: bool,
    ) -> Option<oneshot::Receiver<u32>> {
        let receives = |number: u64, bound: &Bound| {
            bound.kind != Bind::Transmitter && !(elsewhere && number == bind) && !bound.output.is_closed()
        };
        let mut able = self.binds.iter().filter(|(number, bound)| receives(**number, bound));
        let first = able.clone().next().map(|(number, _)| *number)?;
        let chosen = able.find(|(number, _)| **number == bind).map_or(first, |(number, _)| *number);
        let (octets, heard) = self.number(octets, chosen)?;
        self.binds.get(&chosen)?.output.try_send(octets).ok()?;
        Some(heard)
    }

    /// The next PDU of a bind: what is to be written, and the command_status that will come.
    pub(super) fn number(&mut self, octets: &[u8], bind: u64) -> Option<(Vec<u8>, oneshot::Receiver<u32>)> {
        let bound = self.binds.get_mut(&bind)?;
        bound.sequence += 1;
        let (status, heard) = oneshot::channel();
        bound.unanswered.insert(bound.sequence, status);
        Some((with_sequence(octets, bound.sequence), heard))
    }

    /// An answer to what was sent.
    pub(super) fn answered(&mut self, bind: u64, sequence: u32, status: u32) {
        let waiting = self.binds.get_mut(&bind).and_then(|bound| bound.unanswered.remove(&sequence));
        match waiting {
            // Whoever waited may have lost patience.
            Some(waiting) => drop(waiting.send(status)),
            None => self.complain(format!("an answer to nothing: sequence_number {sequence}")),
        }
    }

    pub(super) fn complain(&mut self, complaint: String) {
        self.complaints.push(complaint);
    }

    pub(super) fn complaints(&self) -> Vec<String> {
        self.complaints.clone()
    }
}
