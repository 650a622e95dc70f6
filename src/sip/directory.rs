//! What the protocol asks about users; the driver answers from memory.

use std::sync::Arc;

use iwf_model::{Account, AccountId, Binding};

/// The users of the apps and where they are reached now. Asked for every request: it must not block.
pub trait Directory {
    /// The account with this username or DID, active or not. Digits are passed as the app wrote them,
    /// save that a leading '+' is dropped.
    fn account(&self, user: &str) -> Option<Arc<Account>>;

    /// The bindings of the account that the driver knows of, in any order; lapsed ones may be among them.
    fn bindings(&self, account: AccountId) -> Vec<Binding>;
}
