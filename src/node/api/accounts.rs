//! Accounts: the users of apps.

use iwf_model::{Account, AccountState, Challenge};
use iwf_store::{Change, Provisioning};
use serde_json::{Value, json};

use super::named::Named;
use super::schema::{Field, Schema};
use crate::config::Faults;
use crate::provisioning::{DEFAULT_DIGEST, Plan, RawAccount, account_as_shown};

/// Accounts by their usernames.
pub(crate) struct Accounts;

impl Named for Accounts {
    type Item = Account;
    const KIND: &'static str = "account";
    const SHAPES: [&'static str; 3] = ["Account", "AccountList", "Accounts"];
    const PATHS: [&'static str; 2] = ["/v1/accounts", "/v1/accounts/{username}"];
    const KEY: &'static str = "username";

    fn fields() -> Vec<Field> {
        let states = [AccountState::Active, AccountState::Suspended].map(AccountState::as_str);
        let digests = Challenge::ALL.into_iter().map(Challenge::as_str).chain([DEFAULT_DIGEST]);
        vec![
            Field::new("username", Schema::TEXT, "what the app registers as: 1 to 64 characters"),
            Field::new(
                "password",
                Schema::Text(Some("password")),
                "what it proves to know; needed when it is new",
            )
            .write_only(),
            Field::new("dids", Schema::list(Schema::TEXT), "the numbers that it owns"),
            Field::new("state", Schema::Word(states.to_vec()), "whether it is served"),
            Field::new("digest", Schema::Word(digests.collect()), "which digest its apps are asked for"),
            Field::new("tls_only", Schema::Boolean, "whether its apps come over TLS or not at all"),
            Field::new("realm", Schema::TEXT, "what its password is bound to").read_only(),
        ]
    }

    fn items(current: &Provisioning) -> &[Account] {
        &current.accounts
    }

    fn name(account: &Account) -> &str {
        &account.username
    }

    fn show(account: &Account) -> Value {
        json!(account_as_shown(account))
    }

    fn hidden(account: &Account) -> String {
        format!("{} {} {:?}", account.ha1_md5, account.ha1_sha256, account.ha1_sha512_256)
    }

    /// Nothing of an account is shown in part.
    fn unmask(_: &mut Value, _: &Account) {}

    fn plan(body: Value) -> Result<Plan, Faults> {
        RawAccount::of_json(body).and_then(|raw| Plan::of_account(&raw))
    }

    fn remove(name: &str) -> Change {
        Change::RemoveAccount { username: name.to_owned() }
    }
}
