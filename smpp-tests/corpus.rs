//! Reads the corpus of the folder `corpus`, and holds its files to the format that its README describes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::status;

/// One PDU, or a few in one segment, and what is to become of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) about: String,
    pub(crate) state: State,
    #[serde(default)]
    pub(crate) version: Version,
    pub(crate) pending: Option<String>,
    octets: String,
    pub(crate) verdict: String,
    pub(crate) settles: Option<String>,
    pub(crate) strict: Option<String>,
    pub(crate) lenient: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) clause: String,
    pub(crate) seen: Option<String>,
}

/// Where the session is when the octets come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Open,
    BoundTx,
    BoundRx,
    BoundTrx,
    Unbound,
}

/// What the peer said it speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(crate) enum Version {
    #[serde(rename = "3.3")]
    V33,
    #[default]
    #[serde(rename = "3.4")]
    V34,
    #[serde(rename = "5.0")]
    V50,
}

impl Version {
    pub(crate) fn octet(self) -> u8 {
        match self {
            Self::V33 => 0x33,
            Self::V34 => 0x34,
            Self::V50 => 0x50,
        }
    }
}

impl Case {
    /// Hexadecimal octets, `*` and how often the last one stands there; `#` begins a remark.
    pub(crate) fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        for line in self.octets.lines() {
            let written = line.split('#').next().unwrap_or_default();
            let (listed, times) = written.split_once('*').unwrap_or((written, "1"));
            for digits in listed.split_whitespace() {
                octets.push(u8::from_str_radix(digits, 16).unwrap());
            }
            let last = *octets.last().unwrap();
            octets.resize(octets.len() + times.trim().parse::<usize>().unwrap() - 1, last);
        }
        octets
    }
}

/// The numbers of the account `carrier1` can reach; every other one is unknown.
pub(crate) const SERVED: [&str; 5] = ["111222333", "1111", "7", "964111222333", "12345678901234567890"];
pub(crate) const SYSTEM_ID: &str = "carrier1";
pub(crate) const PASSWORD: &[u8] = b"secret1";

/// All cases, by the name of their file and their own.
pub(crate) fn cases() -> BTreeMap<(String, String), Case> {
    let mut cases = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).unwrap();
            let group: BTreeMap<String, Case> =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let file = path.file_stem().unwrap().to_str().unwrap().to_owned();
            cases.extend(group.into_iter().map(|(name, case)| ((file.clone(), name), case)));
        }
    }
    cases
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The whole PDUs at the front of some octets, as their lengths have it: command_id and sequence_number.
pub(crate) fn requests(octets: &[u8]) -> Vec<(u32, u32)> {
    let mut rest = octets;
    let mut found = Vec::new();
    while let Some((head, _)) = rest.split_first_chunk::<16>() {
        let word = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        found.push((word(4), word(12)));
        match rest.get(word(0).max(16) as usize..) {
            Some(next) => rest = next,
            None => break,
        }
    }
    found
}

#[test]
fn every_verdict_is_written_in_the_words_of_the_readme() {
    for ((_, name), case) in cases() {
        for verdict in
            [Some(&case.verdict), case.strict.as_ref(), case.lenient.as_ref()].into_iter().flatten()
        {
            for step in verdict.split(", then ") {
                let known = match step.split_once(' ') {
                    Some(("refused" | "nacked", status)) => status::code(status).is_some(),
                    None => ["accepted", "ignored", "closed", "waits"].contains(&step),
                    Some(_) => false,
                };
                assert!(known, "{name}: {step}");
            }
        }
        assert_ne!(case.strict.as_ref(), Some(&case.verdict), "{name}: says nothing");
        assert_ne!(case.lenient.as_ref(), Some(&case.verdict), "{name}: says nothing");
        let means = case.text.is_some() || case.source.is_some() || case.destination.is_some();
        assert!(!means || case.verdict == "accepted", "{name}: nothing was accepted");
        assert_eq!(case.settles.is_some(), case.pending.is_some(), "{name}");
        assert!(case.pending.as_ref().is_none_or(|pending| pending == "deliver_sm"), "{name}");
    }
}

#[test]
fn every_case_says_what_it_is_and_why() {
    for ((file, name), case) in cases() {
        assert!(case.about.ends_with(['.', '?']), "{name}");
        assert!(!case.clause.is_empty() && case.seen.as_ref().is_none_or(|seen| !seen.is_empty()), "{name}");
        let simple = name.bytes().all(|octet| octet.is_ascii_lowercase() || b"0123456789-".contains(&octet));
        assert!(simple, "{name}: a name is a name of a file, too");
        let length = case.octets().first_chunk::<4>().map(|length| u32::from_be_bytes(*length));
        let right = case.verdict == "waits" || requests(&case.octets()).len() > 1;
        if file != "framing" && !right {
            assert_eq!(
                length,
                Some(case.octets().len() as u32),
                "{name}: only in framing.toml a length lies"
            );
        }
    }
}

#[test]
fn a_name_is_given_once() {
    let mut names: Vec<_> = cases().into_keys().map(|(_, name)| name).collect();
    assert!(names.len() >= 700, "{}", names.len());
    names.sort();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn the_readmes_have_every_file_and_how_many_cases_there_are() {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    for (file, _) in cases().into_keys() {
        *files.entry(file).or_default() += 1;
    }
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for (file, count) in files {
        let row = format!("| [`{file}.toml`]({file}.toml) | {count} |");
        assert!(readme.contains(&row), "README.md lacks {row}");
    }
    let count = cases().len();
    assert!(readme.contains(&format!("\n{count} cases of ")), "corpus/README.md: there are {count} cases");
    let of_tests = std::fs::read_to_string(folder().join("../README.md")).unwrap();
    assert!(of_tests.contains(&format!("| {count} malformed")), "README.md: there are {count} cases");
}

#[test]
fn the_example_of_the_readme_is_a_case() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = std::fs::read_to_string(folder().join("submit-strings.toml")).unwrap();
    assert!(file.contains(example), "{example}");
}
