//! Which PDU may be sent in which state, and by whom: SMPP 5.0 table 2-1 as one table.

use iwf_model::BindKind;
use rusmpp_core::CommandId;

/// The states of a session as both ends see them (SMPP 5.0 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Connected, not bound.
    Open,
    /// The message centre has sent outbind.
    Outbound,
    /// Bound as transmitter.
    BoundTx,
    /// Bound as receiver.
    BoundRx,
    /// Bound as transceiver.
    BoundTrx,
    /// The bind has ended, the connection has not.
    Unbound,
}

impl State {
    /// Every state, in the order of the table.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Outbound, Self::BoundTx, Self::BoundRx, Self::BoundTrx, Self::Unbound];

    /// The state a bind of that kind leads to.
    pub fn bound(kind: BindKind) -> Self {
        match kind {
            BindKind::Transmitter => Self::BoundTx,
            BindKind::Receiver => Self::BoundRx,
            BindKind::Transceiver => Self::BoundTrx,
        }
    }

    /// Whether a bind holds.
    pub fn is_bound(self) -> bool {
        matches!(self, Self::BoundTx | Self::BoundRx | Self::BoundTrx)
    }
}

/// The end that sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// External short message entity: the one that binds.
    Esme = 1,
    /// Message centre: the one that is bound to.
    Mc = 2,
}

const N: u8 = 0;
const E: u8 = Sender::Esme as u8;
const M: u8 = Sender::Mc as u8;
const B: u8 = E | M;

/// Whether that end may send that PDU in that state. Unknown commands may never be sent.
pub fn may_send(state: State, sender: Sender, command_id: CommandId) -> bool {
    let [open, outbound, bound_tx, bound_rx, bound_trx, unbound] = row(command_id);
    let cell = match state {
        State::Open => open,
        State::Outbound => outbound,
        State::BoundTx => bound_tx,
        State::BoundRx => bound_rx,
        State::BoundTrx => bound_trx,
        State::Unbound => unbound,
    };
    cell & sender as u8 != 0
}

#[rustfmt::skip]
fn row(command_id: CommandId) -> [u8; 6] {
    use CommandId as C;
    match command_id {
        //                                 OPEN OUTB  TX  RX TRX UNBOUND
        C::BindTransmitter | C::BindReceiver | C::BindTransceiver
                                        => [E,   E,   N,  N,  N,  N],
        C::BindTransmitterResp | C::BindReceiverResp | C::BindTransceiverResp
                                        => [M,   M,   N,  N,  N,  N],
        C::Outbind                      => [M,   N,   N,  N,  N,  N],
        C::SubmitSm | C::SubmitMulti | C::QuerySm | C::CancelSm | C::ReplaceSm
        | C::BroadcastSm | C::QueryBroadcastSm | C::CancelBroadcastSm
                                        => [N,   N,   E,  N,  E,  N],
        C::SubmitSmResp | C::SubmitMultiResp | C::QuerySmResp | C::CancelSmResp | C::ReplaceSmResp
        | C::BroadcastSmResp | C::QueryBroadcastSmResp | C::CancelBroadcastSmResp
                                        => [N,   N,   M,  N,  M,  N],
        C::DataSm                       => [N,   N,   E,  M,  B,  N],
        C::DataSmResp                   => [N,   N,   M,  E,  B,  N],
        C::DeliverSm                    => [N,   N,   N,  M,  M,  N],
        C::DeliverSmResp                => [N,   N,   N,  E,  E,  N],
        C::AlertNotification            => [N,   N,   N,  M,  M,  N],
        C::Unbind | C::UnbindResp       => [N,   N,   B,  B,  B,  N],
        C::EnquireLink | C::EnquireLinkResp | C::GenericNack
                                        => [B,   B,   B,  B,  B,  B],
        C::Other(_)                     => [N,   N,   N,  N,  N,  N],
    }
}
