//! As little SMPP as a carrier needs: frames, and PDUs that are written once and then patched.

use std::io::{self, Read};

/// bind_transceiver_resp, submit_sm_resp, deliver_sm and so on (SMPP 5.0 4.7.5).
pub(crate) mod command {
    pub(crate) const BIND_TRANSCEIVER: u32 = 0x09;
    pub(crate) const SUBMIT_SM: u32 = 0x04;
    pub(crate) const DELIVER_SM: u32 = 0x05;
    pub(crate) const ENQUIRE_LINK: u32 = 0x15;
    /// Added to a request's id it names the answer.
    pub(crate) const RESPONSE: u32 = 0x8000_0000;
}

/// The length of a PDU header.
pub(crate) const HEADER: usize = 16;

/// One PDU as it stands in the buffer, header included.
#[derive(Clone, Copy)]
pub(crate) struct Pdu<'a>(&'a [u8]);

impl<'a> Pdu<'a> {
    #[cfg(test)]
    pub(crate) fn new(octets: &'a [u8]) -> Option<Self> {
        (octets.len() >= HEADER).then_some(Self(octets))
    }

    pub(crate) fn command(self) -> u32 {
        word(self.0, 4)
    }

    pub(crate) fn status(self) -> u32 {
        word(self.0, 8)
    }

    pub(crate) fn sequence(self) -> u32 {
        word(self.0, 12)
    }

    pub(crate) fn body(self) -> &'a [u8] {
        &self.0[HEADER..]
    }

    /// The message id of a submit_sm_resp, as the number that the product's ids are.
    pub(crate) fn message_id(self) -> Option<u64> {
        decimal(c_string(self.body())?.0)
    }

    /// The short_message of a submit_sm or deliver_sm, with its registered_delivery and destination.
    pub(crate) fn message(self) -> Option<ShortMessage<'a>> {
        let (_, rest) = c_string(self.body())?;
        let (_, rest) = c_string(rest.get(2..)?)?;
        let (destination, rest) = c_string(rest.get(2..)?)?;
        let (_, rest) = c_string(rest.get(3..)?)?;
        let (_, rest) = c_string(rest)?;
        let registered_delivery = *rest.first()?;
        let length = usize::from(*rest.get(4)?);
        Some(ShortMessage { destination, registered_delivery, text: rest.get(5..5 + length)? })
    }
}

/// What the bench looks at in a message PDU.
pub(crate) struct ShortMessage<'a> {
    pub(crate) destination: &'a [u8],
    pub(crate) registered_delivery: u8,
    pub(crate) text: &'a [u8],
}

impl ShortMessage<'_> {
    /// The id and the state of a receipt ("id:… stat:DELIVRD …", SMPP 3.4 appendix B).
    pub(crate) fn receipt(&self) -> Option<(u64, bool)> {
        let digits = self.text.strip_prefix(b"id:")?;
        let end = digits.iter().position(|octet| *octet == b' ')?;
        let delivered = self.text.windows(12).any(|part| part == b"stat:DELIVRD");
        Some((decimal(&digits[..end])?, delivered))
    }
}

fn word(octets: &[u8], at: usize) -> u32 {
    octets[at..at + 4].iter().fold(0, |value, octet| value << 8 | u32::from(*octet))
}

fn c_string(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let nul = octets.iter().position(|octet| *octet == 0)?;
    Some((&octets[..nul], &octets[nul + 1..]))
}

/// Reads decimal digits; nothing else is a number.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Reads a stream in large pieces and cuts it into PDUs.
pub(crate) struct Frames {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Frames {
    pub(crate) fn new() -> Self {
        Self { buffer: vec![0; 256 * 1024], start: 0, end: 0 }
    }

    /// Waits for more octets.
    ///
    /// # Errors
    /// What the stream says, and `UnexpectedEof` when the peer closed it.
    pub(crate) fn fill(&mut self, stream: &mut impl Read) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        match stream.read(&mut self.buffer[self.end..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                self.end += count;
                Ok(())
            }
        }
    }

    /// The next whole PDU, if there is one.
    pub(crate) fn next(&mut self) -> Option<Pdu<'_>> {
        let octets = &self.buffer[self.start..self.end];
        if octets.len() < HEADER {
            return None;
        }
        let length = (word(octets, 0) as usize).max(HEADER);
        let pdu = octets.get(..length)?;
        self.start += length;
        Some(Pdu(pdu))
    }
}

/// Appends a PDU.
pub(crate) fn write(out: &mut Vec<u8>, command: u32, status: u32, sequence: u32, body: &[u8]) {
    let length = (HEADER + body.len()) as u32;
    for word in [length, command, status, sequence] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    out.extend_from_slice(body);
}

/// A bind_transceiver for SMPP 3.4.
pub(crate) fn bind(system_id: &str, password: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for field in [system_id, password, ""] {
        body.extend_from_slice(field.as_bytes());
        body.push(0);
    }
    body.extend_from_slice(&[0x34, 0, 0, 0]);
    let mut pdu = Vec::new();
    write(&mut pdu, command::BIND_TRANSCEIVER, 0, 1, &body);
    pdu
}

/// A submit_sm that is patched for each message: its text carries the message's number.
pub(crate) struct SubmitTemplate {
    pdu: Vec<u8>,
    destination_at: usize,
    number_at: usize,
}

impl SubmitTemplate {
    /// `destination` fixes the length of every destination to come.
    pub(crate) fn new(source: &str, destination: &str, receipt: bool) -> Self {
        let mut body = vec![0, 1, 1];
        body.extend_from_slice(source.as_bytes());
        body.extend_from_slice(&[0, 1, 1]);
        let destination_at = HEADER + body.len();
        body.extend_from_slice(destination.as_bytes());
        body.extend_from_slice(&[0, 0, 0, 0, 0, 0, u8::from(receipt), 0, 0, 0, TEXT.len() as u8]);
        let number_at = HEADER + body.len() + 1;
        body.extend_from_slice(TEXT.as_bytes());
        let mut pdu = Vec::new();
        write(&mut pdu, command::SUBMIT_SM, 0, 0, &body);
        Self { pdu, destination_at, number_at }
    }

    /// Appends the PDU of one message.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>, number: u64, destination: &[u8]) {
        self.pdu[12..HEADER].copy_from_slice(&(number as u32).to_be_bytes());
        self.pdu[self.destination_at..self.destination_at + destination.len()].copy_from_slice(destination);
        let mut rest = number;
        for digit in self.pdu[self.number_at..self.number_at + NUMBER_DIGITS].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        out.extend_from_slice(&self.pdu);
    }
}

/// The number of a message in its text, as a phone finds it.
pub(crate) fn number_in(text: &[u8]) -> Option<u64> {
    let at = text.iter().position(|octet| *octet == b'#')? + 1;
    decimal(text.get(at..at + NUMBER_DIGITS)?)
}

const NUMBER_DIGITS: usize = 10;

/// 100 characters of the GSM alphabet, one segment.
const TEXT: &str =
    "#0000000000 Your parcel is out for delivery and arrives between 14:00 and 16:00 today. Do not reply.";

#[cfg(test)]
mod tests {
    use super::*;

    fn submit(number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        SubmitTemplate::new("15550100", "447700900000", true).write(&mut out, number, b"447700900042");
        out
    }

    #[test]
    fn a_message_has_100_characters_and_its_number_is_found_again() {
        let octets = submit(4_000_000_123);
        let message = Pdu::new(&octets).unwrap().message().unwrap();
        assert_eq!(message.text.len(), 100);
        assert_eq!(number_in(message.text), Some(4_000_000_123));
        assert_eq!(message.destination, b"447700900042");
        assert_eq!(message.registered_delivery, 1);
    }

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let mut stream = submit(1);
        stream.extend(submit(2));
        for cut in 1..stream.len() {
            let (first, second) = stream.split_at(cut);
            let mut frames = Frames::new();
            let mut numbers = Vec::new();
            for mut piece in [first, second] {
                frames.fill(&mut piece).unwrap();
                while let Some(pdu) = frames.next() {
                    numbers.push(pdu.sequence());
                }
            }
            assert_eq!(numbers, [1, 2], "cut at {cut}");
        }
    }

    #[test]
    fn a_receipt_gives_its_id_and_state() {
        let text = b"id:100000000000000042 sub:001 dlvrd:001 submit date:2611210600 stat:DELIVRD err:000";
        let message = ShortMessage { destination: b"", registered_delivery: 0, text };
        assert_eq!(message.receipt(), Some((100_000_000_000_000_042, true)));
    }
}
