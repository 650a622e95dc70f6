//! The phones of a case.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use iwf_sim::phone::{Notice, Phone, PhoneError, PhoneOptions, Text, Transport, Wishes};
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use super::environments::Environments;
use super::failure::{Failure, equal};
use super::{PATIENCE, Sent};
use crate::case::{PhoneEntry, Reads, Registers, Sends, Shows, Told, Whose, WillAnswer};

/// So long are the ids of messages, with which Call-IDs begin.
const ID_LENGTH: usize = 18;

/// All phones: those that are on, and what is known of the others.
pub(super) struct Phones {
    entries: Vec<PhoneEntry>,
    pub(super) on: HashMap<String, On>,
}

/// A phone that is on.
pub(super) struct On {
    pub(super) phone: Phone,
    pub(super) texts: Receiver<Text>,
    pub(super) last_call_id: Option<String>,
}

impl Phones {
    pub(super) fn new(entries: Vec<PhoneEntry>) -> Self {
        Self { entries, on: HashMap::new() }
    }

    pub(super) async fn registers(&mut self, step: &Registers, all: &Environments) -> Result<(), Failure> {
        if !self.on.contains_key(&step.phone) {
            let on = self.switch_on(&step.phone, all).await?;
            self.on.insert(step.phone.clone(), on);
        }
        let on = on(&mut self.on, &step.phone)?;
        let registered = on.phone.register().await;
        let status = match &registered {
            Ok(_) => 200,
            Err(PhoneError::Refused(_, status)) => *status,
            Err(_) => 0,
        };
        match step.status {
            Some(expected) => equal("the answer", &status.to_string(), &expected.to_string()),
            None => Ok(registered.map(drop)?),
        }
    }

    async fn switch_on(&self, name: &str, all: &Environments) -> Result<On, Failure> {
        let entry = self.entries.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| Failure::Unknown("phone", name.to_owned()))?;
        let at = all.addresses(&entry.at)?;
        let servers = match entry.over {
            Transport::Udp => &at.sip_udp,
            Transport::Tcp => &at.sip_tcp,
        };
        let server = *servers.first().ok_or(Failure::NoNode)?;
        let mut options = PhoneOptions::new(&entry.account, &entry.password, server);
        options.transport = entry.over;
        options.contact_params.clone_from(&entry.contact_params);
        let (phone, texts) = Phone::start(options).await?;
        Ok(On { phone, texts, last_call_id: None })
    }

    pub(super) async fn unregisters(&mut self, whose: &Whose) -> Result<(), Failure> {
        on(&mut self.on, &whose.phone)?.phone.unregister().await?;
        Ok(())
    }

    pub(super) fn vanishes(&mut self, whose: &Whose) -> Result<(), Failure> {
        let gone = self.on.remove(&whose.phone);
        gone.map(drop).ok_or_else(|| Failure::Unknown("phone that is on", whose.phone.clone()))
    }

    pub(super) fn will_answer(&mut self, step: &WillAnswer) -> Result<(), Failure> {
        on(&mut self.on, &step.phone)?.phone.answer(&step.with);
        Ok(())
    }

    pub(super) async fn sends(
        &mut self,
        step: &Sends,
        messages: &mut HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let phone = &on(&mut self.on, &step.phone)?.phone;
        let (text, at) = (step.text.repeat(step.repeat), Instant::now());
        let status = match step.message.clone().filter(|_| !step.asks.is_empty()) {
            None => phone.send(&step.to, &text).await?,
            Some(name) => {
                let wishes = Wishes { name, dispositions: step.asks.clone(), validity: step.validity };
                phone.ask(&step.to, &text, &wishes).await?
            }
        };
        if let Some(name) = &step.message {
            let (id, from) = (name.clone(), phone.options().username.clone());
            messages.insert(name.clone(), Sent { id, from, to: step.to.clone(), at });
        }
        equal("the answer", &status.to_string(), &step.status.to_string())
    }

    pub(super) async fn hears(
        &mut self,
        step: &Told,
        messages: &HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let sent = messages.get(&step.of).ok_or_else(|| Failure::Unknown("message", step.of.clone()))?;
        let on = on(&mut self.on, &step.phone)?;
        let text = timeout(PATIENCE, on.texts.recv()).await.ok().flatten();
        let text = text.ok_or(Failure::Nothing(PATIENCE))?;
        let Some(notice) = Notice::read(&text) else {
            return Err(Failure::Unexpected(format!("no notice: {text:?}")));
        };
        equal("the message", &notice.of, &sent.id)?;
        equal("what is told of it", &notice.status, &step.status)?;
        equal("the sender", &text.sender, &sent.to)
    }

    pub(super) async fn shows(
        &mut self,
        step: &Shows,
        messages: &mut HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let on = on(&mut self.on, &step.phone)?;
        let text = timeout(PATIENCE, on.texts.recv()).await.ok().flatten();
        let text = text.ok_or(Failure::Nothing(PATIENCE))?;
        equal("the text", &text.body, &step.text.repeat(step.repeat))?;
        equal("the sender", &text.sender, &step.from)?;
        equal("the Content-Type", &text.content_type.replace(' ', ""), "text/plain;charset=UTF-8")?;
        // rsip writes the transport of a URI in capitals.
        equal("the Request-URI", &text.request_uri.to_ascii_lowercase(), on.phone.contact())?;
        let options = on.phone.options();
        let aor = format!("<sip:{}@{}>", options.username, options.server);
        equal("To", &text.to, &aor)?;
        if let Some(name) = &step.of {
            let sent = messages.get(name).ok_or_else(|| Failure::Unknown("message", name.clone()))?;
            let start: String = text.call_id.chars().take(sent.id.len()).collect();
            equal("the start of the Call-ID", &start, &sent.id)?;
            let waited = text.at.duration_since(sent.at);
            if waited < Duration::from_secs(step.after.into()) {
                return Err(Failure::Unexpected(format!("it came after {waited:?}")));
            }
        }
        if step.again {
            equal("the Call-ID", &text.call_id, on.last_call_id.as_deref().unwrap_or(""))?;
        }
        if let Some(name) = &step.message {
            let id = text.call_id.chars().take(ID_LENGTH).collect();
            let (from, to) = (text.sender, on.phone.options().username.clone());
            messages.insert(name.clone(), Sent { id, from, to, at: text.at });
        }
        on.last_call_id = Some(text.call_id);
        Ok(())
    }

    pub(super) async fn reads(
        &mut self,
        step: &Reads,
        messages: &HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let sent = messages.get(&step.of).ok_or_else(|| Failure::Unknown("message", step.of.clone()))?;
        let on = on(&mut self.on, &step.phone)?;
        let shown = on.last_call_id.clone().filter(|_| step.by_call_id);
        let status = on.phone.read(&sent.from, shown.as_ref().unwrap_or(&sent.id)).await?;
        equal("the answer", &status.to_string(), "200")
    }

    /// Fails when a phone shows something that no step told of.
    pub(super) fn nothing_left(&mut self) -> Result<(), Failure> {
        for (name, on) in &mut self.on {
            if let Ok(text) = on.texts.try_recv() {
                return Err(Failure::Unexpected(format!("phone {name} shows {text:?}")));
            }
            if let Some(complaint) = on.phone.complaints().first() {
                return Err(Failure::Unexpected(format!("phone {name} could not read: {complaint}")));
            }
        }
        Ok(())
    }

    /// What the phones could not read.
    pub(super) fn complaints(&self) -> Vec<String> {
        self.on.values().flat_map(|on| on.phone.complaints()).collect()
    }
}

pub(super) fn on<'a>(phones: &'a mut HashMap<String, On>, name: &str) -> Result<&'a mut On, Failure> {
    phones.get_mut(name).ok_or_else(|| Failure::Unknown("phone that is on", name.to_owned()))
}
