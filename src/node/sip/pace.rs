//! Datagrams in, and how far the SIP side is behind with its input: measured here, judged by `iwf_sip::overload`.

use std::time::{Duration, Instant};

use iwf_model::{Flow, Now, Transport};
use iwf_sip::endpoint::Dropped;
use iwf_sip::overload::{Change, INTERVAL, Strain};

use super::driver::Driver;
use super::udp::Udp;
use crate::clock;
use crate::telemetry::Shed;

/// When all input was last taken, and when that is measured next.
pub(super) struct Pace {
    pub(super) sockets_empty_at: Instant,
    pub(super) links_empty_at: Instant,
    measure_at: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { sockets_empty_at: now, links_empty_at: now, measure_at: now }
    }

    fn behind(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.sockets_empty_at.min(self.links_empty_at))
    }
}

/// Datagrams taken from one socket before the others and the machines have their turn.
const DATAGRAMS_A_TURN: u64 = 128;

impl Driver {
    /// Takes what is in the sockets, up to a turn's worth.
    pub(super) fn read_sockets(&mut self, now: Now) {
        let mut empty = true;
        for socket in &mut self.sockets {
            let local = socket.local();
            let mut datagrams = 0;
            while datagrams < DATAGRAMS_A_TURN
                && let Some((octets, peer)) = socket.receive()
            {
                self.endpoint.handle_message(octets, Flow::Udp { peer, local }, local, now);
                datagrams += 1;
            }
            if datagrams > 0 {
                self.shared.metrics.sip_received.of(Transport::Udp).increment(datagrams);
            }
            empty &= datagrams < DATAGRAMS_A_TURN;
        }
        if empty {
            self.pace.sockets_empty_at = now.instant;
        }
        self.hear_unreached();
    }

    /// What the network says of datagrams, now and when the last turn sent some.
    fn hear_unreached(&mut self) {
        for socket in self.sockets.iter_mut().filter(|socket| socket.has_unreached()) {
            let local = socket.local();
            for peer in socket.take_unreached() {
                tracing::debug!(%peer, "a datagram did not reach it, as the network says");
                self.endpoint.handle_unreachable(Flow::Udp { peer, local });
            }
        }
    }

    /// Measures, if it is time to.
    pub(super) fn measure(&mut self, now: Now) {
        if now.instant < self.pace.measure_at {
            return;
        }
        self.pace.measure_at = now.instant + INTERVAL;
        let strain = Strain { store: self.shared.store.health().delay, input: self.pace.behind(now.instant) };
        self.endpoint.handle_strain(strain, now);
        self.shared.metrics.sip_overload.set(f64::from(self.endpoint.overload_percent()));
    }

    /// Overload began or ended.
    pub(super) fn note_change(&self, change: Change) {
        let store = self.shared.store.health();
        let input = self.pace.behind(clock::now().instant);
        match change {
            Change::Begun => tracing::warn!(
                store_delay = ?store.delay,
                store_queue = store.queued,
                input_delay = ?input,
                "overload: a part of what apps ask is turned away, of those who ask most at first"
            ),
            Change::Ended => tracing::info!("overload has ended"),
        }
    }

    /// Something was not taken.
    pub(super) fn note_dropped(&self, reason: Dropped) {
        let metrics = &self.shared.metrics;
        match reason {
            Dropped::KeepAlive => {}
            Dropped::Shed { answered } => metrics.sip_shed.of(Shed::of(answered)).increment(1),
            Dropped::Malformed(_) | Dropped::StrayAck | Dropped::StrayResponse | Dropped::TableFull => {
                metrics.sip_malformed.increment(1);
                tracing::debug!(?reason, "SIP message dropped");
            }
        }
    }

    /// When there is something to do without input.
    pub(super) fn next_timer(&self) -> Instant {
        let now = clock::now();
        if self.sockets.iter().any(Udp::has_unreached) {
            return now.instant;
        }
        let transactions = self.endpoint.poll_timeout().map(|(moment, _)| moment);
        let queue = self.queue.next_tick().map(|due| clock::instant_of(due, now));
        // The end of overload is noticed without traffic too.
        let measure = (self.endpoint.overload_percent() > 0).then_some(self.pace.measure_at);
        let reports = self.attempts.exchanges.poll_timeout();
        [transactions, queue, measure, reports].into_iter().flatten().fold(self.housekeeping_at, Instant::min)
    }
}
