//! `docs/metrics.md`, printed from the declarations.

use std::fmt::Write;

use super::metrics::Metrics;

fn manual() -> String {
    let mut page = String::from(
        "# Metrics\n\nServed as Prometheus text at `GET /metrics` on the admin address. This page is printed from the\ndeclarations in `src/node/telemetry/metrics.rs` and `connections.rs`; a test compares the two\n(`IWF_WRITE_DOCS=1 cargo test -p iwf-node manual` writes it anew).\n\nNo metric is labelled by number, carrier or account; those of connections have the connection's name.\n\n| metric | kind | unit | labels | meaning |\n|---|---|---|---|---|\n",
    );
    for declared in Metrics::DECLARED {
        let labels = declared.labels.iter().zip((declared.words)());
        let labels: Vec<String> = labels
            .map(|(name, words)| match *name {
                "version" => "`version`".to_owned(),
                _ => format!("`{name}`: {}", words.join(", ")),
            })
            .collect();
        let (name, kind, unit) = (declared.name, declared.kind, declared.unit);
        let _ =
            writeln!(page, "| `{name}` | {kind} | {unit} | {} | {} |", labels.join("; "), declared.meaning);
    }
    for declared in super::connections::DECLARED {
        let (name, kind, meaning) = (declared.name, declared.kind, declared.meaning);
        let _ = writeln!(page, "| `{name}` | {kind} | count | `connection`: its name | {meaning} |");
    }
    page
}

#[test]
fn the_manual_says_what_is_declared() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/metrics.md");
    if std::env::var_os("IWF_WRITE_DOCS").is_some() {
        std::fs::write(path, manual()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), manual(), "run with IWF_WRITE_DOCS=1");
}
