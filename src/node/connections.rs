//! What waits for our binds of each connection, and what is shown of them.

use std::sync::Arc;

use dashmap::DashMap;
use iwf_model::{ConnectionId, Message, MessageId};
use tokio::sync::Notify;

use crate::smpp::client::board::{BindReport, Board};
use crate::texts::Texts;

/// Of all connections.
#[derive(Default)]
pub(crate) struct Connections {
    boxes: DashMap<ConnectionId, Arc<ConnectionBox>>,
}

/// Of one.
#[derive(Default)]
pub(crate) struct ConnectionBox {
    /// Texts that its transmitting binds take.
    pub(crate) texts: Arc<Texts>,
    /// Wakes the binds that may take texts.
    pub(crate) news: Notify,
    /// What is shown of the binds.
    pub(crate) board: Arc<Board>,
}

impl Connections {
    /// What waits for the binds of a connection.
    pub(crate) fn of(&self, connection: ConnectionId) -> Arc<ConnectionBox> {
        Arc::clone(&self.boxes.entry(connection).or_default())
    }

    /// Gives a text to the binds of a connection; false when none of them may transmit.
    pub(crate) fn give(&self, connection: ConnectionId, message: &Arc<Message>) -> bool {
        let its = self.of(connection);
        let given = its.texts.put(message);
        its.news.notify_waiters();
        given
    }

    /// How the binds of a connection stand; none of one that does not bind.
    pub(crate) fn report(&self, connection: ConnectionId) -> Vec<BindReport> {
        self.of(connection).board.report()
    }

    /// Whether a bind of the connection takes texts.
    pub(crate) fn is_bound(&self, connection: ConnectionId) -> bool {
        self.boxes.get(&connection).is_some_and(|its| its.texts.has_receiver())
    }

    /// We stop: takes back the texts that no bind has taken.
    pub(crate) fn withdraw_texts(&self) -> Vec<MessageId> {
        let texts = self.boxes.iter().flat_map(|entry| entry.texts.withdraw());
        texts.map(|message| message.id).collect()
    }
}
