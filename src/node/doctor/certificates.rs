//! What we show over TLS.

use std::path::Path;
use std::time::Duration;

use iwf_model::Timestamp;

use super::Finding;
use crate::clock;
use crate::config::Config;
use crate::tls::{self, TlsFault};

/// From here on a certificate that ends is to be renewed.
const SOON: Duration = Duration::from_secs(14 * 24 * 3600);

/// Looks at the files of each side.
pub(super) fn look(config: &Config, findings: &mut Vec<Finding>) {
    let (smpp, sip) = (config.smpp.tls.as_ref(), config.sip.tls.as_ref());
    let sip = sip.or(config.sip.websocket.tls.as_ref());
    for (section, shown) in [("smpp.tls", smpp), ("sip.tls", sip), ("admin.tls", config.admin.tls.as_ref())] {
        let Some((_, files)) = shown else { continue };
        findings.push(judge(section, &files.certificate, tls::ends(files), clock::utc()));
    }
    let client = &config.sip.client_tls;
    let shown = client.shown.as_ref().map_or(Path::new(""), |(certificate, _)| certificate);
    match tls::client_ends(client) {
        Ok(None) => {}
        ends => findings.push(judge("sip", shown, ends, clock::utc())),
    }
}

/// What it means that a certificate ends then, or that its files can't be used.
pub(super) fn judge(
    section: &str,
    certificate: &Path,
    ends: Result<Option<Timestamp>, TlsFault>,
    now: Timestamp,
) -> Finding {
    let file = certificate.display();
    match ends {
        Err(fault) => Finding::bad(format!("{section}.{}: {fault}.", fault.part.key())),
        Ok(None) => Finding::note(format!("{file}: when the certificate ends can not be read.")),
        Ok(Some(ends)) if ends <= now => {
            Finding::bad(format!("{file}: the certificate ended at {ends}: nobody trusts it any more."))
        }
        Ok(Some(ends)) => {
            let (left, days) = (ends.since(now), ends.since(now).as_secs() / (24 * 3600));
            let text = format!("{file}: the certificate ends in {days} days, at {ends}.");
            if left < SOON { Finding::note(text) } else { Finding::good(text) }
        }
    }
}
