//! Numbers and texts as octets: numbers in as few as they need (LEB128), texts with their length before them.

use iwf_model::{Party, Timestamp};

/// Puts values one after the other.
pub(super) struct Writer(Vec<u8>);

/// Takes them back in the same order. Each method is `None` when the octets don't hold such a value.
pub(super) struct Reader<'a>(&'a [u8]);

impl Writer {
    /// Begins with the version of the layout and room for `capacity` octets.
    pub(super) fn new(version: u8, capacity: usize) -> Self {
        let mut octets = Vec::with_capacity(capacity);
        octets.push(version);
        Self(octets)
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(super) fn unsigned(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// Small numbers of either sign stay short: 0, -1, 1, -2 become 0, 1, 2, 3.
    pub(super) fn signed(&mut self, value: i64) {
        self.unsigned(((value << 1) ^ (value >> 63)) as u64);
    }

    pub(super) fn time(&mut self, value: Timestamp) {
        self.signed(value.as_micros());
    }

    pub(super) fn octets(&mut self, value: &[u8]) {
        self.unsigned(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    pub(super) fn text(&mut self, value: &str) {
        self.octets(value.as_bytes());
    }

    pub(super) fn party(&mut self, value: &Party) {
        self.u8(value.ton);
        self.u8(value.npi);
        self.octets(&value.addr);
    }

    /// 0 for none, else the value plus one.
    pub(super) fn optional(&mut self, value: Option<u64>) {
        self.unsigned(value.map_or(0, |value| value.saturating_add(1)));
    }
}

impl<'a> Reader<'a> {
    /// Takes the version off the front.
    pub(super) fn new(octets: &'a [u8]) -> Option<(u8, Self)> {
        let (version, rest) = octets.split_first()?;
        Some((*version, Self(rest)))
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let octet = self.u8()?;
            let bits = u64::from(octet & 0x7F);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if octet < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// A number that fits the type wanted.
    pub(super) fn number<T: TryFrom<u64>>(&mut self) -> Option<T> {
        T::try_from(self.unsigned()?).ok()
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let folded = self.unsigned()?;
        Some((folded >> 1) as i64 ^ -((folded & 1) as i64))
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        self.signed().map(Timestamp::from_micros)
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.u8()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        let len = self.number::<usize>()?;
        let (value, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(value)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.octets()?).ok()
    }

    pub(super) fn party(&mut self) -> Option<Party> {
        Some(Party { ton: self.u8()?, npi: self.u8()?, addr: self.octets()?.into() })
    }

    /// The outer `None`: not such a value; the inner: none was put.
    pub(super) fn optional<T: TryFrom<u64>>(&mut self) -> Option<Option<T>> {
        match self.unsigned()?.checked_sub(1) {
            None => Some(None),
            Some(value) => T::try_from(value).ok().map(Some),
        }
    }

    /// Nothing may be left over.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_size_and_sign_come_back() {
        let mut values = vec![0i64, i64::MIN, i64::MAX];
        for shift in 0..63 {
            values.extend([1 << shift, -(1 << shift), (1 << shift) - 1]);
        }
        for value in values {
            let mut writer = Writer::new(1, 0);
            writer.signed(value);
            writer.unsigned(value as u64);
            let octets = writer.finish();
            let (_, mut reader) = Reader::new(&octets).unwrap();
            assert_eq!(reader.signed(), Some(value));
            assert_eq!(reader.unsigned(), Some(value as u64));
            assert_eq!(reader.end(), Some(()));
        }
    }

    #[test]
    fn a_number_that_is_too_long_is_none() {
        let (_, mut reader) = Reader::new(&[1; 1]).unwrap();
        assert_eq!(reader.unsigned(), None);
        let long = [1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02];
        let (_, mut reader) = Reader::new(&long).unwrap();
        assert_eq!(reader.unsigned(), None);
    }

    #[test]
    fn a_length_beyond_the_end_is_none() {
        let (_, mut reader) = Reader::new(&[1, 5, b'a']).unwrap();
        assert_eq!(reader.octets(), None);
    }
}
