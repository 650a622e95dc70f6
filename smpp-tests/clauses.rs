//! `clauses.md`: which test is about which clause of SMPP 5.0, made from what the tests and the corpus cite.
//!
//! `IWF_WRITE_DOCS=1 cargo test -p iwf-smpp-tests clauses` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::corpus;

/// Clauses that nothing here is about, and why.
const WITHOUT_TEST: [(&[&str], &str); 6] = [
    (&["2.1", "2.2", "2.6.2", "2.6.5", "3.2.1.5", "3.2.2", "4.2.6.3"], "explanations and advice"),
    (&["2.5"], "examples; the scenarios play such sessions"),
    (&["2.10"], "beside SMPP: TLS is tested with the program, in `src/node/tests`"),
    (&["4.4", "4.6"], "cell broadcast is not offered: the commands are refused, their fields not read"),
    (
        &[
            "4.8.4.4", "4.8.4.5", "4.8.4.6", "4.8.4.7", "4.8.4.8", "4.8.4.9", "4.8.4.10", "4.8.4.11",
            "4.8.4.12", "4.8.4.13", "4.8.4.14",
        ],
        "of cell broadcast alone",
    ),
    (&["4.2.5", "4.7.11", "4.8.4.1"], "not sent: there is nothing to say with them"),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The numbered headings of SMPP 5.0, chapters 2 to 4, in their order.
fn sections() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder().join("sections.txt")).unwrap();
    let split =
        |line: &str| line.split_once(' ').map(|(number, title)| (number.to_owned(), title.to_owned()));
    text.lines().map(|line| split(line).unwrap()).collect()
}

/// The numbers that follow "SMPP 5.0" in a text, with commas between them.
fn cited(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let text = text.replace("\n//! ", " ").replace("\n/// ", " ");
    for after in text.split("SMPP 5.0 ").skip(1) {
        for piece in after.split(", ") {
            let digits = |c: char| c.is_ascii_digit() || c == '.';
            let number = piece.split(|c| !digits(c)).next().unwrap_or_default().trim_end_matches('.');
            if !number.contains('.') {
                break;
            }
            found.insert(number.to_owned());
            if !piece.trim_end_matches(digits).is_empty() {
                break;
            }
        }
    }
    found
}

/// Who cites each clause: files of tests, and files of the corpus with how many cases.
#[derive(Default)]
struct Citations {
    tests: BTreeSet<String>,
    cases: BTreeMap<String, usize>,
}

fn citations() -> BTreeMap<String, Citations> {
    let mut by_clause: BTreeMap<String, Citations> = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".rs") && name != "clauses.rs" {
            for clause in cited(&std::fs::read_to_string(&path).unwrap()) {
                by_clause.entry(clause).or_default().tests.insert(name.clone());
            }
        }
    }
    for ((file, _), case) in corpus::cases() {
        for clause in cited(&case.clause) {
            *by_clause.entry(clause).or_default().cases.entry(file.clone()).or_default() += 1;
        }
    }
    by_clause
}

fn is_below(clause: &str, chapter: &str) -> bool {
    clause.strip_prefix(chapter).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn table() -> String {
    let by_clause = citations();
    let mut text = String::from(
        "# Clauses of SMPP 5.0 and what tests them\n\nWritten from what the tests and the corpus cite by\n\
         `IWF_WRITE_DOCS=1 cargo test -p iwf-smpp-tests clauses`; a test compares. Headings that nothing is said\n\
         under are left out.\n\n| clause | | tests | cases of the corpus |\n|---|---|---|---|\n",
    );
    for (number, title) in sections() {
        let Some(citations) = by_clause.get(&number) else { continue };
        let tests: Vec<_> = citations.tests.iter().map(|file| format!("[`{file}`]({file})")).collect();
        let cases: Vec<_> = citations
            .cases
            .iter()
            .map(|(file, count)| format!("[{file}](corpus/{file}.toml) {count}"))
            .collect();
        let _ = writeln!(text, "| {number} | {title} | {} | {} |", tests.join(", "), cases.join(", "));
    }
    text.push_str("\nWithout a test here:\n\n| clause | | why |\n|---|---|---|\n");
    for (numbers, why) in WITHOUT_TEST {
        for number in numbers {
            let title = sections().into_iter().find(|(known, _)| known == number).map(|(_, title)| title);
            let _ = writeln!(text, "| {number} | {} | {why} |", title.unwrap());
        }
    }
    text
}

#[test]
fn clauses_md_is_what_the_tests_cite() {
    let (path, table) = (folder().join("clauses.md"), table());
    if std::env::var_os("IWF_WRITE_DOCS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), table);
}

/// What is written below a folder, by the paths of its files.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Here and in the product: numbers of 3.4 are easily taken for those of 5.0.
#[test]
fn every_clause_that_is_cited_exists() {
    let known: BTreeSet<_> = sections().into_iter().map(|(number, _)| number).collect();
    let known = |clause: &String| known.contains(clause);
    for clause in citations().into_keys() {
        assert!(known(&clause), "there is no {clause}");
    }
    let (mut product, mut wrong) = (Vec::new(), Vec::new());
    for part in ["smpp", "model"] {
        sources(&folder().join("../src").join(part), &mut product);
    }
    for (path, text) in product {
        wrong.extend(
            cited(&text).into_iter().filter(|clause| !known(clause)).map(|clause| (path.clone(), clause)),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Of a clause and those below it at least one is tested, or is said not to be.
#[test]
fn no_clause_is_forgotten() {
    let (sections, by_clause) = (sections(), citations());
    let is_leaf =
        |number: &str| !sections.iter().any(|(other, _)| other != number && is_below(other, number));
    let mut forgotten = Vec::new();
    for (number, title) in sections.iter().filter(|(number, _)| is_leaf(number)) {
        let excused =
            WITHOUT_TEST.iter().any(|(chapters, _)| chapters.iter().any(|chapter| is_below(number, chapter)));
        // What is said in general is tested in particular.
        let parent = number.rsplit_once('.').map_or("", |(parent, _)| parent);
        let near = [number.as_str(), parent].iter().any(|clause| by_clause.contains_key(*clause));
        if !excused && !near {
            forgotten.push(format!("{number} {title}"));
        }
    }
    assert!(forgotten.is_empty(), "no test is about\n{}", forgotten.join("\n"));
}

#[test]
fn citations_are_read() {
    let text =
        "see SMPP 5.0 4.7.6, 4.7.29: it says. SMPP 5.0 2.4. Not SMPP 3.4 5.2.1, nor SMPP 5.0 table 2-1";
    assert_eq!(cited(text), ["2.4", "4.7.29", "4.7.6"].map(str::to_owned).into());
}
