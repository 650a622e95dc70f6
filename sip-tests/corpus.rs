//! Reads the corpus of the folder `corpus`, and holds its files to the format that its README describes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Deserialize;

/// What is sent, and what is to become of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) about: String,
    /// The account whose answer to the challenge is in it.
    #[serde(rename = "as")]
    pub(crate) account: Option<String>,
    message: String,
    verdict: Option<String>,
    udp: Option<String>,
    tcp: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) contacts: Option<Vec<String>>,
    pub(crate) strict: Option<String>,
    pub(crate) lenient: Option<String>,
    pub(crate) clause: String,
    pub(crate) seen: Option<String>,
}

/// What it is sent over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Over {
    Udp,
    Tcp,
}

impl Over {
    pub(crate) const ALL: [Self; 2] = [Self::Udp, Self::Tcp];
}

/// The line that stands for the credentials.
const AUTHORIZATION: &str = "${authorization}";

impl Case {
    /// What is to become of it; `None`: it is not sent over this.
    pub(crate) fn verdict(&self, over: Over) -> Option<&str> {
        let own = match over {
            Over::Udp => &self.udp,
            Over::Tcp => &self.tcp,
        };
        own.as_deref().or(self.verdict.as_deref())
    }

    /// The octets of the first or second attempt; the line of the credentials is left out if there are none.
    pub(crate) fn octets(&self, attempt: u32, authorization: &str) -> Vec<u8> {
        let mut octets = Vec::new();
        for line in self.message.lines() {
            if line == AUTHORIZATION && authorization.is_empty() {
                continue;
            }
            let line = line.replace(AUTHORIZATION, authorization).replace("${n}", &attempt.to_string());
            let (line, ended) = match line.strip_suffix('\\') {
                Some(rest) if !rest.ends_with('\\') => (rest, false),
                _ => (line.as_str(), true),
            };
            write(line, &mut octets);
            if ended {
                octets.extend_from_slice(b"\r\n");
            }
        }
        octets
    }

    /// Method and Request-URI, for the digest.
    pub(crate) fn request(&self) -> (String, String) {
        let octets = self.octets(1, "");
        let text = String::from_utf8_lossy(&octets);
        let mut words = text.split(' ').map(str::to_owned);
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }
}

/// Writes the octets of a line: `\xHH`, `\\` and `${times * text}` are resolved.
fn write(line: &str, octets: &mut Vec<u8>) {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\\x") {
            octets.push(u8::from_str_radix(&after[..2], 16).unwrap());
            rest = &after[2..];
        } else if let Some(after) = rest.strip_prefix("\\\\") {
            octets.push(b'\\');
            rest = after;
        } else if let Some((repeated, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}'))
        {
            let (times, text) = repeated.split_once(" * ").unwrap();
            let mut once = Vec::new();
            write(text, &mut once);
            octets.extend(once.repeat(times.parse().unwrap()));
            rest = after;
        } else {
            octets.extend_from_slice(&rest.as_bytes()[..first.len_utf8()]);
            rest = &rest[first.len_utf8()..];
        }
    }
}

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

/// One way a case may end: steps with `, then ` between them.
fn is_verdict(verdict: &str) -> bool {
    let is_status = |step: &str| step.parse::<u16>().is_ok_and(|status| (200..700).contains(&status));
    verdict.split(", then ").all(|step| matches!(step, "dropped" | "closed" | "pong") || is_status(step))
}

/// Several of them, as `strict` and `lenient` have them.
pub(crate) fn alternatives(verdicts: &str) -> impl Iterator<Item = String> {
    let joined = verdicts.replace(", then ", "\0");
    let listed: Vec<_> = joined.split([',', ';']).map(|one| one.trim().replace('\0', ", then ")).collect();
    listed.into_iter()
}

#[test]
fn every_verdict_is_written_in_the_words_of_the_readme() {
    for ((_, name), case) in cases() {
        let named = [&case.verdict, &case.udp, &case.tcp];
        assert!(case.verdict.is_some() != (case.udp.is_some() || case.tcp.is_some()), "{name}");
        assert!(named.into_iter().flatten().all(|verdict| is_verdict(verdict)), "{name}");
        for others in [&case.strict, &case.lenient].into_iter().flatten() {
            assert!(alternatives(others).all(|verdict| is_verdict(&verdict)), "{name}: {others}");
        }
        assert!(case.about.ends_with('.') || case.about.ends_with("..."), "{name}: {}", case.about);
        let said = ["RFC ", "3GPP TS "].iter().any(|body| case.clause.starts_with(body));
        assert!(said, "{name}: {}", case.clause);
    }
}

#[test]
fn a_name_is_given_once_in_all_files() {
    let mut names = BTreeSet::new();
    for (_, name) in cases().into_keys() {
        assert!(names.insert(name.clone()), "{name}");
    }
    assert!(names.len() >= 350, "{}", names.len());
}

#[test]
fn octets_are_written_as_the_readme_says() {
    let case: Case = toml::from_str(
        "about = 'x'\nmessage = '''\na\\x00${3 * b\\x0d}\n${authorization}\n${n}\\\\\nend\\\n'''\nclause = 'x'",
    )
    .unwrap();
    assert_eq!(case.octets(1, ""), b"a\0b\rb\rb\r\r\n1\\\r\nend");
    assert_eq!(case.octets(2, "A: b"), b"a\0b\rb\rb\r\r\nA: b\r\n2\\\r\nend");
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

/// What is known of other implementations is found by its number.
#[test]
fn the_readme_names_every_report_that_a_case_is_made_from() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for ((_, name), case) in cases() {
        let seen = case.seen.unwrap_or_default();
        for word in
            seen.split([' ', ',', ':']).filter(|word| word.starts_with("CVE-") || word.starts_with("AST-"))
        {
            assert!(readme.contains(word), "README.md lacks {word} of {name}");
        }
    }
}

#[test]
fn the_example_of_the_readme_is_a_case() {
    let readme = std::fs::read_to_string(folder().join("README.md")).unwrap();
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let file = std::fs::read_to_string(folder().join("header-lines.toml")).unwrap();
    assert!(file.contains(example), "{example}");
}
