//! The carriers of a case.

use std::collections::HashMap;

use iwf_sim::carrier::{Alert, Carrier, CarrierError, CarrierOptions, Receipt, Submission, Text};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use super::environments::Environments;
use super::failure::{Failure, equal};
use super::{PATIENCE, Sent};
use crate::case::{Alerted, Binds, Gets, Hears, Submits, Unbinds};

/// All binds, by the names that the case gave them.
#[derive(Default)]
pub(super) struct Carriers {
    binds: HashMap<String, Bound>,
}

struct Bound {
    carrier: Carrier,
    receipts: Receiver<Receipt>,
    texts: Receiver<Text>,
    alerts: Receiver<Alert>,
}

impl Carriers {
    pub(super) async fn binds(&mut self, step: &Binds, all: &Environments) -> Result<(), Failure> {
        let server = *all.addresses(&step.at)?.smpp.first().ok_or(Failure::NoNode)?;
        let mut options = CarrierOptions::new(&step.carrier, &step.password);
        let (texts_in, texts) = channel(1024);
        let (alerts_in, alerts) = channel(1024);
        options.alerts = Some(alerts_in);
        (options.bind, options.texts, options.replies) = (step.kind, Some(texts_in), step.replies.clone());
        let bound = Carrier::bind(server, &options).await;
        expect_status(&bound, step.status)?;
        if let Ok((carrier, receipts)) = bound {
            let name = step.bind.as_ref().unwrap_or(&step.carrier);
            self.binds.insert(name.clone(), Bound { carrier, receipts, texts, alerts });
        }
        Ok(())
    }

    pub(super) async fn unbinds(&mut self, step: &Unbinds) -> Result<(), Failure> {
        let bound = self.binds.remove(&step.bind);
        let bound = bound.ok_or_else(|| Failure::Unknown("bind", step.bind.clone()))?;
        Ok(bound.carrier.unbind().await?)
    }

    pub(super) async fn submits(
        &mut self,
        step: &Submits,
        messages: &mut HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let submission = Submission {
            from: step.from.clone(),
            to: step.to.clone(),
            text: step.text.clone(),
            coding: step.coding,
            registered_delivery: step.receipt,
            validity: step.validity,
            payload: step.payload,
            schedule: step.schedule,
            esm_class: step.mode,
            replaces: step.replaces,
            service: step.service.clone(),
            part: step.part,
            octets: step.octets.clone(),
            dpf: step.dpf,
        };
        let accepted = self.bound(&step.bind)?.carrier.submit(&submission).await;
        expect_status(&accepted, step.status)?;
        if let (Ok(accepted), Some(first)) = (&accepted, &step.same) {
            let first = messages.get(first).ok_or_else(|| Failure::Unknown("message", first.clone()))?;
            equal("message_id", &accepted.id, &first.id)?;
        }
        if let (Ok(accepted), Some(name)) = (accepted, &step.message) {
            let sent =
                Sent { id: accepted.id, from: step.from.clone(), to: step.to.clone(), at: accepted.sent_at };
            messages.insert(name.clone(), sent);
        }
        Ok(())
    }

    pub(super) async fn hears(
        &mut self,
        step: &Hears,
        messages: &HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let sent = messages.get(&step.of).ok_or_else(|| Failure::Unknown("message", step.of.clone()))?;
        let receipts = &mut self.bound(&step.bind)?.receipts;
        let receipt = timeout(PATIENCE, receipts.recv()).await.ok().flatten();
        let receipt = receipt.ok_or(Failure::Nothing(PATIENCE))?;
        equal("stat", &receipt.stat, &step.stat)?;
        equal("err", &receipt.err, &step.err)?;
        equal("id", &receipt.id, &sent.id)?;
        equal("receipted_message_id", receipt.receipted_message_id.as_deref().unwrap_or(""), &sent.id)?;
        equal("message_state", &format!("{:?}", receipt.message_state), &format!("{:?}", state(&step.stat)))?;
        equal("esm_class", &receipt.esm_class.to_string(), &step.esm_class.to_string())?;
        // Back the way it came, with the addresses as they were submitted.
        equal("source_addr", &receipt.source, &sent.to)?;
        equal("destination_addr", &receipt.destination, &sent.from)
    }

    pub(super) async fn alerted(
        &mut self,
        step: &Alerted,
        messages: &HashMap<String, Sent>,
    ) -> Result<(), Failure> {
        let sent = messages.get(&step.of).ok_or_else(|| Failure::Unknown("message", step.of.clone()))?;
        let alerts = &mut self.bound(&step.bind)?.alerts;
        let alert = timeout(PATIENCE, alerts.recv()).await.ok().flatten();
        let alert = alert.ok_or(Failure::Nothing(PATIENCE))?;
        equal("source_addr", &alert.source, &sent.to)?;
        equal("esme_addr", &alert.esme, &sent.from)?;
        equal("ms_availability_status", &format!("{:?}", alert.status), "Some(0)")
    }

    pub(super) async fn gets(&mut self, step: &Gets) -> Result<(), Failure> {
        let texts = &mut self.bound(&step.bind)?.texts;
        let text = timeout(PATIENCE, texts.recv()).await.ok().flatten();
        let text = text.ok_or(Failure::Nothing(PATIENCE))?;
        equal("the text", &text.text, &step.text.repeat(step.repeat))?;
        equal("source_addr", &text.source, &step.from)?;
        equal("destination_addr", &text.destination, &step.to)?;
        equal("the count of parts", &text.parts.to_string(), &step.parts.to_string())?;
        equal("data_coding", &text.data_coding.to_string(), &step.data_coding.to_string())
    }

    /// Fails when a receipt or a text came that no step told of.
    pub(super) fn nothing_left(&mut self) -> Result<(), Failure> {
        for (name, bound) in &mut self.binds {
            if let Ok(receipt) = bound.receipts.try_recv() {
                return Err(Failure::Unexpected(format!("bind {name} hears {receipt:?}")));
            }
            if let Ok(text) = bound.texts.try_recv() {
                return Err(Failure::Unexpected(format!("bind {name} gets {text:?}")));
            }
            if let Ok(alert) = bound.alerts.try_recv() {
                return Err(Failure::Unexpected(format!("bind {name} hears {alert:?}")));
            }
        }
        Ok(())
    }

    fn bound(&mut self, name: &str) -> Result<&mut Bound, Failure> {
        self.binds.get_mut(name).ok_or_else(|| Failure::Unknown("bind", name.to_owned()))
    }
}

/// message_state that belongs to a `stat` (SMPP 5.0 4.7.15).
fn state(stat: &str) -> Option<u8> {
    let states =
        [("ENROUTE", 1), ("DELIVRD", 2), ("EXPIRED", 3), ("DELETED", 4), ("UNDELIV", 5), ("REJECTD", 8)];
    states.iter().find(|(word, _)| *word == stat).map(|(_, state)| *state)
}

pub(super) fn expect_status<T>(answer: &Result<T, CarrierError>, expected: u32) -> Result<(), Failure> {
    let found = match answer {
        Ok(_) => "0x00000000".to_owned(),
        Err(CarrierError::Refused(status)) => format!("{status:#010x}"),
        Err(other) => other.to_string(),
    };
    equal("command_status", &found, &format!("{expected:#010x}"))
}
