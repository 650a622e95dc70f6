//! Reads what a session writes, field by field, with nothing of the product: is it SMPP at all?

/// What is known of a PDU that was walked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) command_id: u32,
    pub(super) status: u32,
    pub(super) sequence: u32,
}

impl Walked {
    pub(super) fn is_response(self) -> bool {
        self.command_id & RESPONSE != 0
    }
}

pub(super) const RESPONSE: u32 = 0x8000_0000;
pub(super) const GENERIC_NACK: u32 = RESPONSE;

/// One mandatory field.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    /// Integers of one octet, so many.
    Integers(usize),
    /// A C-octet string, its limit with NUL.
    Text(usize),
    /// A NUL, or 16 characters and a NUL.
    Time,
    /// sm_length and short_message.
    Message,
    /// no_unsuccess, and for each an address and an error_status_code.
    Unsuccessful,
}

/// The mandatory fields of a PDU (SMPP 5.0 4.1 to 4.5), none for one that is a header alone.
pub(super) fn layout(command_id: u32) -> Option<&'static [Field]> {
    use Field::{Integers, Message, Text, Time, Unsuccessful};
    Some(match command_id {
        0x01 | 0x02 | 0x09 => &[Text(16), Text(9), Text(13), Integers(3), Text(41)],
        0x8000_0001 | 0x8000_0002 | 0x8000_0009 => &[Text(16)],
        0x0B => &[Text(16), Text(9)],
        0x03 => &[Text(65), Integers(2), Text(21)],
        0x8000_0003 => &[Text(65), Time, Integers(2)],
        0x04 | 0x05 => &[
            Text(6),
            Integers(2),
            Text(21),
            Integers(2),
            Text(21),
            Integers(3),
            Time,
            Time,
            Integers(4),
            Message,
        ],
        0x8000_0004 | 0x8000_0005 | 0x8000_0103 => &[Text(65)],
        0x07 => &[Text(65), Integers(2), Text(21), Time, Time, Integers(2), Message],
        0x08 => &[Text(6), Text(65), Integers(2), Text(21), Integers(2), Text(21)],
        0x8000_0021 => &[Text(65), Unsuccessful],
        0x0102 => &[Integers(2), Text(65), Integers(2), Text(65)],
        0x0103 => &[Text(6), Integers(2), Text(65), Integers(2), Text(65), Integers(3)],
        0x06 | 0x15 | 0x8000_0000 | 0x8000_0006 | 0x8000_0007 | 0x8000_0008 | 0x8000_0015 => &[],
        _ => return None,
    })
}

/// Walks over the PDU at the front of `octets` and gives back what follows it.
pub(super) fn walk(octets: &[u8]) -> Result<(Walked, &[u8]), String> {
    let word = |at: usize| {
        octets.get(at..at + 4).map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
    };
    let (Some(length), Some(command_id), Some(status), Some(sequence)) =
        (word(0), word(4), word(8), word(12))
    else {
        return Err(format!("{} octets are no header", octets.len()));
    };
    let Some((pdu, rest)) = octets.split_at_checked(length as usize).filter(|_| length >= 16) else {
        return Err(format!("command_length {length} of {} octets", octets.len()));
    };
    let walked = Walked { command_id, status, sequence };
    let told = |what| format!("{what} in {walked:x?} {:02x?}", &pdu[16..]);
    match (walked.is_response(), status) {
        (true, 0) if command_id == GENERIC_NACK => Err(told("no error")),
        (true, 0) | (false, 0) => {
            let fields = layout(command_id).ok_or_else(|| told("what nobody asked for"))?;
            body(fields, &pdu[16..]).map_err(told)
        }
        (true, _) if pdu.len() == 16 => Ok(()),
        // Partial success is told by the list, an error by TLVs at most, behind empty fields.
        (true, _) if tlvs(&pdu[16..]).is_ok() => Ok(()),
        (true, _) if pdu[16] == 0 && layout(command_id).is_some_and(|all| body(all, &pdu[16..]).is_ok()) => {
            Ok(())
        }
        (true, _) => Err(told("a body")),
        (false, _) => Err(told("a status")),
    }?;
    Ok((walked, rest))
}

fn body(fields: &[Field], octets: &[u8]) -> Result<(), &'static str> {
    let mut rest = octets;
    for field in fields {
        rest = match *field {
            Field::Integers(count) => rest.get(count..).ok_or("integers cut")?,
            Field::Text(max) => text(rest, max)?,
            Field::Time => {
                let after = text(rest, 17)?;
                if ![1, 17].contains(&(rest.len() - after.len())) {
                    return Err("a time of a wrong length");
                }
                after
            }
            Field::Message => {
                let (length, after) = rest.split_first().ok_or("no sm_length")?;
                after.get(usize::from(*length)..).ok_or("a short_message cut")?
            }
            Field::Unsuccessful => {
                let (count, mut after) = rest.split_first().ok_or("no no_unsuccess")?;
                for _ in 0..*count {
                    after = text(after.get(2..).ok_or("an address cut")?, 21)?;
                    after = after.get(4..).ok_or("an error_status_code cut")?;
                }
                after
            }
        };
    }
    tlvs(rest)
}

fn text(octets: &[u8], max: usize) -> Result<&[u8], &'static str> {
    let end = octets.iter().take(max).position(|octet| *octet == 0).ok_or("a string without NUL")?;
    Ok(&octets[end + 1..])
}

fn tlvs(octets: &[u8]) -> Result<(), &'static str> {
    let mut rest = octets;
    while let [_, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        rest = after.get(length..).ok_or("a TLV cut")?;
    }
    if rest.is_empty() { Ok(()) } else { Err("octets behind the last TLV") }
}

#[test]
fn the_walker_tells_right_from_wrong() {
    let header = |length: u8, id: u32, status: u8| {
        [&[0, 0, 0, length][..], &id.to_be_bytes(), &[0, 0, 0, status], &[0, 0, 0, 1]].concat()
    };
    assert!(walk(&header(16, 0x8000_0015, 0)).is_ok_and(|(_, rest)| rest.is_empty()));
    assert!(walk(&[&header(18, 0x8000_0004, 0)[..], b"1\0"].concat()).is_ok());
    for (wrong, octets) in [
        ("no header", vec![0; 15]),
        ("beyond", header(17, 0x8000_0015, 0)),
        ("nack without an error", header(16, GENERIC_NACK, 0)),
        ("unknown", header(16, 0x8000_0099, 0)),
        ("string", [&header(17, 0x8000_0004, 0)[..], b"1"].concat()),
        ("rest", [&header(19, 0x8000_0004, 0)[..], b"1\0x"].concat()),
        ("status of a request", header(16, 0x15, 3)),
        ("body of an error", [&header(18, 0x8000_0004, 1)[..], b"1\0"].concat()),
    ] {
        assert!(walk(&octets).is_err(), "{wrong}");
    }
}
