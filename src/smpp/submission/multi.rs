//! submit_multi: one text to many (SMPP 5.0 4.2.3). It becomes a message for each recipient.

use iwf_model::{Mode, Number, Party, Submission, Timestamp};
use rusmpp_core::CommandStatus;

use super::{Additions, Terms, address, party, understand, wishes};
use crate::fault::{Fault, Field};
use crate::pdu::message::{MessagePdu, MultiAddress, RawAddress};

/// What a submit_multi asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Multi {
    /// A message for each recipient that could be understood; at most 255.
    pub submissions: Vec<Submission>,
    /// Those that could not.
    pub unsuccessful: Vec<Unsuccessful>,
}

/// A recipient that gets nothing: an unsuccess_sme of the response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsuccessful {
    /// As it was submitted; of a distribution list, its name.
    pub destination: Party,
    /// Why.
    pub status: CommandStatus,
}

/// Understands a submit_multi. We have no distribution lists: each is a recipient that can't be served. It
/// replaces nothing and is no transaction, for it has many ends.
pub fn from_submit_multi(body: &[u8], terms: &Terms<'_>, now: Timestamp) -> Result<Multi, Fault> {
    let (pdu, destinations) = MessagePdu::read_multi(body)?;
    let strict = terms.profile.reading.strict;
    let additions = Additions::read(pdu.tlvs, terms)?;
    wishes::check_service_type(pdu.service_type, strict)?;
    let source = address::source(pdu.source, strict)?;
    if wishes::mode(pdu.esm_class)? == Mode::Transaction {
        return Err(Fault::Invalid(Field::EsmClass));
    }
    if pdu.replace_if_present_flag == 1 {
        return Err(Fault::ReplaceNotOffered);
    }
    let (known, unsuccessful) = sort(&destinations, strict);
    let Some((_, first)) = known.first() else { return Ok(Multi { submissions: Vec::new(), unsuccessful }) };
    let model = understand(&pdu, additions, (source, *first), terms, now)?;
    let to = |(raw, destination)| Submission {
        destination,
        destination_as_submitted: party(raw),
        ..model.clone()
    };
    Ok(Multi { submissions: known.into_iter().map(to).collect(), unsuccessful })
}

/// The recipients we understand, and the others.
fn sort<'a>(
    destinations: &[MultiAddress<'a>],
    strict: bool,
) -> (Vec<(RawAddress<'a>, Number)>, Vec<Unsuccessful>) {
    let (mut known, mut unsuccessful) = (Vec::with_capacity(destinations.len()), Vec::new());
    for destination in destinations {
        let (raw, read) = match destination {
            MultiAddress::Sme(raw) => (*raw, address::destination(*raw, strict)),
            MultiAddress::List(name) => {
                (RawAddress { ton: 0, npi: 0, addr: name }, Err(Fault::Invalid(Field::DlName)))
            }
        };
        match read {
            Ok(number) => known.push((raw, number)),
            Err(fault) => {
                unsuccessful.push(Unsuccessful { destination: party(raw), status: fault.status() });
            }
        }
    }
    (known, unsuccessful)
}
