//! A TOML text with the place of every key, read so that all faults are found and not only the first.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::fault::{Fault, Faults, Place};

/// A TOML file, its values and their places.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    name: String,
    text: String,
    table: Table,
    /// Where each key begins in the text, by its path.
    offsets: BTreeMap<String, usize>,
    /// Values that came from the environment, by their path.
    variables: BTreeMap<String, String>,
}

impl Document {
    /// An empty document: all defaults.
    pub(crate) fn empty() -> Self {
        Self {
            name: String::new(),
            text: String::new(),
            table: Table::new(),
            offsets: BTreeMap::new(),
            variables: BTreeMap::new(),
        }
    }

    /// Reads a text; `name` is the file as the user named it.
    pub(crate) fn parse(name: &str, text: String) -> Result<Self, Faults> {
        let mut document = Self { name: name.to_owned(), text, ..Self::empty() };
        let (parsed, errors) = DeTable::parse_recoverable(&document.text);
        if !errors.is_empty() {
            let fault = |error: &toml::de::Error| {
                let offset = error.span().map_or(0, |span| span.start);
                Fault {
                    place: document.place_at(offset),
                    key: String::new(),
                    what: sentence(error.message()),
                }
            };
            return Err(Faults(errors.iter().map(fault).collect()));
        }
        let mut offsets = BTreeMap::new();
        locate_table(parsed.get_ref(), "", &mut offsets);
        document.table = toml::from_str(&document.text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let what = sentence(error.message());
            Fault { place: document.place_at(offset), key: String::new(), what }
        })?;
        document.offsets = offsets;
        Ok(document)
    }

    /// A table that nobody wrote as a text.
    pub(crate) fn of_table(table: Table) -> Self {
        Self { table, ..Self::empty() }
    }

    /// What it holds.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// The keys and tables at the top.
    pub(crate) fn top(&self) -> impl Iterator<Item = &str> {
        self.table.keys().map(String::as_str)
    }

    /// Puts a value of the environment over that of the file. `section` may be one within another: `smpp.tls`.
    pub(crate) fn set(&mut self, section: &str, key: &str, value: Value, variable: String) {
        let mut table = &mut self.table;
        for name in section.split('.') {
            let entry = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = entry else { return };
            table = inner;
        }
        table.insert(key.to_owned(), value);
        self.variables.insert(format!("{section}.{key}"), variable);
    }

    /// Makes a `T` of the document. What can't be read is left at its default and becomes a fault.
    pub(crate) fn read<T: DeserializeOwned + Default>(&self, faults: &mut Vec<Fault>) -> T {
        let mut table = self.table.clone();
        loop {
            let error = match serde_path_to_error::deserialize(Value::Table(table.clone())) {
                Ok(read) => return read,
                Err(error) => error,
            };
            let path = segments(error.path());
            faults.push(self.fault(&join(&path), explain(error.inner().message())));
            // The faulty key is taken out and the rest is read again.
            if !remove(&mut table, &path) {
                return T::default();
            }
        }
    }

    /// A fault of the value under `key`.
    pub(crate) fn fault(&self, key: &str, what: impl Into<String>) -> Fault {
        Fault { place: self.place(key), key: key.to_owned(), what: what.into() }
    }

    /// Where a key stands; where its nearest ancestor stands if it is absent.
    pub(crate) fn place(&self, key: &str) -> Place {
        let mut path = key;
        loop {
            if let Some(variable) = self.variables.get(path) {
                return Place::Variable(variable.clone());
            }
            if let Some(offset) = self.offsets.get(path) {
                return self.place_at(*offset);
            }
            let Some(end) = path.rfind(['.', '[']) else { break };
            path = &path[..end];
        }
        if self.name.is_empty() { Place::Nowhere } else { self.place_at(0) }
    }

    fn place_at(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place::File { name: self.name.clone(), line, column: before[start..].chars().count() + 1 }
    }
}

fn locate_table(table: &DeTable<'_>, path: &str, offsets: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let dot = if path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", key.get_ref());
        offsets.insert(path.clone(), key.span().start);
        locate_value(value.get_ref(), &path, offsets);
    }
}

fn locate_value(value: &DeValue<'_>, path: &str, offsets: &mut BTreeMap<String, usize>) {
    match value {
        DeValue::Table(table) => locate_table(table, path, offsets),
        DeValue::Array(array) => {
            for (index, element) in array.iter().enumerate() {
                let path = format!("{path}[{index}]");
                offsets.insert(path.clone(), element.span().start);
                locate_value(element.get_ref(), &path, offsets);
            }
        }
        _ => {}
    }
}

/// A step of a path: a key, or an index into an array.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    Index(usize),
}

fn segments(path: &serde_path_to_error::Path) -> Vec<Part> {
    let part = |segment: &Segment| match segment {
        Segment::Map { key } | Segment::Enum { variant: key } => Some(Part::Key(key.clone())),
        Segment::Seq { index } => Some(Part::Index(*index)),
        Segment::Unknown => None,
    };
    path.iter().filter_map(part).collect()
}

fn join(path: &[Part]) -> String {
    let mut joined = String::new();
    for part in path {
        match part {
            Part::Key(key) if joined.is_empty() => joined.push_str(key),
            Part::Key(key) => joined.extend([".", key.as_str()]),
            Part::Index(index) => joined.push_str(&format!("[{index}]")),
        }
    }
    joined
}

/// Takes the key at `path` out; an element of an array goes with its whole array, so that the indices
/// of the others stay true. Says whether anything was taken out.
fn remove(table: &mut Table, path: &[Part]) -> bool {
    let Some(last) = path.iter().rposition(|part| matches!(part, Part::Key(_))) else { return false };
    let Part::Key(key) = &path[last] else { return false };
    let mut at = table;
    let mut steps = path[..last].iter().peekable();
    while let Some(Part::Key(key)) = steps.next() {
        let Some(mut value) = at.get_mut(key) else { return false };
        while let Some(Part::Index(index)) = steps.peek() {
            let Some(element) = value.get_mut(*index) else { return false };
            value = element;
            steps.next();
        }
        let Value::Table(inner) = value else { return false };
        at = inner;
    }
    at.remove(key).is_some()
}

/// Says what serde found in the words of an operator, with the nearest name for a key that is unknown.
fn explain(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field ") else { return in_plain_words(message) };
    let mut names = rest.split('`').skip(1).step_by(2);
    let unknown = names.next().unwrap_or_default();
    let allowed: Vec<&str> = names.collect();
    unknown_name("key", unknown, &allowed)
}

/// The names of Rust's types mean nothing to an operator.
fn in_plain_words(message: &str) -> String {
    let message = sentence(message);
    let Some((found, expected)) = message.split_once(", expected ") else { return message };
    let expected = match expected {
        "i64" | "u32" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        name if name.starts_with("struct ") => "a table",
        other => other,
    };
    let found = found.strip_prefix("invalid type: ").unwrap_or(found);
    format!("{found} stands here, and {expected} is needed")
}

/// `unknown key "lisen"; did you mean "listen"?`, or the list of what is allowed.
pub(crate) fn unknown_name(kind: &str, unknown: &str, allowed: &[&str]) -> String {
    let nearest = allowed.iter().map(|name| (distance(unknown, name), *name)).min();
    match nearest {
        Some((distance, name)) if distance <= 2 || distance * 3 <= name.len() => {
            format!("unknown {kind} \"{unknown}\"; did you mean \"{name}\"?")
        }
        _ => format!("unknown {kind} \"{unknown}\"; allowed are {}", allowed.join(", ")),
    }
}

/// How many letters must be added, dropped or changed to make one word of the other (Levenshtein).
pub(crate) fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

fn sentence(message: &str) -> String {
    message.trim_end_matches('\n').replace('\n', "; ")
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Shape {
        one: Section,
        many: Vec<Section>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Section {
        listen: Vec<String>,
        count: u32,
    }

    fn faults(text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        match Document::parse("f.toml", text.to_owned()) {
            Ok(document) => drop(document.read::<Shape>(&mut faults)),
            Err(all) => faults = all.0,
        }
        faults.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn every_wrong_key_is_named_with_its_line_and_column() {
        let text =
            "[one]\n  lisen = []\ncount = \"x\"\n\n[[many]]\ncount = 1\n[[many]]\nlisten = [\"a\", 2]\n";
        let mut found = faults(text);
        found.sort();
        assert_eq!(
            found,
            [
                "f.toml:2:3: one.lisen: unknown key \"lisen\"; did you mean \"listen\"?",
                "f.toml:3:1: one.count: string \"x\" stands here, and a whole number is needed",
                "f.toml:8:16: many[1].listen[1]: integer `2` stands here, and a string is needed",
            ]
        );
    }

    #[test]
    fn a_text_that_is_no_toml_is_refused_where_it_stops_being_one() {
        let found = faults("[one]\ncount = \n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("f.toml:2:"), "{found:?}");
    }

    #[test]
    fn what_is_right_is_read_in_spite_of_what_is_wrong() {
        let document = Document::parse("f", "[one]\ncount = 7\nnonsense = 1\n".to_owned()).unwrap();
        let mut faults = Vec::new();
        let read: Shape = document.read(&mut faults);
        assert_eq!((read.one.count, faults.len()), (7, 1));
    }

    #[test]
    fn a_key_that_is_absent_is_placed_at_its_table() {
        let document = Document::parse("f", "\n[[many]]\ncount = 1\n".to_owned()).unwrap();
        let place = document.place("many[0].listen");
        assert_eq!(place, Place::File { name: "f".to_owned(), line: 2, column: 1 });
    }

    #[test]
    fn names_that_are_far_apart_are_listed_rather_than_guessed() {
        assert_eq!(
            unknown_name("key", "xyzzy", &["listen", "udp"]),
            "unknown key \"xyzzy\"; allowed are listen, udp"
        );
        assert_eq!(distance("lisen", "listen"), 1);
    }
}
