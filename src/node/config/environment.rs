//! `IWF_SECTION_KEY` over the file: the environment of a container says what differs.

use toml::{Table, Value};

use super::document::{Document, unknown_name};
use super::fault::{Fault, Faults, Place};
use super::raw::RawConfig;

/// Puts the variables over the document. A list is written with commas; an empty one is no element.
///
/// A variable that begins like a section and names no key is a fault; others are left alone.
pub(super) fn overlay(
    document: &mut Document,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<(), Faults> {
    let known = Table::try_from(RawConfig::default()).unwrap_or_default();
    let mut faults = Vec::new();
    for (name, text) in variables {
        let Some((section, key)) = split(&name) else { continue };
        let Some(Value::Table(keys)) = known.get(&section) else { continue };
        let (section, keys, key) = nested(section, keys, key);
        let fault =
            |what| Fault { place: Place::Variable(name.clone()), key: format!("{section}.{key}"), what };
        match keys.get(&key).map(|default| typed(default, &text)) {
            Some(Ok(value)) => document.set(&section, &key, value, name.clone()),
            Some(Err(what)) => faults.push(fault(what)),
            None => {
                let names: Vec<&str> = keys.keys().map(String::as_str).collect();
                faults.push(fault(unknown_name("key", &key, &names)));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Faults(faults)) }
}

/// `tls_listen` of `smpp` is `listen` of `smpp.tls`.
fn nested(section: String, keys: &Table, key: String) -> (String, &Table, String) {
    let inner = key.split_once('_').and_then(|(table, key)| Some((table, keys.get(table)?.as_table()?, key)));
    match inner {
        Some((table, keys, key)) => (format!("{section}.{table}"), keys, key.to_owned()),
        None => (section, keys, key),
    }
}

fn split(name: &str) -> Option<(String, String)> {
    let (section, key) = name.strip_prefix("IWF_")?.split_once('_')?;
    Some((section.to_ascii_lowercase(), key.to_ascii_lowercase()))
}

/// Reads a text as the type that the key's default has.
fn typed(default: &Value, text: &str) -> Result<Value, String> {
    let text = text.trim();
    match default {
        Value::Integer(_) => {
            text.parse().map(Value::Integer).map_err(|_| format!("\"{text}\" is not a whole number"))
        }
        Value::Boolean(_) => {
            text.parse().map(Value::Boolean).map_err(|_| format!("\"{text}\" is neither true nor false"))
        }
        Value::Array(_) => {
            let elements = text.split(',').map(str::trim).filter(|element| !element.is_empty());
            Ok(Value::Array(elements.map(|element| Value::String(element.to_owned())).collect()))
        }
        _ => Ok(Value::String(text.to_owned())),
    }
}
