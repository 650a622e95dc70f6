//! A ladder chart: who said what to whom, and when, from top to bottom.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// One line of the chart, between two neighbours.
#[derive(Debug, Clone)]
struct Rung {
    at: Instant,
    /// The column that the arrow touches on its left: 0 or 1.
    left: usize,
    rightwards: bool,
    label: String,
}

/// The chart of three: the carrier, the node, the phone.
#[derive(Debug)]
pub(super) struct Ladder {
    heads: [String; 3],
    rungs: Vec<Rung>,
}

/// Between two columns.
const WIDTH: usize = 34;
/// Before the first column: the time.
const MARGIN: usize = 12;

impl Ladder {
    pub(super) fn new(carrier: &str, node: &str, phone: &str) -> Self {
        Self { heads: [carrier, node, phone].map(str::to_owned), rungs: Vec::new() }
    }

    /// The carrier to the node.
    pub(super) fn carrier_says(&mut self, at: Instant, label: String) {
        self.rungs.push(Rung { at, left: 0, rightwards: true, label });
    }

    /// The node to the carrier.
    pub(super) fn carrier_hears(&mut self, at: Instant, label: String) {
        self.rungs.push(Rung { at, left: 0, rightwards: false, label });
    }

    /// The node to the phone.
    pub(super) fn phone_hears(&mut self, at: Instant, label: String) {
        self.rungs.push(Rung { at, left: 1, rightwards: true, label });
    }

    /// The phone to the node.
    pub(super) fn phone_says(&mut self, at: Instant, label: String) {
        self.rungs.push(Rung { at, left: 1, rightwards: false, label });
    }

    /// The chart; times count from `start`.
    pub(super) fn draw(&self, start: Instant) -> String {
        let [carrier, node, phone] = &self.heads;
        let mut chart = format!("{:MARGIN$}{carrier:<w$}{node:<w$}{phone}\n", "", w = WIDTH + 1);
        let mut rungs = self.rungs.clone();
        // What happened at the same moment stays in the order in which it was told.
        rungs.sort_by_key(|rung| rung.at);
        for rung in rungs {
            let arrow = rung.arrow();
            let blank = " ".repeat(WIDTH);
            let (first, second) = if rung.left == 0 { (&arrow, &blank) } else { (&blank, &arrow) };
            let time = seconds(rung.at.saturating_duration_since(start));
            let _ = writeln!(chart, "{time:>width$}  |{first}|{second}|", width = MARGIN - 2);
        }
        chart
    }
}

impl Rung {
    fn arrow(&self) -> String {
        let label: String = self.label.chars().take(WIDTH - 6).collect();
        let line = "-".repeat(WIDTH.saturating_sub(label.chars().count() + 5));
        if self.rightwards { format!("-- {label} {line}>") } else { format!("<- {label} {line}-") }
    }
}

/// A span as it stands at the start of each line.
pub(super) fn seconds(span: Duration) -> String {
    format!("{:.3} s", span.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chart_is_in_the_order_of_time_and_its_columns_stand_straight() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut ladder = Ladder::new("carrier", "iwf", "phone");
        ladder.carrier_hears(at(7), "submit_sm_resp".to_owned());
        ladder.carrier_says(at(5), "submit_sm".to_owned());
        ladder.phone_hears(at(8), "a label that is far too long to fit between two columns".to_owned());
        ladder.phone_says(at(9), "200".to_owned());

        let chart = ladder.draw(start);

        let lines: Vec<&str> = chart.lines().collect();
        assert!(lines[1].starts_with("   0.005 s  |-- submit_sm ---"), "{chart}");
        assert!(lines[2].starts_with("   0.007 s  |<- submit_sm_resp ---"), "{chart}");
        for line in &lines[1..] {
            let bars: Vec<usize> = line.match_indices('|').map(|(at, _)| at).collect();
            assert_eq!(bars, [MARGIN, MARGIN + 1 + WIDTH, MARGIN + 2 * (1 + WIDTH)], "{chart}");
        }
    }
}
