//! `iwf account adopt`: accounts for the users of another registrar.

use iwf_store::usrloc::Usrloc;
use iwf_store::{Options, Sqlite, Store};

use super::Failure;
use super::output::say;
use super::place::Place;
use crate::api::LOCAL;
use crate::clock;
use crate::ids::fill;
use crate::provisioning::{Adoption, Left};

/// Adds an account for each user of the registrar that has none here; those that there are stay as they are.
pub(super) fn adopt(dry_run: bool, place: &Place) -> Result<(), Failure> {
    let config = place.load()?;
    let Some(registrar) = config.registrar else {
        return Err("the configuration names no registrar: set registrar.database".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let store = Sqlite::open(&config.store.file(&place.data), Options::tool()).await?;
        let current = store.provisioning().await?;
        let mut adoption = Adoption::new(&current, &config.sip.realm, registrar.domain.as_deref());
        let usrloc = Usrloc::open(registrar.database).await?;
        let take = |user| {
            let mut random = [0; 32];
            fill(&mut random);
            adoption.take(&user, random);
        };
        usrloc.subscribers(take).await?;
        let Adoption { changes, added, left, other_realm, .. } = adoption;
        if !dry_run && !changes.is_empty() {
            store.provision(changes, LOCAL, None, clock::utc()).await?;
        }
        store.close().await?;
        let would = if dry_run { "would have " } else { "" };
        for name in &added {
            say(format_args!("{would}added account {name}"))?;
        }
        for (why, count) in left {
            say(format_args!("{count} users left: {}", in_words(why)))?;
        }
        if other_realm > 0 {
            say(format_args!(
                "{other_realm} of the new accounts have the HA1 of another realm than \"{}\": texts reach them, but \
                 they can not authenticate here unless sip.realm is that realm or their password is set",
                config.sip.realm
            ))?;
        }
        Ok(())
    })
}

fn in_words(why: Left) -> &'static str {
    match why {
        Left::Known => "there is an account of the name or the number already",
        Left::Domain => "they are of another domain than registrar.domain",
        Left::Name => "no account can have such a name",
        Left::Secret => "neither a password nor an HA1 is kept of them",
    }
}
