//! Every endpoint there is. The router and the document are made of this list.

use super::accounts::Accounts;
use super::carriers::Carriers;
use super::endpoint::Endpoint;
use super::named::named;
use super::{import, messages, node};

/// All of them, in the order of the document.
pub(crate) fn all() -> Vec<Endpoint> {
    [named::<Carriers>(), named::<Accounts>(), import::endpoints(), messages::endpoints(), node::endpoints()]
        .concat()
}
