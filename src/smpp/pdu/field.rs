//! Reads mandatory fields in their order.

use crate::fault::{Fault, Field};

/// What of a PDU body has not been read yet.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins at the first octet of a body.
    pub fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// An integer of one octet.
    pub fn u8(&mut self, field: Field) -> Result<u8, Fault> {
        let (value, rest) = self.rest.split_first().ok_or(Fault::Truncated(field))?;
        self.rest = rest;
        Ok(*value)
    }

    /// A C-octet string; `max` counts its NUL, which is not given back (SMPP 5.0 3.1).
    pub fn c_string(&mut self, max: usize, field: Field) -> Result<&'a [u8], Fault> {
        let window = self.rest.get(..max).unwrap_or(self.rest);
        let Some(end) = window.iter().position(|octet| *octet == 0) else {
            let fault = if self.rest.len() < max { Fault::Truncated(field) } else { Fault::Invalid(field) };
            return Err(fault);
        };
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(text)
    }

    /// So many octets as they are; a body that has fewer is a wrong length, not a short PDU.
    pub fn octets(&mut self, count: usize, field: Field) -> Result<&'a [u8], Fault> {
        let (octets, rest) = self.rest.split_at_checked(count).ok_or(Fault::Invalid(field))?;
        self.rest = rest;
        Ok(octets)
    }

    /// What is left: the TLVs.
    pub fn rest(self) -> &'a [u8] {
        self.rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_c_string_may_be_as_long_as_its_limit_with_the_nul() {
        let mut reader = Reader::new(b"abc\0rest");
        assert_eq!(reader.c_string(4, Field::SystemId), Ok(&b"abc"[..]));
        assert_eq!(reader.rest(), b"rest");
        assert_eq!(Reader::new(b"abc\0").c_string(3, Field::SystemId), Err(Fault::Invalid(Field::SystemId)));
    }

    #[test]
    fn a_c_string_that_the_pdu_cuts_off_is_truncated_not_wrong() {
        let cut = Err(Fault::Truncated(Field::SystemId));
        assert_eq!(Reader::new(b"abc").c_string(16, Field::SystemId), cut);
        assert_eq!(Reader::new(b"").c_string(1, Field::SystemId), cut);
    }
}
