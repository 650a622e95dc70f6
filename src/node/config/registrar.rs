//! The rules of the registrar of others whose contacts we reach.

use iwf_sip::Uri;
use iwf_sip::locate::NextHop;
use iwf_store::usrloc::{UsrlocError, UsrlocOptions};

use super::check::{Check, is_host};
use super::checked::RegistrarConfig;
use super::raw::RawRegistrar;

/// The clocks of the world are so far from UTC at most.
const FARTHEST: i64 = 14 * 60;

impl Check<'_> {
    /// Without a database the rest is of no use, and not looked at.
    pub(super) fn registrar(&mut self, raw: &RawRegistrar) -> Option<RegistrarConfig> {
        if raw.database.is_empty() {
            return None;
        }
        let offset = raw.utc_offset_minutes;
        self.number("registrar.utc_offset_minutes", offset, -FARTHEST..=FARTHEST);
        let utc_offset_minutes = i32::try_from(offset).unwrap_or_default();
        let database =
            UsrlocOptions { url: raw.database.clone(), table: raw.table.clone(), utc_offset_minutes };
        // The URL may hold a password, so it is not repeated.
        match database.check() {
            Ok(()) => {}
            Err(UsrlocError::Table(table)) => {
                self.fault("registrar.table", format!("\"{table}\" is no name of a table"));
            }
            Err(error) => self.fault("registrar.database", error.to_string()),
        }
        let poll = self.seconds("registrar.poll_seconds", raw.poll_seconds, 1..=3600);
        let is_edge = Uri::parse(&raw.edge).is_ok_and(|uri| !uri.has_headers() && NextHop::of(&uri).is_ok());
        if !raw.edge.is_empty() && !is_edge {
            self.fault(
                "registrar.edge",
                format!("\"{}\" is no URI that can be sent to, such as sip:proxy.example.com", raw.edge),
            );
        }
        if !raw.domain.is_empty() && !is_host(&raw.domain) {
            self.fault(
                "registrar.domain",
                format!("\"{}\" is neither a host name nor an IP address (without a port)", raw.domain),
            );
        }
        let domain = (!raw.domain.is_empty()).then(|| raw.domain.to_ascii_lowercase());
        Some(RegistrarConfig { database, poll, domain, edge: is_edge.then(|| raw.edge.clone()) })
    }
}
