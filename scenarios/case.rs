//! A case as it stands in its file.

mod short;
mod vendor;
mod words;
mod world;

use iwf_sim::carrier::{Bind, Coding, Part, Reply};
use iwf_sim::phone::{Answer, Transport};
use serde::Deserialize;

pub(crate) use short::{Report, ShortGets, ShortHears, ShortSends};
pub(crate) use vendor::{
    Slows, VendorAnswers, VendorBound, VendorGets, VendorHears, VendorRefuses, VendorSends, VendorTells,
    Which,
};
use words::{
    accepted, answers, bind, coding, four, gsm7, octets, once, one, part, replies, transceiver, transport,
    udp, word,
};
pub(crate) use world::{Environment, Files, LinkEntry, VendorEntry};

/// One file below `cases/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows, in a sentence or two.
    pub story: String,
    /// Lines of the node's configuration: by section and key.
    #[serde(default)]
    pub config: toml::Table,
    /// What is provisioned: carriers and accounts, as in a file for `iwf import`.
    #[serde(default)]
    pub given: toml::Table,
    /// In place of both: several nodes, which start in this order.
    #[serde(default, rename = "environment")]
    pub environments: Vec<Environment>,
    /// Links between systems; they are there before the nodes.
    #[serde(default, rename = "link")]
    pub links: Vec<LinkEntry>,
    /// Message centres of others; they are there before the nodes.
    #[serde(default, rename = "vendor")]
    pub vendors: Vec<VendorEntry>,
    /// The devices of the users.
    #[serde(default, rename = "phone")]
    pub phones: Vec<PhoneEntry>,
    /// What happens, in order.
    #[serde(rename = "steps")]
    pub steps: Vec<Step>,
}

/// A device.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneEntry {
    /// What the steps call it.
    pub name: String,
    /// The environment where it registers; the first one when absent.
    #[serde(default)]
    pub at: Option<String>,
    /// The username of its account.
    pub account: String,
    /// The password it uses.
    pub password: String,
    /// How it is reached.
    #[serde(default = "udp", deserialize_with = "transport")]
    pub over: Transport,
    /// Parameters of its Contact, each with its semicolon.
    #[serde(default)]
    pub contact_params: String,
}

/// One thing that happens, or is expected.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "do")]
pub enum Step {
    /// Starts at need, and registers.
    #[serde(rename = "phone registers")]
    Registers(Registers),
    /// Takes its registration back.
    #[serde(rename = "phone unregisters")]
    Unregisters(Whose),
    /// Is gone without a word.
    #[serde(rename = "phone vanishes")]
    Vanishes(Whose),
    /// What it answers from now on.
    #[serde(rename = "phone will answer")]
    WillAnswer(WillAnswer),
    /// A text that it sends.
    #[serde(rename = "phone sends")]
    Sends(Sends),
    /// The next text that it shows.
    #[serde(rename = "phone shows")]
    Shows(Shows),
    /// The next notice of what became of its text.
    #[serde(rename = "phone hears")]
    Told(Told),
    /// It tells the sender that a message was read.
    #[serde(rename = "phone reads")]
    Reads(Reads),
    /// The next text that comes to an IMS phone as short messages.
    #[serde(rename = "ims phone gets")]
    ShortGets(ShortGets),
    /// A text that an IMS phone sends as short messages.
    #[serde(rename = "ims phone sends")]
    ShortSends(ShortSends),
    /// The status reports that come to an IMS phone.
    #[serde(rename = "ims phone hears")]
    ShortHears(ShortHears),
    /// It says that it has room for short messages again.
    #[serde(rename = "ims phone has room")]
    ShortHasRoom(Whose),
    /// A bind.
    #[serde(rename = "carrier binds")]
    Binds(Binds),
    /// An unbind.
    #[serde(rename = "carrier unbinds")]
    Unbinds(Unbinds),
    /// A submission, and its answer.
    #[serde(rename = "carrier submits")]
    Submits(Submits),
    /// How a message stands, as the carrier is told.
    #[serde(rename = "carrier asks")]
    Asks(Asks),
    /// Messages are taken back.
    #[serde(rename = "carrier cancels")]
    Cancels(Cancels),
    /// A message gets another text.
    #[serde(rename = "carrier replaces")]
    Replaces(Replaces),
    /// The next receipt.
    #[serde(rename = "carrier hears")]
    Hears(Hears),
    /// The next alert_notification.
    #[serde(rename = "carrier is alerted")]
    Alerted(Alerted),
    /// The next text that the carrier gets.
    #[serde(rename = "carrier gets")]
    Gets(Gets),
    /// SIGKILL.
    #[serde(rename = "node is killed")]
    Killed(Where),
    /// SIGTERM, and a clean end.
    #[serde(rename = "node is stopped")]
    Stopped(Where),
    /// A start on the same data and ports.
    #[serde(rename = "node starts")]
    Starts(Where),
    /// What is provisioned changes while the node runs.
    #[serde(rename = "import")]
    Imports(Imports),
    /// What `iwf message show` tells.
    #[serde(rename = "story tells")]
    Tells(Tells),
    /// How many messages wait there.
    #[serde(rename = "node holds")]
    Holds(Holds),
    /// What a vendor answers from now on.
    #[serde(rename = "vendor will answer")]
    VendorAnswers(VendorAnswers),
    /// Binds that a vendor refuses.
    #[serde(rename = "vendor refuses binds")]
    VendorRefuses(VendorRefuses),
    /// Somebody has bound to a vendor.
    #[serde(rename = "vendor is bound")]
    VendorBound(VendorBound),
    /// The next text that a vendor takes.
    #[serde(rename = "vendor gets")]
    VendorGets(VendorGets),
    /// A receipt from a vendor.
    #[serde(rename = "vendor tells")]
    VendorTells(VendorTells),
    /// A text from a vendor.
    #[serde(rename = "vendor sends")]
    VendorSends(VendorSends),
    /// What a vendor is told of its text.
    #[serde(rename = "vendor hears")]
    VendorHears(VendorHears),
    /// All its connections end, and new ones at once.
    #[serde(rename = "link is cut")]
    LinkCut(Which),
    /// What goes in waits.
    #[serde(rename = "link stalls")]
    LinkStalls(Which),
    /// What goes in takes its time.
    #[serde(rename = "link slows")]
    LinkSlows(Slows),
    /// It is well again.
    #[serde(rename = "link heals")]
    LinkHeals(Which),
}

/// An environment by its name; the first one when absent.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Where {
    #[serde(default)]
    pub(crate) at: Option<String>,
}

/// What is provisioned changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imports {
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// As in a file for `iwf import`; it may name addresses.
    pub(crate) text: String,
}

/// What waits at a node.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holds {
    #[serde(default)]
    pub(crate) at: Option<String>,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) count: usize,
}

/// A phone registers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    pub(crate) phone: String,
    /// The answer, when it is not 200.
    #[serde(default)]
    pub(crate) status: Option<u16>,
}

/// A phone by its name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whose {
    pub(crate) phone: String,
}

/// The answers of a phone to come; the last one stays.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WillAnswer {
    pub(crate) phone: String,
    #[serde(deserialize_with = "answers")]
    pub(crate) with: Vec<Answer>,
}

/// A text that a phone sends.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sends {
    pub(crate) phone: String,
    pub(crate) to: String,
    pub(crate) text: String,
    /// So many times over, as one text.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
    /// What the steps call the message.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// What it asks to hear of it (Disposition-Notification).
    #[serde(default)]
    pub(crate) asks: String,
    /// Expires, in seconds.
    #[serde(default)]
    pub(crate) validity: Option<u32>,
    /// The answer.
    #[serde(default = "accepted")]
    pub(crate) status: u16,
}

/// A notice about a text.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub(crate) phone: String,
    /// The message.
    pub(crate) of: String,
    /// `delivered`, `failed` or `displayed`.
    pub(crate) status: String,
}

/// A text on the screen of a phone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shows {
    pub(crate) phone: String,
    pub(crate) text: String,
    /// So many times over, as one text.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
    /// Whom the phone shows as its sender.
    pub(crate) from: String,
    /// The message whose Call-ID it must carry.
    #[serde(default)]
    pub(crate) of: Option<String>,
    /// At least so many seconds after that message was submitted.
    #[serde(default)]
    pub(crate) after: u32,
    /// It has the Call-ID of the text shown before: a phone may drop it.
    #[serde(default)]
    pub(crate) again: bool,
    /// What the steps call the message where the phone is registered.
    #[serde(default)]
    pub(crate) message: Option<String>,
}

/// A message was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    pub(crate) phone: String,
    pub(crate) of: String,
    /// It is named by the Call-ID of the text that the phone showed last, not by its id.
    #[serde(default)]
    pub(crate) by_call_id: bool,
}

/// A bind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binds {
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// Its system_id.
    pub(crate) carrier: String,
    pub(crate) password: String,
    #[serde(default = "transceiver", rename = "as", deserialize_with = "bind")]
    pub(crate) kind: Bind,
    /// What the steps call the bind; the carrier's system_id when absent.
    #[serde(default)]
    pub(crate) bind: Option<String>,
    /// command_status of the answer.
    #[serde(default)]
    pub(crate) status: u32,
    /// How it answers the first deliver_sm with texts, one each.
    #[serde(default, deserialize_with = "replies")]
    pub(crate) replies: Vec<Reply>,
}

/// An unbind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unbinds {
    pub(crate) bind: String,
}

/// A submission.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submits {
    pub(crate) bind: String,
    /// What the steps call the message.
    #[serde(default)]
    pub(crate) message: Option<String>,
    pub(crate) from: String,
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) text: String,
    /// In place of the text.
    #[serde(default, deserialize_with = "octets")]
    pub(crate) octets: Option<Vec<u8>>,
    /// Which part of a longer text it is.
    #[serde(default, deserialize_with = "part")]
    pub(crate) part: Option<Part>,
    /// It is answered with the id of this message.
    #[serde(default)]
    pub(crate) same: Option<String>,
    #[serde(default = "gsm7", deserialize_with = "coding")]
    pub(crate) coding: Coding,
    /// registered_delivery.
    #[serde(default = "one")]
    pub(crate) receipt: u8,
    /// validity_period in seconds.
    #[serde(default)]
    pub(crate) validity: Option<u32>,
    /// As message_payload.
    #[serde(default)]
    pub(crate) payload: bool,
    /// schedule_delivery_time in seconds from now.
    #[serde(default)]
    pub(crate) schedule: Option<u32>,
    /// esm_class: 1 datagram, 2 transaction.
    #[serde(default)]
    pub(crate) mode: u8,
    /// replace_if_present_flag.
    #[serde(default)]
    pub(crate) replaces: bool,
    /// service_type.
    #[serde(default)]
    pub(crate) service: String,
    /// set_dpf.
    #[serde(default)]
    pub(crate) dpf: bool,
    /// command_status of the answer.
    #[serde(default)]
    pub(crate) status: u32,
}

/// A query_sm, over a bind of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asks {
    #[serde(default)]
    pub(crate) at: Option<String>,
    pub(crate) carrier: String,
    pub(crate) password: String,
    /// The message.
    pub(crate) of: String,
    /// message_state; not told when it is refused.
    #[serde(default)]
    pub(crate) state: u8,
    /// error_code.
    #[serde(default)]
    pub(crate) error: u8,
    /// command_status of the answer.
    #[serde(default)]
    pub(crate) status: u32,
}

/// A cancel_sm, over a bind of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancels {
    #[serde(default)]
    pub(crate) at: Option<String>,
    pub(crate) carrier: String,
    pub(crate) password: String,
    /// The message; without one all from `from` to `to`.
    #[serde(default)]
    pub(crate) of: Option<String>,
    #[serde(default)]
    pub(crate) from: String,
    #[serde(default)]
    pub(crate) to: String,
    #[serde(default)]
    pub(crate) service: String,
    /// command_status of the answer.
    #[serde(default)]
    pub(crate) status: u32,
}

/// A replace_sm, over a bind of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replaces {
    #[serde(default)]
    pub(crate) at: Option<String>,
    pub(crate) carrier: String,
    pub(crate) password: String,
    /// The message.
    pub(crate) of: String,
    pub(crate) text: String,
    /// registered_delivery.
    #[serde(default = "one")]
    pub(crate) receipt: u8,
    /// schedule_delivery_time in seconds from now.
    #[serde(default)]
    pub(crate) schedule: Option<u32>,
    /// command_status of the answer.
    #[serde(default)]
    pub(crate) status: u32,
}

/// A receipt.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hears {
    pub(crate) bind: String,
    /// The message.
    pub(crate) of: String,
    pub(crate) stat: String,
    pub(crate) err: String,
    /// esm_class: 4 a receipt, 8 that it was read, 32 an intermediate notification.
    #[serde(default = "four")]
    pub(crate) esm_class: u8,
}

/// An alert_notification.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerted {
    pub(crate) bind: String,
    /// The message that asked for it.
    pub(crate) of: String,
}

/// A text to a carrier.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gets {
    pub(crate) bind: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
    /// So many times over, as one text.
    #[serde(default = "once")]
    pub(crate) repeat: usize,
    /// In how many PDUs it comes.
    #[serde(default = "once")]
    pub(crate) parts: usize,
    /// data_coding.
    #[serde(default)]
    pub(crate) data_coding: u8,
}

/// The story of a message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tells {
    #[serde(default)]
    pub(crate) at: Option<String>,
    /// The message.
    pub(crate) of: String,
    /// `waiting`, or how it ended.
    pub(crate) state: String,
    /// Steps that it must contain, in this order; others may stand between.
    #[serde(default)]
    pub(crate) steps: Vec<String>,
}

impl Case {
    /// Reads a file; an error says what is wrong with which key.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_a_case_is_named() {
        let text = "story = \"x\"\ngiven = {}\nsteps = [\n{ do = \"phone registers\", fone = \"a\" },\n]\n";
        let error = Case::parse(text).unwrap_err().to_string();
        assert!(error.contains("unknown field `fone`, expected `phone`"), "{error}");
    }
}
