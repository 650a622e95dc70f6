//! Who takes part: a carrier for each kind of connection, and 100 accounts for each transport.

use std::fmt::Write;

use serde::Serialize;

/// How phones are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// The provisioning of a run. Accounts of the two transports differ, so that each has one contact.
pub(crate) struct Accounts {
    udp: Vec<String>,
    tcp: Vec<String>,
}

impl Accounts {
    /// One carrier in the clear, one within TLS: a receipt may come over any bind of its carrier.
    pub(crate) const SYSTEM_IDS: [&str; 2] = ["bench", "bench-tls"];
    pub(crate) const CARRIER_PASSWORD: &str = "bench1";
    pub(crate) const PHONE_PASSWORD: &str = "phone1";
    /// Accounts per transport.
    pub(crate) const COUNT: u64 = 100;

    pub(crate) fn new() -> Self {
        let numbers = |first: u64| (first..first + Self::COUNT).map(|number| number.to_string()).collect();
        Self { udp: numbers(447_700_900_000), tcp: numbers(447_700_901_000) }
    }

    /// The users of a transport, each the owner of the number of that name; all names are of one length.
    pub(crate) fn users(&self, transport: Transport) -> &[String] {
        match transport {
            Transport::Udp => &self.udp,
            Transport::Tcp => &self.tcp,
        }
    }

    /// The file for `iwf import`.
    pub(crate) fn import_file(&self) -> String {
        let mut file = String::new();
        // Writing to a String can't fail.
        for system_id in Self::SYSTEM_IDS {
            let _ = write!(
                file,
                "[[carrier]]\nname = \"{system_id}\"\nsystem_id = \"{system_id}\"\npassword = \"{}\"\n\
                 max_binds = 1000\nrate = 0\nwindow = 10000\n",
                Self::CARRIER_PASSWORD
            );
        }
        for user in self.udp.iter().chain(&self.tcp) {
            let _ = write!(
                file,
                "[[account]]\nusername = \"{user}\"\npassword = \"{}\"\ndids = [\"{user}\"]\n",
                Self::PHONE_PASSWORD
            );
        }
        file
    }
}
