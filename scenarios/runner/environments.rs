//! The nodes of a case, and the addresses of all that they may be told of.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use iwf_sim::node::{Addresses, Installation, Node, Setting};

use super::failure::Failure;
use crate::case::{Case, Environment, Files};

/// Where a node listens is a matter of the case, whatever a file for people says.
const LISTENS: [(&str, &str); 4] = [("smpp", "listen"), ("sip", "udp"), ("sip", "tcp"), ("admin", "listen")];

/// All nodes, by the names that the case gave them.
pub(super) struct Environments {
    all: Vec<Place>,
    known: BTreeMap<String, String>,
}

/// An environment, whether its node runs or not.
struct Place {
    name: String,
    installation: Installation,
    node: Option<Node>,
}

impl Environments {
    /// Those of a case, none of them started. A case that names none has one.
    pub(super) fn new(case: &Case, binary: &Path) -> Result<(Self, Vec<String>), Failure> {
        let alone = Environment {
            name: String::new(),
            config: case.config.clone(),
            given: case.given.clone(),
            files: None,
        };
        let several = !case.environments.is_empty();
        if several && !(case.config.is_empty() && case.given.is_empty()) {
            return Err(Failure::Described("with environments, config and given are theirs".to_owned()));
        }
        let entries = if several { case.environments.clone() } else { vec![alone] };
        let (mut all, mut given) = (Vec::new(), Vec::new());
        for entry in &entries {
            let (config, text) = match &entry.files {
                Some(files) => read(files)?,
                None => (entry.config.clone(), entry.given.to_string()),
            };
            let installation = Installation::new(binary, settings(&config))?;
            all.push(Place { name: entry.name.clone(), installation, node: None });
            given.push(text);
        }
        Ok((Self { all, known: BTreeMap::new() }, given))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.all.iter().map(|place| place.name.clone()).collect()
    }

    /// Texts may speak of this address as `${NAME.smpp}` from now on.
    pub(super) fn know(&mut self, name: &str, address: SocketAddr) {
        self.known.insert(format!("${{{name}.smpp}}"), address.to_string());
    }

    /// Provisions a node, before its start or while it runs.
    pub(super) async fn import(&self, at: &Option<String>, text: &str) -> Result<(), Failure> {
        let mut text = text.to_owned();
        for (name, address) in &self.known {
            text = text.replace(name, address);
        }
        if let Some((_, unknown)) = text.split_once("${") {
            let name = unknown.split('}').next().unwrap_or_default();
            return Err(Failure::Unknown("address", name.to_owned()));
        }
        Ok(self.place(at)?.installation.import(&text).await?)
    }

    pub(super) async fn start(&mut self, at: &Option<String>) -> Result<SocketAddr, Failure> {
        let place = self.place_mut(at)?;
        let node = place.installation.start().await?;
        let (name, smpp) = (place.name.clone(), node.addresses().smpp.first().copied());
        place.node = Some(node);
        let smpp = smpp.ok_or(Failure::NoNode)?;
        self.know(&name, smpp);
        Ok(smpp)
    }

    pub(super) async fn kill(&mut self, at: &Option<String>) -> Result<(), Failure> {
        let node = self.place_mut(at)?.node.take();
        Ok(node.ok_or(Failure::NoNode)?.kill().await?)
    }

    pub(super) async fn stop(&mut self, at: &Option<String>) -> Result<(), Failure> {
        let place = self.place_mut(at)?;
        let node = place.node.take().ok_or(Failure::NoNode)?;
        Ok(place.installation.stop(node).await?)
    }

    /// Stops those that still run.
    pub(super) async fn stop_all(&mut self) -> Result<(), Failure> {
        for place in &mut self.all {
            if let Some(node) = place.node.take() {
                place.installation.stop(node).await?;
            }
        }
        Ok(())
    }

    /// Where a node that runs is reached.
    pub(super) fn addresses(&self, at: &Option<String>) -> Result<Addresses, Failure> {
        Ok(self.place(at)?.node.as_ref().ok_or(Failure::NoNode)?.addresses().clone())
    }

    pub(super) fn installation(&self, at: &Option<String>) -> Result<&Installation, Failure> {
        Ok(&self.place(at)?.installation)
    }

    /// What any of them tells of a message.
    pub(super) async fn story(&self, id: &str) -> String {
        let mut told = String::new();
        for place in &self.all {
            // Most know nothing of it.
            told += &place.installation.story_text(id).await.unwrap_or_default();
        }
        told
    }

    /// What their nodes logged last.
    pub(super) fn logs(&self) -> String {
        let log = |place: &Place| format!("log of node {}:\n{}\n", place.name, place.installation.log_tail());
        self.all.iter().map(log).collect()
    }

    fn place(&self, at: &Option<String>) -> Result<&Place, Failure> {
        let found = match at {
            Some(name) => self.all.iter().find(|place| place.name == *name),
            None => self.all.first(),
        };
        found.ok_or_else(|| unknown(at))
    }

    fn place_mut(&mut self, at: &Option<String>) -> Result<&mut Place, Failure> {
        let found = match at {
            Some(name) => self.all.iter_mut().find(|place| place.name == *name),
            None => self.all.first_mut(),
        };
        found.ok_or_else(|| unknown(at))
    }
}

fn unknown(at: &Option<String>) -> Failure {
    Failure::Unknown("environment", at.clone().unwrap_or_default())
}

/// The configuration and the provisioning that stand in files below `config/`.
fn read(files: &Files) -> Result<(toml::Table, String), Failure> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let open = |name: &str| -> Result<String, Failure> {
        let text = std::fs::read_to_string(folder.join(name));
        text.map_err(|error| Failure::Described(format!("config/{name}: {error}")))
    };
    let config: Result<toml::Table, _> = open(&files.config)?.parse();
    let mut config =
        config.map_err(|error| Failure::Described(format!("config/{}: {error}", files.config)))?;
    for (section, key) in LISTENS {
        if let Some(section) = config.get_mut(section).and_then(toml::Value::as_table_mut) {
            section.remove(key);
        }
    }
    let mut given = open(&files.given)?;
    for (address, other) in &files.replace {
        if !given.contains(address) {
            return Err(Failure::Described(format!("config/{} has no {address}", files.given)));
        }
        given = given.replace(address, other);
    }
    Ok((config, given))
}

fn settings(config: &toml::Table) -> Vec<Setting> {
    let sections = config.iter().filter_map(|(section, keys)| keys.as_table().map(|keys| (section, keys)));
    sections
        .flat_map(|(section, keys)| {
            keys.iter().map(|(key, value)| Setting {
                section: section.clone(),
                key: key.clone(),
                value: value.to_string(),
            })
        })
        .collect()
}
