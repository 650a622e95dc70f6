//! Addresses as peers write them (SMPP 5.0 4.7.1, 4.7.2; interworking.md A.12, A.19 no. 1-3).

use iwf_model::{Address, Name, Number, Party};

use crate::fault::{Fault, Field};
use crate::pdu::message::RawAddress;

/// Type of number 5: the address is a name.
const ALPHANUMERIC: u8 = 5;
/// Type of number 1: the address is an E.164 number.
const INTERNATIONAL: u8 = 1;
/// The longest name that GSM can carry.
const GSM_NAME: usize = 11;

/// The sender: digits are a number whatever the type of number says, anything else is a name.
pub(crate) fn source(address: RawAddress<'_>, strict: bool) -> Result<Address, Fault> {
    if strict {
        check(address, Field::SourceAddrTon, Field::SourceAddrNpi)?;
        if address.ton == ALPHANUMERIC && address.addr.len() > GSM_NAME {
            return Err(Fault::Invalid(Field::SourceAddrTon));
        }
    }
    if address.addr.is_empty() {
        return Ok(Address::Absent);
    }
    if let Ok(number) = Number::parse(international(address)) {
        return Ok(Address::Number(number));
    }
    // Octets beyond ASCII are Latin-1, which has the code points of Unicode.
    let name: String = address.addr.iter().copied().map(char::from).collect();
    Name::parse(&name).map(Address::Name).ok_or(Fault::Invalid(Field::SourceAddr))
}

/// The recipient: digits.
pub(crate) fn destination(address: RawAddress<'_>, strict: bool) -> Result<Number, Fault> {
    if strict {
        check(address, Field::DestAddrTon, Field::DestAddrNpi)?;
    }
    if address.ton == ALPHANUMERIC {
        return Err(Fault::Invalid(Field::DestAddrTon));
    }
    Number::parse(international(address)).map_err(|_| Fault::Invalid(Field::DestinationAddr))
}

/// As it was written, for those who are told of it.
pub(crate) fn party(address: RawAddress<'_>) -> Party {
    Party { ton: address.ton, npi: address.npi, addr: address.addr.into() }
}

/// The values that the specification has.
fn check(address: RawAddress<'_>, ton: Field, npi: Field) -> Result<(), Fault> {
    match (address.ton, address.npi) {
        (0..=6, 0 | 1 | 3 | 4 | 6 | 8 | 9 | 10 | 14 | 18) => Ok(()),
        (0..=6, _) => Err(Fault::Invalid(npi)),
        _ => Err(Fault::Invalid(ton)),
    }
}

/// The digits of an address; an international one may have the prefix 00 as well as a '+'.
fn international(address: RawAddress<'_>) -> &[u8] {
    match address.addr {
        [b'0', b'0', digits @ ..] if address.ton == INTERNATIONAL && !digits.is_empty() => digits,
        octets => octets,
    }
}
