//! `clauses.md`: every test that it names is there, and what has none says why.

use std::path::Path;

/// The rows of the tables: clause and last column.
fn rows(text: &str) -> Vec<(&str, &str)> {
    let cells = |line: &str| line.matches(" | ").count();
    let rows = text.lines().filter(|line| line.starts_with("| ") && cells(line) == 3);
    rows.filter(|row| !row.starts_with("| clause"))
        .map(|row| {
            let row = row.trim_matches(['|', ' ']);
            (row.split(" | ").next().unwrap_or_default(), row.rsplit(" | ").next().unwrap_or_default())
        })
        .collect()
}

#[test]
fn every_clause_has_a_test_that_is_there_or_says_why_not() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("clauses.md")).unwrap();
    let rows = rows(&text);
    for (clause, tested) in &rows {
        if let Some(reason) = tested.strip_prefix("not claimed: ") {
            assert!(!reason.is_empty(), "{clause}");
            continue;
        }
        let (_, link) = tested.split_once("](").unwrap_or_else(|| panic!("{clause}: {tested}"));
        let (file, name) = link.split_once(") ").unwrap_or_else(|| panic!("{clause}: {tested}"));
        let source =
            std::fs::read_to_string(folder.join(file)).unwrap_or_else(|_| panic!("{clause}: {file}"));
        assert!(source.contains(&format!("fn {name}(")), "{clause}: {file} has no {name}");
    }
    assert!(rows.len() > 100, "{}", rows.len());
}
