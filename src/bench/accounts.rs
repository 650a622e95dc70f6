//! Who takes part: a carrier for each kind of connection, and 100 accounts for each transport.

use std::fmt::Write;
use std::net::SocketAddr;

use serde::Serialize;

/// How phones are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Transport {
    Udp,
    Tcp,
}

/// A carrier that is an environment of ours.
const ENVIRONMENT: &str = "[carrier.profile]\nenvironment = true\n";

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

    /// The file for `iwf import`, of a node that has all.
    pub(crate) fn import_file(&self) -> String {
        let carriers = Self::SYSTEM_IDS.map(|system_id| Self::carrier(system_id, ""));
        carriers.concat() + &self.phones()
    }

    /// The file of an environment that owns no number and gives all to the one that listens at `far`.
    pub(crate) fn near_file(&self, far: SocketAddr) -> String {
        let carriers = Self::SYSTEM_IDS.map(|system_id| Self::carrier(system_id, ""));
        let password = Self::CARRIER_PASSWORD;
        carriers.concat()
            + &format!(
                "[[carrier]]\nname = \"far\"\n{ENVIRONMENT}\
                 [[connection]]\nname = \"far\"\ncarrier = \"far\"\naddress = \"{far}\"\nsystem_id = \"near\"\n\
                 password = \"{password}\"\nversion = \"5.0\"\nbinds = 2\nwindow = 500\n\
                 [[route]]\nname = \"far\"\nto = \"%\"\nvia = \"far\"\n"
            )
    }

    /// The file of that one.
    pub(crate) fn far_file(&self) -> String {
        Self::carrier("near", ENVIRONMENT) + &self.phones()
    }

    fn carrier(system_id: &str, profile: &str) -> String {
        format!(
            "[[carrier]]\nname = \"{system_id}\"\nsystem_id = \"{system_id}\"\npassword = \"{}\"\n\
             max_binds = 1000\nrate = 0\nwindow = 10000\n{profile}",
            Self::CARRIER_PASSWORD
        )
    }

    fn phones(&self) -> String {
        let mut file = String::new();
        // Writing to a String can't fail.
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
