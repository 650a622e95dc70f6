//! Metrics of the connections, each under its name: how many there are the provisioning says, so they are written when
//! they are asked for and not kept.

use std::fmt::Write;

use crate::smpp::client::board::{BindReport, BindState};

/// One of them.
pub(super) struct OfConnection {
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) meaning: &'static str,
    value: fn(&[BindReport]) -> u64,
}

fn sum(binds: &[BindReport], of: impl Fn(&BindReport) -> u64) -> u64 {
    binds.iter().map(of).sum()
}

/// Every one. Counters count from the start of each bind's task: they begin anew when a connection is started anew.
pub(super) const DECLARED: &[OfConnection] = &[
    OfConnection {
        name: "iwf_connection_binds_wanted",
        kind: "gauge",
        meaning: "Binds that we are to have there.",
        value: |binds| binds.len() as u64,
    },
    OfConnection {
        name: "iwf_connection_binds",
        kind: "gauge",
        meaning: "Binds that we have there.",
        value: |binds| sum(binds, |bind| u64::from(bind.state == BindState::Bound)),
    },
    OfConnection {
        name: "iwf_connection_unanswered",
        kind: "gauge",
        meaning: "Requests of ours that are not answered.",
        value: |binds| sum(binds, |bind| bind.in_window as u64),
    },
    OfConnection {
        name: "iwf_connection_submitted_total",
        kind: "counter",
        meaning: "Texts that were given to its binds.",
        value: |binds| sum(binds, |bind| bind.submitted),
    },
    OfConnection {
        name: "iwf_connection_accepted_total",
        kind: "counter",
        meaning: "Texts that it took.",
        value: |binds| sum(binds, |bind| bind.accepted),
    },
    OfConnection {
        name: "iwf_connection_refused_total",
        kind: "counter",
        meaning: "Texts that it did not take, or did not answer.",
        value: |binds| sum(binds, |bind| bind.refused),
    },
    OfConnection {
        name: "iwf_connection_throttled_total",
        kind: "counter",
        meaning: "How often it said that texts come too fast.",
        value: |binds| sum(binds, |bind| bind.throttled),
    },
    OfConnection {
        name: "iwf_connection_receipts_total",
        kind: "counter",
        meaning: "Receipts that came over it.",
        value: |binds| sum(binds, |bind| bind.receipts),
    },
    OfConnection {
        name: "iwf_connection_texts_total",
        kind: "counter",
        meaning: "Texts that came over it.",
        value: |binds| sum(binds, |bind| bind.texts),
    },
];

/// All of them as Prometheus text, each connection with its name.
pub(crate) fn of_connections(connections: &[(String, Vec<BindReport>)]) -> String {
    let mut page = String::new();
    for OfConnection { name, kind, meaning, value } in DECLARED {
        let _ = writeln!(page, "# HELP {name} {meaning}\n# TYPE {name} {kind}");
        for (connection, binds) in connections {
            let connection = connection.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = writeln!(page, "{name}{{connection=\"{connection}\"}} {}", value(binds));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use iwf_model::Timestamp;

    use super::*;
    use crate::smpp::client::board::Board;

    #[test]
    fn each_connection_counts_under_its_name() {
        let board = Arc::new(Board::default());
        let (one, two) = (
            board.enter("transmitter", 1, Timestamp::default()),
            board.enter("receiver", 1, Timestamp::default()),
        );
        one.counts().submitted.fetch_add(2, Ordering::Relaxed);
        two.counts().submitted.fetch_add(3, Ordering::Relaxed);
        let page =
            of_connections(&[("env\"4".to_owned(), board.report()), ("Vendor".to_owned(), Vec::new())]);
        assert!(page.contains("iwf_connection_submitted_total{connection=\"env\\\"4\"} 5\n"), "{page}");
        assert!(page.contains("iwf_connection_binds_wanted{connection=\"Vendor\"} 0\n"), "{page}");
        assert_eq!(page.matches("# TYPE ").count(), DECLARED.len());
    }
}
