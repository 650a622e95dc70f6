//! Configuration: a file that need not be there, and the environment over it.
//!
//! - `raw`: the shape of the file, every key with its default
//! - `checked`: the same as types that can't be wrong
//! - `check`: from the one to the other, with every rule; `tls`: those of TLS, which look at the files
//! - `registrations`: the rules of what apps are granted; `push`: of what wakes them
//! - `routing`: the rules of where we send
//! - `access`: who is let in and believed over SIP
//! - `environment`: `IWF_SECTION_KEY` over the file
//! - `document`, `fault`: TOML with the place of every key, and faults that name it; also used for
//!   provisioning files
//!
//! Nothing is read anywhere else: the parts of the node are given the section that is theirs.

mod access;
mod check;
mod checked;
mod document;
mod environment;
mod fault;
mod push;
mod raw;
mod registrar;
mod registrations;
mod routing;
#[cfg(test)]
mod tests;
mod tls;

use std::path::Path;

pub(crate) use checked::{
    Advertise, Config, LimitsConfig, LogConfig, LogFormat, NodeConfig, ProxyConfig, ProxyWhen, PushConfig,
    PushKind, RegistrarConfig, SipConfig, SmppConfig, TlsClientConfig, TlsConfig,
};
pub(crate) use document::{Document, distance, unknown_name};
pub(crate) use fault::{Fault, Faults, Place};

/// The sections of a configuration file: how it is told from a provisioning file.
pub(crate) const SECTIONS: [&str; 11] =
    ["node", "smpp", "sip", "routing", "dns", "registrar", "store", "admin", "log", "limits", "push"];

/// Reads the configuration: the defaults, the file over them, the environment over both.
pub(crate) fn load(
    file: Option<&Path>,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, Faults> {
    let mut document = match file {
        Some(file) => read_document(file)?,
        None => Document::empty(),
    };
    environment::overlay(&mut document, variables)?;
    check::check(&document)
}

/// Checks a configuration file that is already read, by itself, and the files that it names.
pub(crate) fn check_document(document: &Document) -> Result<Config, Faults> {
    let config = check::check(document)?;
    tls::check_files(document, &config).map_or(Ok(config), |fault| Err(fault.into()))
}

/// Reads a TOML file.
pub(crate) fn read_document(file: &Path) -> Result<Document, Faults> {
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Document::parse(&name, text),
        Err(error) => {
            let what = format!("cannot read {name}: {error}");
            Err(Fault { place: Place::Nowhere, key: String::new(), what }.into())
        }
    }
}

/// The variables of this process whose names and values are UTF-8.
pub(crate) fn process_variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
