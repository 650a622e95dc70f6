//! Every metric, declared once: its handle, its name, its unit and its meaning.
//!
//! `docs/metrics.md` is printed from these declarations. No metric is labelled by number, carrier or
//! account: what grows with the customers belongs in records, not in metrics.

use std::sync::Arc;

use iwf_model::{BindKind, Cause, FinalState, Stranger, Transport};
use iwf_relay::Fate;
use metrics::{Counter, Gauge, Histogram, Recorder};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::push::PushEnd;

use super::instrument::{Declared, Family, Instrument};
use super::labels::{
    BindResult, Connected, Handshake, LookupResult, NoticeResult, OutbindResult, ReadResult, ReceiptResult,
    Reload, Shed, Side, SipMethod, SipTurned, StatusClass, SubmitResult, Turned, UpstreamResult,
};

/// Declares the struct of handles and the table of what they mean from the same lines.
macro_rules! declare {
    ($($field:ident: $handle:ty = $name:literal in $unit:literal, by [$($label:literal),*]: $meaning:literal;)+) => {
        /// The handles of all metrics of a node.
        pub(crate) struct Metrics {
            $(#[doc = $meaning] pub(crate) $field: $handle,)+
        }

        impl Metrics {
            /// What is declared, in the order of the manual.
            pub(crate) const DECLARED: &'static [Declared] = &[
                $(Declared {
                    name: $name,
                    meaning: $meaning,
                    unit: $unit,
                    labels: &[$($label),*],
                    kind: <$handle as Instrument>::KIND,
                    words: <$handle as Instrument>::words,
                },)+
            ];

            fn register(recorder: &dyn Recorder) -> Self {
                let mut declared = Self::DECLARED.iter();
                Self {
                    $($field: {
                        let declared = declared.next().expect("each field has its declaration");
                        <$handle as Instrument>::describe(recorder, declared);
                        <$handle as Instrument>::register(recorder, declared, &[])
                    },)+
                }
            }
        }
    };
}

declare! {
    build: Family<Version, Gauge> = "iwf_build_info" in "count", by ["version"]:
        "Always 1; its label tells the version that runs.";
    started_at: Gauge = "iwf_start_time_seconds" in "seconds", by []:
        "When the process started, in seconds since 1970-01-01 UTC.";
    smpp_connections: Gauge = "iwf_smpp_connections" in "count", by []:
        "Open SMPP connections, bound or not.";
    smpp_connections_refused: Family<Turned, Counter> = "iwf_smpp_connections_refused_total" in "count", by ["limit"]:
        "SMPP connections closed at once: smpp.max_connections, or smpp.max_unbound_per_address.";
    smpp_binds: Family<BindKind, Gauge> = "iwf_smpp_binds" in "count", by ["kind"]:
        "Binds that are open now.";
    bind_requests: Family<BindResult, Counter> = "iwf_smpp_bind_requests_total" in "count", by ["result"]:
        "Bind requests and what became of them.";
    outbinds: Family<OutbindResult, Counter> = "iwf_smpp_outbinds_total" in "count", by ["result"]:
        "Calls to carriers with the setting outbind, by whether they bound to receive.";
    smpp_malformed: Counter = "iwf_smpp_malformed_total" in "count", by []:
        "PDUs that could not be read, answered with an error or ending the connection.";
    smpp_strangers: Family<Stranger, Counter> = "iwf_smpp_strangers_total" in "count", by ["protocol"]:
        "Connections whose first octets belong to another protocol than the port's; closed without an answer.";
    smpp_handshakes: Family<Handshake, Counter> = "iwf_smpp_tls_handshakes_total" in "count", by ["result"]:
        "SMPP connections over TLS, by whether TLS was agreed upon.";
    tls_reloads: Family<Reload, Counter> = "iwf_tls_reloads_total" in "count", by ["result"]:
        "TLS files that were found changed, or were to be read anew, by what became of them.";
    tls_certificate_ends: Family<Side, Gauge> = "iwf_tls_certificate_not_after_seconds" in "seconds", by ["side"]:
        "When our TLS certificate towards carriers, apps, proxies and administrators ends, in seconds since 1970-01-01 UTC; 0 without TLS.";
    submits: Family<SubmitResult, Counter> = "iwf_smpp_submits_total" in "count", by ["result"]:
        "submit_sm and data_sm, by their answer.";
    submit_answer_seconds: Histogram = "iwf_submit_answer_seconds" in "seconds", by []:
        "From a submit read from the socket to its answer, the commit included.";
    sip_requests: Family<SipMethod, Family<StatusClass, Counter>> = "iwf_sip_requests_total" in "count", by ["method", "status"]:
        "Requests of apps, by the class of our answer; retransmissions are not counted.";
    sip_malformed: Counter = "iwf_sip_malformed_total" in "count", by []:
        "Datagrams and frames not taken: malformed (answered where they can be), stray responses, no room.";
    sip_overload: Gauge = "iwf_sip_overload_percent" in "count", by []:
        "How many percent of the new work of apps are turned away because we are late; 0 when all is well.";
    sip_shed: Family<Shed, Counter> = "iwf_sip_shed_total" in "count", by ["result"]:
        "Requests of apps turned away in overload before anything was done for them, by whether the sender was told.";
    sip_retransmissions: Counter = "iwf_sip_retransmissions_total" in "count", by []:
        "Requests that we sent again because no answer came.";
    sip_received: Family<Transport, Counter> = "iwf_sip_received_total" in "count", by ["transport"]:
        "Datagrams and messages that came, retransmissions, responses and what could not be read included.";
    sip_connections: Family<Connected, Gauge> = "iwf_sip_connections" in "count", by ["transport"]:
        "Open SIP connections: of apps, once TLS or WebSocket is agreed upon, and ours to them.";
    sip_connections_refused: Family<SipTurned, Counter> = "iwf_sip_connections_refused_total" in "count", by ["limit"]:
        "SIP connections closed at once: sip.max_connections, max_connections_per_address, or max_silent_per_address.";
    sip_handshakes: Family<Connected, Family<Handshake, Counter>> = "iwf_sip_handshakes_total" in "count", by ["transport", "result"]:
        "SIP connections by whether TLS, WebSocket or both were agreed upon; none are counted for TCP.";
    sip_strangers: Family<Stranger, Counter> = "iwf_sip_strangers_total" in "count", by ["protocol"]:
        "SIP connections whose first octets belong to another protocol than the port's; closed.";
    sip_auth_failures: Counter = "iwf_sip_auth_failures_total" in "count", by []:
        "Requests with credentials that are wrong, unknown usernames included.";
    upstream_receipts: Family<UpstreamResult, Counter> = "iwf_upstream_receipts_total" in "count", by ["result"]:
        "Receipts of other systems about messages that they took, by what they came to.";
    readings: Family<ReadResult, Counter> = "iwf_sip_readings_total" in "count", by ["result"]:
        "Notices of apps that a message of ours was read, by what follows.";
    notices: Family<NoticeResult, Counter> = "iwf_sip_notices_total" in "count", by ["result"]:
        "Notices to apps about texts that they sent, by how they ended.";
    sip_turned_away: Family<iwf_sip::uas::Turned, Counter> = "iwf_sip_turned_away_total" in "count", by ["reason"]:
        "SIP requests turned away: scanners and floods without an answer, names and addresses with too much guessing.";
    sip_vouched: Counter = "iwf_sip_vouched_total" in "count", by []:
        "Requests whose sender a trunk asserted, and was believed.";
    registrar_failing: Gauge = "iwf_registrar_failing" in "flag", by []:
        "1 while the database of the other registrar can not be read; what was read holds until it lapses.";
    registrar_contacts: Gauge = "iwf_registrar_contacts" in "count", by []:
        "Contacts of our accounts at the other registrar.";
    registrar_unreachable: Gauge = "iwf_registrar_unreachable_contacts" in "count", by []:
        "Contacts of our accounts at the other registrar that nothing leads to, at the last reading of all.";
    registrations: Gauge = "iwf_registrations" in "count", by []:
        "Contacts that are registered now.";
    attempts: Family<Cause, Counter> = "iwf_sip_attempts_total" in "count", by ["cause"]:
        "Attempts to deliver to one contact, by how they ended.";
    sip_lookups: Family<LookupResult, Counter> = "iwf_sip_lookups_total" in "count", by ["result"]:
        "Questions to the DNS, by what was learnt; what is still known is not asked for.";
    sip_failovers: Counter = "iwf_sip_failovers_total" in "count", by []:
        "Texts that went on to the next destination of a proxy, because one was not reached or answered 503.";
    sip_resting: Gauge = "iwf_sip_destinations_resting" in "count", by []:
        "Destinations of proxies that are left alone now, because they did not work.";
    attempts_open: Gauge = "iwf_sip_attempts_open" in "count", by []:
        "Attempts that wait for an answer now.";
    pushes: Family<PushEnd, Counter> = "iwf_pushes_total" in "count", by ["result"]:
        "Pushes to wake apps: taken by their provider, gone (it knows the app no more), refused, failed (not reached), held (it failed before).";
    texts: Family<Cause, Counter> = "iwf_smpp_texts_total" in "count", by ["cause"]:
        "Attempts to deliver a text to a carrier, by how they ended.";
    messages_waiting: Gauge = "iwf_messages_waiting" in "count", by []:
        "Accepted messages that have not ended.";
    messages_finished: Family<FinalState, Counter> = "iwf_messages_finished_total" in "count", by ["state"]:
        "Messages that ended, by their final state.";
    messages_in_doubt: Counter = "iwf_messages_in_doubt_total" in "count", by []:
        "Messages found at a start whose attempt may have been under way when the process ended.";
    long_texts: Family<Fate, Counter> = "iwf_long_texts_total" in "count", by ["result"]:
        "Long texts that went on to delivery or to their end, by whether their parts were there.";
    long_texts_incomplete: Gauge = "iwf_long_texts_incomplete" in "count", by []:
        "Long texts that wait for parts.";
    parts_repeated: Counter = "iwf_parts_repeated_total" in "count", by []:
        "Parts of long texts that came again: answered with the id of the first, not stored, not counted.";
    delivery_seconds: Histogram = "iwf_delivery_seconds" in "seconds", by []:
        "From the acceptance of a message to its delivery, for delivered messages.";
    receipts: Family<ReceiptResult, Counter> = "iwf_receipts_total" in "count", by ["result"]:
        "Receipts told to carriers, by what became of each telling.";
    receipts_waiting: Gauge = "iwf_receipts_waiting" in "count", by []:
        "Receipts that no receiver has acknowledged yet.";
    store_commit_seconds: Histogram = "iwf_store_commit_seconds" in "seconds", by []:
        "From handing what happened to messages to the store to its being durable.";
    store_writes: Counter = "iwf_store_rows_total" in "count", by []:
        "Writes that became durable.";
    store_failures: Counter = "iwf_store_failures_total" in "count", by []:
        "Transactions of the store that failed; what they held was refused, or is tried again.";
    store_queue: Gauge = "iwf_store_queue" in "count", by []:
        "Writes handed to the store that are not durable yet.";
    provisioning_revision: Gauge = "iwf_provisioning_revision" in "count", by []:
        "The revision of carriers and accounts that the node works with.";
}

/// The only value of the label `version`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version;

impl super::labels::Label for Version {
    fn all() -> Vec<Self> {
        vec![Self]
    }

    fn word(self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Bounds of the histograms' buckets in seconds: a commit takes under a millisecond, a delivery may
/// take days.
const BUCKETS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0, 300.0, 3600.0, 86_400.0];

impl Metrics {
    /// Makes a set of metrics and the handle that prints them. Nothing is global: two nodes in one
    /// process count apart. Whoever holds the handle calls `run_upkeep` every few seconds.
    pub(crate) fn install() -> Result<(Arc<Self>, PrometheusHandle), BuildError> {
        let histograms = Matcher::Suffix("_seconds".to_owned());
        let recorder =
            PrometheusBuilder::new().set_buckets_for_metric(histograms, &BUCKETS)?.build_recorder();
        let metrics = Self::register(&recorder);
        metrics.build.of(Version).set(1.0);
        metrics.started_at.set(crate::clock::utc().as_seconds() as f64);
        Ok((Arc::new(metrics), recorder.handle()))
    }

    /// Counts an answered request of an app.
    pub(crate) fn sip_answered(&self, method: &str, status: u16) {
        self.sip_requests.of(SipMethod::of(method)).of(StatusClass::of(status)).increment(1);
    }
}

#[cfg(test)]
mod tests {
    use iwf_model::Refusal;

    use super::*;

    #[test]
    fn a_metric_is_printed_with_its_meaning_before_it_was_ever_counted() {
        let (_metrics, handle) = Metrics::install().unwrap();
        let page = handle.render();
        assert!(page.contains("# HELP iwf_smpp_binds Binds that are open now."), "{page}");
        assert!(page.contains("iwf_smpp_submits_total{result=\"queue-full\"} 0"), "{page}");
        assert!(page.contains("iwf_sip_requests_total{method=\"REGISTER\",status=\"4xx\"} 0"), "{page}");
    }

    #[test]
    fn counting_shows_under_the_label_counted() {
        let (metrics, handle) = Metrics::install().unwrap();
        metrics.submits.of(SubmitResult::Refused(Refusal::Throttled)).increment(3);
        metrics.sip_answered("PUBLISH", 405);
        metrics.delivery_seconds.record(0.02);
        let page = handle.render();
        assert!(page.contains("iwf_smpp_submits_total{result=\"throttled\"} 3"), "{page}");
        assert!(page.contains("iwf_sip_requests_total{method=\"other\",status=\"4xx\"} 1"), "{page}");
        assert!(page.contains("iwf_delivery_seconds_bucket{le=\"0.025\"} 1"), "{page}");
    }

    #[test]
    fn two_sets_in_one_process_count_apart() {
        let (one, _) = Metrics::install().unwrap();
        let (_two, handle) = Metrics::install().unwrap();
        one.smpp_malformed.increment(1);
        assert!(handle.render().contains("iwf_smpp_malformed_total 0"));
    }

    #[test]
    fn names_follow_the_practice_of_prometheus() {
        for declared in Metrics::DECLARED {
            let counts = declared.name.ends_with("_total");
            assert_eq!(counts, declared.kind == "counter", "{}", declared.name);
            assert!(declared.name.starts_with("iwf_"), "{}", declared.name);
            assert_eq!((declared.words)().len(), declared.labels.len(), "{}", declared.name);
        }
    }
}
