//! TLS: what we show, whom we trust, and how that changes while the node runs.
//!
//! - `files`: the PEM files and what may be wrong with them
//! - `live`: the settings that new connections get, read anew when the files change
//! - `der`: the little of X.509 that nobody tells us
//! - `identity`: who the certificate of a peer says it is
//! - `pinned`: a server of which one certificate is known
//! - `words`: why TLS was not agreed upon, for people
//!
//! No protocol is known here: whoever accepts connections asks for the settings of the moment.

mod der;
mod files;
mod identity;
mod live;
mod pinned;
mod words;

pub(crate) use files::{TlsFault, check, client, client_ends, ends};
pub(crate) use identity::PeerCertificate;
pub(crate) use live::{Live, LiveTls, follow};
pub(crate) use pinned::pinned;
pub(crate) use words::{in_words, refuses_us};
