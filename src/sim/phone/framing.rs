//! Cuts the octets of a TCP connection into SIP messages (RFC 3261 18.3).

/// Gathers octets until a message is whole.
#[derive(Debug, Default)]
pub(super) struct Framer {
    gathered: Vec<u8>,
}

/// Why a stream can't be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unframed {
    /// RFC 3261 20.14: over a stream the length must be told.
    #[error("a message over TCP without a Content-Length that can be read")]
    NoLength,
    /// More than a phone would keep.
    #[error("a message over TCP of more than 64 KiB")]
    TooLong,
}

const LONGEST: usize = 64 * 1024;

impl Framer {
    /// Where received octets are to be appended.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.gathered
    }

    /// Takes the next whole message, if there is one. Keep-alives (CRLF) before it are dropped.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, Unframed> {
        let blank = self.gathered.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        self.gathered.drain(..blank);
        if self.gathered.len() > LONGEST {
            return Err(Unframed::TooLong);
        }
        let Some(end) = self.gathered.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let whole = end + 4 + content_length(&self.gathered[..end])?;
        if whole > LONGEST {
            return Err(Unframed::TooLong);
        }
        if self.gathered.len() < whole {
            return Ok(None);
        }
        Ok(Some(self.gathered.drain(..whole).collect()))
    }
}

fn content_length(head: &[u8]) -> Result<usize, Unframed> {
    let head = String::from_utf8_lossy(head);
    let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| {
        let name = name.trim();
        name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("l")
    });
    let length = length.ok_or(Unframed::NoLength)?.1.trim().parse::<u16>();
    length.map(usize::from).map_err(|_| Unframed::NoLength)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &[u8] = b"MESSAGE sip:a SIP/2.0\r\nContent-Length: 2\r\n\r\nhi";
    const SECOND: &[u8] = b"SIP/2.0 200 OK\r\nl: 0\r\n\r\n";

    #[test]
    fn messages_come_out_whole_however_the_octets_arrive() {
        let stream = [b"\r\n\r\n".as_slice(), FIRST, SECOND].concat();
        for step in 1..stream.len() {
            let mut framer = Framer::default();
            let mut taken = Vec::new();
            for piece in stream.chunks(step) {
                framer.buffer().extend_from_slice(piece);
                while let Some(message) = framer.next().unwrap() {
                    taken.push(message);
                }
            }
            assert_eq!(taken, [FIRST.to_vec(), SECOND.to_vec()], "in pieces of {step}");
        }
    }

    #[test]
    fn a_message_without_a_length_ends_the_stream() {
        let mut framer = Framer::default();
        framer.buffer().extend_from_slice(b"MESSAGE sip:a SIP/2.0\r\n\r\n");
        assert_eq!(framer.next(), Err(Unframed::NoLength));
    }
}
