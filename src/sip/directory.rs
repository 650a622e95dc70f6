//! What the protocol asks about users; the driver answers from memory.

use std::sync::Arc;

use iwf_model::{Account, AccountId, Binding, CarrierId};

use crate::message::Uri;

/// The users of the apps and where they are reached now. Asked for every request: it must not block.
pub trait Directory {
    /// The account with this username or DID, active or not. Digits are passed as the app wrote them,
    /// save that a leading '+' is dropped.
    fn account(&self, user: &str) -> Option<Arc<Account>>;

    /// The bindings of the account that the driver knows of, in any order; lapsed ones may be among them.
    fn bindings(&self, account: AccountId) -> Vec<Binding>;

    /// The carrier of this name.
    fn carrier(&self, name: &str) -> Option<CarrierId>;
}

/// The user that a URI names, for the directory: without parameters within it and without '+'.
pub(crate) fn user_of(uri: &Uri<'_>) -> String {
    let user = uri.user().unwrap_or_default();
    let name = user.split(';').next().unwrap_or_default();
    name.strip_prefix('+').unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_what_stands_before_its_own_parameters() {
        for (uri, user) in [("sip:%2B1;phone-context=x@h", "1"), ("tel:+1-5;ext=3", "1-5"), ("sip:h", "")] {
            assert_eq!(user_of(&Uri::parse(uri).unwrap()), user);
        }
    }
}
