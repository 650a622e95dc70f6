//! What the API works on, and the one way in which it changes what is provisioned.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use axum::http::HeaderMap;
use axum::response::Response;
use dashmap::DashMap;
use iwf_relay::{Directory, Policy};
use iwf_store::{Conflict, Provisioning, Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::again::UnderWay;
use super::auth::{Actor, LOCAL, LocalToken, Role, Sent, bearer, recognised};
use super::problem::{Kind, Problem};
use super::reply::Reply;
use super::schema::{Field, Object, Schema};
use crate::admin::NodeView;
use crate::clock;
use crate::provisioning::{Difference, Differences, Fate};

/// The API of one store.
pub(crate) struct Api {
    pub(crate) store: Arc<dyn Store>,
    /// What accounts' passwords are bound to.
    pub(crate) realm: String,
    /// What holds for all that is submitted.
    pub(crate) policy: Policy,
    /// The node that runs on the store; `None` in the command line, when none does.
    pub(crate) node: Option<Arc<dyn NodeView>>,
    pub(crate) local: LocalToken,
    /// On which day (`Timestamp::day`) each token was last used, as far as this process knows.
    pub(crate) used: DashMap<String, i64>,
    pub(super) under_way: UnderWay,
    read: ArcSwapOption<Provisioning>,
    /// Changes are made one after the other: who comes second sees what the first did.
    turn: Mutex<()>,
    /// A trial reads much: one at a time.
    pub(super) trials: Mutex<()>,
}

/// What a change led to.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// The revision that holds now.
    pub(crate) revision: u64,
    /// What changed, for people.
    pub(crate) differences: Differences,
}

/// Somebody else may change the store between our reading and our writing; so often it is tried again.
const TRIES: usize = 8;

impl Api {
    /// Of a store whose accounts' passwords are bound to `realm`.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        (realm, policy): (&str, Policy),
        node: Option<Arc<dyn NodeView>>,
    ) -> Self {
        Self {
            store,
            realm: realm.to_owned(),
            policy,
            node,
            local: LocalToken::new(),
            used: DashMap::new(),
            under_way: UnderWay::default(),
            read: ArcSwapOption::empty(),
            turn: Mutex::new(()),
            trials: Mutex::new(()),
        }
    }

    /// Who has this token.
    pub(crate) async fn actor(&self, token: &str) -> Result<Actor, Problem> {
        if self.local.is(token) {
            return Ok(Actor { name: LOCAL.to_owned(), role: Role::Admin });
        }
        let wrong = || Problem::unauthorized("nobody here has this token", true);
        let sent = Sent::read(token).ok_or_else(wrong)?;
        let kept = self.store.token(sent.id).await?;
        let actor = recognised(kept.as_ref(), sent.secret).ok_or_else(wrong)?;
        self.used.insert(actor.name.clone(), clock::utc().day());
        Ok(actor)
    }

    /// What is said to somebody who may not even look; `None`: this one may.
    pub(crate) async fn refuses(&self, headers: &HeaderMap) -> Option<Response> {
        let may_look = async { self.actor(bearer(headers)?).await?.must_be(Role::Read) };
        may_look.await.err().map(|problem| Reply::from(problem).into())
    }

    /// The node, where one runs.
    pub(crate) fn node(&self) -> Result<&dyn NodeView, Problem> {
        let none = || Problem::unavailable("no node runs on this store; `iwf serve` starts one");
        self.node.as_deref().ok_or_else(none)
    }

    /// What is provisioned now. It is read once for each revision.
    pub(crate) async fn provisioning(&self) -> Result<Arc<Provisioning>, Problem> {
        let revision = self.store.revision().await?;
        if let Some(read) = self.read.load_full().filter(|read| read.revision == revision) {
            return Ok(read);
        }
        let read = Arc::new(self.store.provisioning().await?);
        self.read.store(Some(Arc::clone(&read)));
        Ok(read)
    }

    /// The same, indexed: where a node runs, what it has in force.
    pub(crate) async fn directory(&self) -> Result<Arc<Directory>, Problem> {
        if let Some(node) = &self.node {
            return Ok(node.directory());
        }
        let read = self.provisioning().await?;
        off_the_runtime(move || Ok(Arc::new(directory_of(Provisioning::clone(&read))))).await
    }

    /// Changes what is provisioned by what `plan` makes of it, in one transaction of the store. With `dry`, only says what
    /// it would do.
    pub(crate) async fn change<P>(&self, actor: &Actor, dry: bool, plan: P) -> Result<Applied, Problem>
    where
        P: Fn(&Provisioning) -> Result<Differences, Problem> + Send + Sync + 'static,
    {
        let plan = Arc::new(plan);
        let _turn = self.turn.lock().await;
        for _ in 0..TRIES {
            let current = self.provisioning().await?;
            let revision = current.revision;
            let differences = off_the_runtime({
                let plan = Arc::clone(&plan);
                move || plan(&current)
            })
            .await?;
            if dry || differences.changes.is_empty() {
                return Ok(Applied { revision, differences });
            }
            match self
                .store
                .provision(differences.changes.clone(), &actor.name, Some(revision), clock::utc())
                .await
            {
                Ok(revision) => {
                    let changes = differences.listed.len();
                    tracing::info!(revision, changes, by = actor.name, "provisioning changed");
                    return Ok(Applied { revision, differences });
                }
                Err(StoreError::Conflict(Conflict::Moved)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Problem::unavailable("others change the provisioning all the time"))
    }
}

/// Indexes what is provisioned.
pub(crate) fn directory_of(read: Provisioning) -> Directory {
    Directory::new(read.carriers, read.accounts, read.connections, read.routes)
}

/// Hashing the passwords of a large document takes seconds, which the runtime has not.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(Problem::new(Kind::Internal, error.to_string())))
}

impl Applied {
    /// As it is answered.
    pub(crate) fn document(&self) -> Value {
        let warnings: Vec<String> = self.differences.warnings.iter().map(ToString::to_string).collect();
        let change = |difference: &Difference| {
            let (fate, fields) = match &difference.fate {
                Fate::Added => ("added", &[][..]),
                Fate::Changed(fields) => ("changed", &fields[..]),
                Fate::Removed => ("removed", &[][..]),
            };
            let text = difference.to_string();
            json!({"kind": difference.kind, "name": difference.name, "fate": fate, "fields": fields, "text": text})
        };
        let changes: Vec<Value> = self.differences.listed.iter().map(change).collect();
        json!({"revision": self.revision, "changes": changes, "warnings": warnings})
    }

    /// The shape of that.
    pub(crate) fn schema() -> Schema {
        let change = Object::new(
            "Change",
            vec![
                Field::new("kind", Schema::TEXT, "what it is, such as `carrier`").required(),
                Field::new("name", Schema::TEXT, "which one").required(),
                Field::new("fate", Schema::Word(vec!["added", "changed", "removed"]), "what happened to it")
                    .required(),
                Field::new("fields", Schema::list(Schema::TEXT), "what of it differs").required(),
                Field::new("text", Schema::TEXT, "all of it, for people").required(),
            ],
        );
        let warnings = "what is odd without being wrong";
        Schema::Object(Object::new(
            "Applied",
            vec![
                Field::new("revision", Schema::Integer(0..=i64::MAX), "what holds now has this number")
                    .required(),
                Field::new("changes", Schema::list(Schema::Object(change)), "empty when all was so before")
                    .required(),
                Field::new("warnings", Schema::list(Schema::TEXT), warnings).required(),
            ],
        ))
    }
}
