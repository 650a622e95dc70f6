//! `iwf check`: says everything that is wrong with a file, before a node or an import does.

use std::path::{Path, PathBuf};

use super::Failure;
use super::output::say;
use crate::config::{self, Document, Faults};
use crate::provisioning::{self, Plan};

/// What a file was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Configuration,
    Provisioning,
}

/// Checks each file; fails when any has a fault.
pub(super) fn run(files: &[PathBuf]) -> Result<(), Failure> {
    let mut faulty = 0;
    for file in files {
        faulty += usize::from(!is_right(file)?);
    }
    match faulty {
        0 => Ok(()),
        _ => Err(format!("{faulty} of {} files must be put right", files.len()).into()),
    }
}

fn is_right(file: &Path) -> Result<bool, Failure> {
    let (kind, result) = check(file);
    match (&result, kind) {
        (Ok(()), Some(kind)) => say(format_args!("{}: {}, no fault", file.display(), word(kind)))?,
        (Err(faults), Some(kind)) => {
            let count = faults.0.len();
            let faulty = if count == 1 { "fault" } else { "faults" };
            eprintln!("{faults}\n{}: {}, {count} {faulty}", file.display(), word(kind));
        }
        (Err(faults), None) => eprintln!("{faults}"),
        (Ok(()), None) => {}
    }
    Ok(result.is_ok())
}

fn check(file: &Path) -> (Option<Kind>, Result<(), Faults>) {
    let document = match config::read_document(file) {
        Ok(document) => document,
        Err(faults) => return (None, Err(faults)),
    };
    let kind = kind(&document);
    let result = match kind {
        Kind::Configuration => config::check_document(&document).map(drop),
        Kind::Provisioning => {
            let directory = file.parent().unwrap_or(Path::new(""));
            Plan::of_file(document, directory).map(|plan| {
                plan.warnings.iter().for_each(|warning| eprintln!("{warning}"));
            })
        }
    };
    (Some(kind), result)
}

/// A file is taken for the kind that its first table is named like.
fn kind(document: &Document) -> Kind {
    let distance = |key: &str, names: &[&str]| {
        names.iter().map(|name| config::distance(key, name)).min().unwrap_or(usize::MAX)
    };
    let like_provisioning =
        |key: &str| distance(key, &provisioning::TABLES) < distance(key, &config::SECTIONS);
    match document.top().next() {
        Some(key) if like_provisioning(key) => Kind::Provisioning,
        _ => Kind::Configuration,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Configuration => "configuration",
        Kind::Provisioning => "provisioning",
    }
}
