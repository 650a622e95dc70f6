//! The words both sides share.
//!
//! SMPP and SIP each translate to and from these types and never to each other: the neck of the
//! hourglass. Nothing here knows a protocol, a clock, a socket or a store; what a type can't be
//! wrong about is checked once, where it is built.

pub mod account;
pub mod address;
pub mod awaited;
pub mod binding;
pub mod carrier;
pub mod connection;
pub mod delivery;
pub mod id;
pub mod message;
pub mod network;
pub mod notice;
pub mod operation;
pub mod options;
pub mod outcome;
pub mod part;
pub mod pattern;
pub mod plan;
pub mod profile;
pub mod receipt;
pub mod recent;
pub mod record;
pub mod refusal;
pub mod route;
pub mod settings;
pub mod stranger;
pub mod text;
pub mod time;
pub mod trace;
pub mod upstream;

pub use account::{Account, AccountState, Challenge};
pub use address::{Address, Name, Number, Party};
pub use awaited::{Awaited, Owed};
pub use binding::{Binding, Flow, Transport};
pub use carrier::{BindKind, Carrier};
pub use connection::{Connection, Link, LinkState};
pub use delivery::{DeliveryState, Progress};
pub use id::{AccountId, CarrierId, ConnectionId, MessageId, RouteId};
pub use message::{Message, Origin, Recipient, Submission, Validity};
pub use network::Network;
pub use notice::{Asked, Imdn, Notice, ShortAsked, Tidings};
pub use operation::{Cancel, Denial, MessageState, Query, Replace, Schedule, Standing, Which};
pub use options::{Mode, Options, PassedTlv};
pub use outcome::{Blame, Cause, Class, Outcome};
pub use part::{Joined, Part, PartKind};
pub use pattern::Pattern;
pub use plan::NumberPlan;
pub use profile::Profile;
pub use receipt::{FinalState, Notification, PendingReceipt, Receipt, ReceiptAnswer, ReceiptRequest};
pub use record::{Record, Step, StepKind};
pub use refusal::Refusal;
pub use route::{Route, Rule};
pub use settings::{BadSetting, Setting, Settings};
pub use stranger::Stranger;
pub use text::{Alphabet, Encoding, Language};
pub use time::{Now, Timestamp};
pub use trace::{EnvironmentId, Trace};
pub use upstream::{Handed, Taken, Unmatched, UpstreamNews, UpstreamReceipt};
