//! Every endpoint there is. The router and the document are made of this list.

use super::accounts::Accounts;
use super::carriers::Carriers;
use super::connections::{self, Connections};
use super::endpoint::Endpoint;
use super::named::named;
use super::routes::Routes;
use super::{explain, history, import, messages, node, receipts, tokens, trial};

/// All of them, in the order of the document.
pub(crate) fn all() -> Vec<Endpoint> {
    [
        named::<Carriers>(),
        named::<Accounts>(),
        named::<Connections>(),
        connections::endpoints(),
        named::<Routes>(),
        explain::endpoints(),
        trial::endpoints(),
        import::endpoints(),
        history::endpoints(),
        messages::endpoints(),
        receipts::endpoints(),
        node::endpoints(),
        tokens::endpoints(),
    ]
    .concat()
}
