//! A provisioning file on its way to a node that does not have the files it names.

use std::path::Path;

use serde_json::Value;

use crate::config::{Document, Fault, Faults};

/// The document in JSON, with the passwords in the place of the files that hold them.
pub(crate) fn as_remote(document: &Document, directory: &Path) -> Result<Value, Faults> {
    let unwritable = |error: serde_json::Error| document.fault("", error.to_string());
    let mut whole = serde_json::to_value(document.table()).map_err(unwritable)?;
    for (kind, entries) in whole.as_object_mut().into_iter().flatten() {
        for (index, entry) in entries.as_array_mut().into_iter().flatten().enumerate() {
            let Some(file) = entry.as_object_mut().and_then(|entry| entry.remove("password_file")) else {
                continue;
            };
            let fault = |what| -> Fault { document.fault(&format!("{kind}[{index}].password_file"), what) };
            let path = directory.join(file.as_str().unwrap_or_default());
            entry["password"] = read(&path).map_err(fault)?.into();
        }
    }
    Ok(whole)
}

/// The password in a file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}
