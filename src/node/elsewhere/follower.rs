//! Follows the database of another registrar.
//!
//! Every few seconds what is newer is read, and now and then everything, because a contact that went leaves no row
//! behind. A database that does not answer changes nothing: what was read holds until it lapses.

use std::sync::Arc;
use std::time::Duration;

use iwf_model::{Account, AccountId, AccountState, Timestamp};
use iwf_relay::Directory;
use iwf_store::usrloc::{Row, Usrloc, UsrlocError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::contact::remote;
use crate::clock;
use crate::config::{Config, RegistrarConfig};
use crate::net::stopped;
use crate::serve::Core;

/// How often all contacts are read again.
const EVERYTHING: Duration = Duration::from_secs(300);
/// How long a start waits for the first reading.
const FIRST: Duration = Duration::from_secs(5);

/// Reads what is new.
pub(crate) struct Follower {
    core: Arc<Core>,
    config: RegistrarConfig,
    /// The domain of users for whom the database names none.
    domain: Option<String>,
    /// Contacts of one account.
    most: usize,
    /// What is provisioned: an account that is new may have been there for long.
    revision: watch::Receiver<u64>,
    usrloc: Option<Usrloc>,
    /// When the newest row was written, as far as it was read.
    newest: String,
    /// What that was a reading earlier, from where the next one begins: rows become visible in another order than
    /// they were written in.
    from: String,
    everything_at: Instant,
    /// Counts the readings.
    reading: u64,
    /// The last reading failed: said once.
    failing: bool,
}

/// What a reading found.
struct Found<'a> {
    follower: &'a Follower,
    directory: Arc<Directory>,
    now: Timestamp,
    newest: String,
    /// Whose contacts are new or were refreshed.
    back: Vec<AccountId>,
    /// Rows of ours that nothing leads to.
    unreachable: u64,
}

impl Follower {
    /// Follows the registrar of the configuration, if there is one.
    pub(crate) fn new(core: &Arc<Core>, config: &Config, revision: watch::Receiver<u64>) -> Option<Self> {
        Some(Self {
            core: Arc::clone(core),
            config: config.registrar.clone()?,
            domain: super::domain_of(config),
            most: config.sip.max_contacts,
            revision,
            usrloc: None,
            newest: String::new(),
            from: String::new(),
            everything_at: Instant::now(),
            reading: 0,
            failing: false,
        })
    }

    /// Reads everything for the first time, if that does not take too long: texts that wait find their apps.
    pub(crate) async fn begin(&mut self) {
        if timeout(FIRST, self.turn()).await.is_err() {
            tracing::warn!("the registrar's database is slow to answer; serving without it meanwhile");
        }
    }

    /// Follows until the node stops.
    pub(crate) async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.config.poll) => {}
                Ok(()) = self.revision.changed() => self.everything_at = Instant::now(),
                () = stopped(&mut stopping) => return,
            }
            tokio::select! {
                () = self.turn() => {}
                () = stopped(&mut stopping) => return,
            }
        }
    }

    async fn turn(&mut self) {
        match self.read().await {
            Ok(()) if self.failing => {
                self.failing = false;
                tracing::info!("the registrar's database answers again");
            }
            Ok(()) => {}
            Err(error) if !self.failing => {
                self.failing = true;
                tracing::error!(%error, "the registrar's database can not be read; what was read holds until it lapses");
            }
            Err(error) => tracing::debug!(%error, "the registrar's database can not be read"),
        }
        self.core.metrics.registrar_failing.set(f64::from(u8::from(self.failing)));
        self.core.metrics.registrar_contacts.set(self.core.reach.elsewhere.count() as f64);
    }

    async fn read(&mut self) -> Result<(), UsrlocError> {
        let usrloc = match self.usrloc.take() {
            Some(usrloc) => usrloc,
            None => Usrloc::open(self.config.database.clone()).await?,
        };
        let everything = self.everything_at <= Instant::now();
        let from = if everything { String::new() } else { self.from.clone() };
        self.reading += 1;
        let mut found = Found::new(self);
        let read = usrloc.read(&from, |row| found.take(&row)).await;
        let Found { newest, back, unreachable, .. } = found;
        self.usrloc = Some(usrloc);
        // What was read before it failed is as true as the rest.
        self.core.returned.put(back);
        read?;
        self.from = std::mem::replace(&mut self.newest, newest);
        if everything {
            self.everything_at = Instant::now() + EVERYTHING;
            self.core.metrics.registrar_unreachable.set(unreachable as f64);
            self.core.reach.elsewhere.keep_seen(self.reading);
        }
        Ok(())
    }
}

impl<'a> Found<'a> {
    fn new(follower: &'a Follower) -> Self {
        let directory = follower.core.directory.load_full();
        let newest = follower.newest.clone();
        Self { follower, directory, now: clock::utc(), newest, back: Vec::new(), unreachable: 0 }
    }

    fn take(&mut self, row: &Row) {
        if row.modified > self.newest {
            self.newest.clone_from(&row.modified);
        }
        let Follower { core, config, domain, most, reading, .. } = self.follower;
        let Some(account) = owner(&self.directory, row, config) else { return };
        if row.expires_at.is_some_and(|end| end <= self.now) {
            return;
        }
        match remote(row, account, domain.as_deref(), config.edge.as_deref()) {
            Ok(remote) => {
                let is_back = core.reach.elsewhere.put(remote, &row.modified, *reading, *most);
                self.back.extend(is_back.then_some(account.id));
            }
            Err(error) => {
                self.unreachable += 1;
                tracing::debug!(account = account.id.0, %error, "a contact of the registrar can not be reached");
            }
        }
    }
}

/// The account that a row belongs to, if it is one of ours that may receive.
pub(crate) fn owner<'a>(
    directory: &'a Directory,
    row: &Row,
    config: &RegistrarConfig,
) -> Option<&'a Arc<Account>> {
    let is_ours = match (&config.domain, &row.domain) {
        (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs),
        _ => true,
    };
    let name = &row.username;
    let account = directory.user(name).or_else(|| directory.user(name.strip_prefix('+')?));
    account.filter(|account| is_ours && account.state == AccountState::Active)
}

#[cfg(test)]
mod tests {
    use iwf_model::Account;

    use super::super::samples::{account, registrar, row};
    use super::*;

    fn owns(account: Account, username: &str, domain: Option<&str>) -> bool {
        let directory = Directory::new(Vec::new(), vec![account], Vec::new(), Vec::new());
        let (username, domain) = (username.to_owned(), domain.map(str::to_owned));
        let row = Row { username, domain, ..row("sip:1@10.0.0.1", None, None) };
        owner(&directory, &row, &registrar(Some("example.com"))).is_some()
    }

    #[test]
    fn a_row_belongs_to_the_account_of_its_name_or_its_number() {
        for (username, owned) in
            [("1111", true), ("964111", true), ("+964111", true), ("2222", false), ("", false)]
        {
            assert_eq!(owns(account(), username, None), owned, "{username}");
        }
        let plus = Account { username: "+55".into(), ..account() };
        assert!(owns(plus, "+55", None));
    }

    #[test]
    fn the_user_of_the_same_name_in_another_domain_is_somebody_else() {
        assert!(owns(account(), "1111", Some("EXAMPLE.com")));
        assert!(!owns(account(), "1111", Some("example.org")));
    }

    #[test]
    fn a_suspended_account_has_no_contacts() {
        assert!(!owns(Account { state: AccountState::Suspended, ..account() }, "1111", None));
    }
}
