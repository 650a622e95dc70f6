//! What the tests here and of the doctor read.

use std::time::Duration;

use iwf_model::{Account, AccountId, AccountState};
use iwf_store::usrloc::{Row, UsrlocOptions};

use crate::clock;
use crate::config::RegistrarConfig;

/// The account 1111.
pub(crate) fn account() -> Account {
    Account {
        id: AccountId(1),
        username: "1111".into(),
        ha1_md5: String::new(),
        ha1_sha256: String::new(),
        ha1_sha512_256: None,
        realm: "iwf".into(),
        digest: None,
        tls_only: false,
        dids: vec!["964111".parse().unwrap()],
        state: AccountState::Active,
    }
}

/// A contact of that account, for a minute from now.
pub(crate) fn row(contact: &str, path: Option<&str>, instance: Option<&str>) -> Row {
    Row {
        username: "1111".into(),
        domain: None,
        contact: contact.into(),
        path: path.map(str::to_owned),
        socket: Some("udp:192.0.2.1:5060".into()),
        expires_at: Some(clock::utc().after(Duration::from_secs(60))),
        modified: String::new(),
        user_agent: String::new(),
        instance: instance.map(str::to_owned),
    }
}

/// A registrar with users of that domain, or of any.
pub(crate) fn registrar(domain: Option<&str>) -> RegistrarConfig {
    RegistrarConfig {
        database: UsrlocOptions {
            url: "sqlite://registrar.db".into(),
            table: "location".into(),
            utc_offset_minutes: 0,
        },
        poll: Duration::from_secs(5),
        domain: domain.map(str::to_owned),
        edge: None,
    }
}
