//! The result: a table for people, a file for programs, a verdict for CI.

use serde::Serialize;

use crate::idle::Idle;
use crate::plan::Measurement;
use crate::run::Sample;

/// Everything that was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) lines: Vec<Line>,
    pub(crate) idle: Vec<Idle>,
}

/// What the figures depend on.
#[derive(Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    /// fdatasync per second of one writer on the disk of the store.
    pub(crate) syncs_per_second: f64,
}

/// All runs of one measurement against one program.
#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) program: &'static str,
    #[serde(flatten)]
    pub(crate) measurement: Measurement,
    pub(crate) runs: Vec<Sample>,
}

impl Report {
    /// Whether every message that the product accepted arrived once, and every receipt too.
    pub(crate) fn is_clean(&self) -> bool {
        self.lines.iter().filter(|line| line.program != "floor").all(Line::is_clean)
    }

    /// The table.
    pub(crate) fn print(&self) {
        let Machine { cores, syncs_per_second } = self.machine;
        println!();
        println!(
            "{cores} cores, fdatasync {syncs_per_second:.0}/s on the disk of the store; medians [least-most] of all runs"
        );
        println!("CPU: seconds of the program per 100,000 messages; times: ms since the submit, p50 / p99");
        println!();
        println!(
            "{:<15} {:<6} {:>22} {:>20} {:>15} {:>15} {:>15} {:>8}",
            "measurement", "who", "messages/s", "CPU", "answer", "MESSAGE", "receipt", "memory"
        );
        for line in &self.lines {
            line.print();
        }
        println!();
        for line in &self.lines {
            line.print_ratio(&self.lines);
        }
        for line in &self.lines {
            line.print_faults();
        }
        for idle in &self.idle {
            println!(
                "{:<15} {} bound connections that say nothing: {:.1} KB each",
                idle.name,
                idle.connections,
                idle.each_kb()
            );
        }
    }
}

impl Line {
    fn print(&self) {
        let spread = |of: fn(&Sample) -> f64, places: usize| {
            let [least, median, most] = self.spread(of);
            format!("{median:.places$} [{least:.places$}-{most:.places$}]")
        };
        let pair = |p50: fn(&Sample) -> f64, p99: fn(&Sample) -> f64| {
            format!("{:.2} / {:.1}", self.median(p50), self.median(p99))
        };
        let receipt = pair(|run| run.counts.receipt.p50, |run| run.counts.receipt.p99);
        println!(
            "{:<15} {:<6} {:>22} {:>20} {:>15} {:>15} {:>15} {:>5.0} MB",
            self.measurement.name,
            self.program,
            spread(|run| run.rate, 0),
            spread(|run| run.cpu, 2),
            pair(|run| run.counts.answer.p50, |run| run.counts.answer.p99),
            pair(|run| run.counts.delivery.p50, |run| run.counts.delivery.p99),
            if self.measurement.receipts { receipt } else { "-".to_owned() },
            self.median(|run| run.memory_kb.now as f64) / 1024.0,
        );
    }

    fn print_ratio(&self, lines: &[Self]) {
        let same =
            |other: &&Self| other.measurement.name == self.measurement.name && other.program == "floor";
        if let (Some(floor), "iwf") = (lines.iter().find(same), self.program) {
            let ratio = self.median(|run| run.cpu) / floor.median(|run| run.cpu);
            println!("{:<15} CPU is {ratio:.1} times the floor's", self.measurement.name);
        }
    }

    fn print_faults(&self) {
        let faults: [(&str, u64); 8] = [
            ("refused", self.sum(|run| run.counts.refused)),
            ("unanswered", self.sum(|run| run.counts.unanswered)),
            ("lost", self.sum(|run| run.counts.lost)),
            ("duplicates", self.sum(|run| run.counts.duplicates)),
            ("retransmissions", self.sum(|run| run.counts.retransmissions)),
            ("receipts missing", self.receipts_missing()),
            ("receipts repeated", self.sum(|run| run.counts.receipts_repeated)),
            ("receipts wrong", self.sum(|run| run.counts.receipts_wrong)),
        ];
        let named: Vec<String> = faults
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        let all = self.sum(|run| run.counts.accepted);
        let backlog = self.runs.iter().map(|run| run.backlog).max().unwrap_or(0);
        let verdict = if named.is_empty() { "none lost, none twice".to_owned() } else { named.join(", ") };
        println!(
            "{:<15} {:<6} {all} accepted, at most {backlog} under way: {verdict}",
            self.measurement.name, self.program
        );
    }

    /// Retransmissions are no fault: they are how SIP over UDP copes.
    fn is_clean(&self) -> bool {
        let bad = |run: &Sample| {
            let counts = &run.counts;
            counts.lost
                + counts.duplicates
                + counts.unanswered
                + counts.receipts_repeated
                + counts.receipts_wrong
        };
        self.sum(bad) == 0 && self.receipts_missing() == 0
    }

    fn receipts_missing(&self) -> u64 {
        let missing = self.sum(|run| run.counts.accepted.saturating_sub(run.counts.receipts));
        if self.measurement.receipts { missing } else { 0 }
    }

    fn sum(&self, of: impl Fn(&Sample) -> u64) -> u64 {
        self.runs.iter().map(of).sum()
    }

    fn median(&self, of: fn(&Sample) -> f64) -> f64 {
        self.spread(of)[1]
    }

    /// The least, the median and the most of a figure.
    fn spread(&self, of: fn(&Sample) -> f64) -> [f64; 3] {
        let mut values: Vec<f64> = self.runs.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let at = |place: usize| values.get(place).copied().unwrap_or(0.0);
        [at(0), at(values.len() / 2), at(values.len().saturating_sub(1))]
    }
}
