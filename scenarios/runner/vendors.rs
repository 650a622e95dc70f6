//! The vendors of a case.

use std::collections::HashMap;
use std::net::SocketAddr;

use iwf_sim::carrier::Submission;
use iwf_sim::vendor::{Inbox, Taken, Telling, Vendor, VendorOptions};
use tokio::time::timeout;

use super::PATIENCE;
use super::failure::{Failure, equal};
use crate::case::{
    VendorAnswers, VendorBound, VendorEntry, VendorGets, VendorHears, VendorRefuses, VendorSends, VendorTells,
};

/// All vendors, and the texts that they took, by the names that the case gave them.
#[derive(Default)]
pub(super) struct Vendors {
    all: HashMap<String, (Vendor, Inbox)>,
    taken: HashMap<String, Taken>,
}

impl Vendors {
    /// Starts one more, and tells where it is.
    pub(super) async fn start(&mut self, entry: &VendorEntry) -> Result<SocketAddr, Failure> {
        let options = VendorOptions {
            ids: entry.ids,
            patience: PATIENCE,
            ..VendorOptions::new(&entry.name, &entry.password)
        };
        let (vendor, inbox) = Vendor::start(options).await?;
        let address = vendor.address();
        self.all.insert(entry.name.clone(), (vendor, inbox));
        Ok(address)
    }

    pub(super) fn will_answer(&mut self, step: &VendorAnswers) -> Result<(), Failure> {
        self.vendor(&step.vendor)?.0.answer(&step.with);
        Ok(())
    }

    pub(super) fn refuses(&mut self, step: &VendorRefuses) -> Result<(), Failure> {
        self.vendor(&step.vendor)?.0.refuse(&step.with);
        Ok(())
    }

    pub(super) async fn bound(&mut self, step: &VendorBound) -> Result<(), Failure> {
        Ok(self.vendor(&step.vendor)?.0.bound(step.binds).await?)
    }

    pub(super) async fn gets(&mut self, step: &VendorGets) -> Result<(), Failure> {
        let texts = &mut self.vendor(&step.vendor)?.1.texts;
        let taken = timeout(PATIENCE, texts.recv()).await.ok().flatten().ok_or(Failure::Nothing(PATIENCE))?;
        let text = &taken.text;
        equal("the text", &text.text, &step.text.repeat(step.repeat))?;
        equal("source_addr", &text.source, &step.from)?;
        equal("destination_addr", &text.destination, &step.to)?;
        equal("the count of parts", &text.parts.to_string(), &step.parts.to_string())?;
        equal("data_coding", &text.data_coding.to_string(), &step.data_coding.to_string())?;
        if let Some(name) = &step.message {
            self.taken.insert(name.clone(), taken);
        }
        Ok(())
    }

    pub(super) async fn tells(&mut self, step: &VendorTells) -> Result<(), Failure> {
        let taken = self.taken.get(&step.of).cloned();
        let taken = taken.ok_or_else(|| Failure::Unknown("text of a vendor", step.of.clone()))?;
        let (stat, err) = (step.stat.clone(), step.err.clone());
        let telling = Telling { stat, err, id: step.id, form: step.form, elsewhere: step.elsewhere };
        for _ in 0..step.times {
            let refused = self.vendor(&step.vendor)?.0.tell(&taken, &telling).await?;
            equal("what refuses the receipt", &format!("{refused:x?}"), "[]")?;
        }
        Ok(())
    }

    pub(super) async fn sends(&mut self, step: &VendorSends) -> Result<(), Failure> {
        let mut text = Submission::new(&step.from, &step.to, &step.text);
        (text.coding, text.part, text.registered_delivery) = (step.coding, step.part, step.receipt);
        let status = self.vendor(&step.vendor)?.0.send(&text).await?;
        equal("command_status", &format!("{status:#010x}"), &format!("{:#010x}", step.status))
    }

    pub(super) async fn hears(&mut self, step: &VendorHears) -> Result<(), Failure> {
        let heard = &mut self.vendor(&step.vendor)?.1.heard;
        let receipt = timeout(PATIENCE, heard.recv()).await.ok().flatten();
        let receipt = receipt.ok_or(Failure::Nothing(PATIENCE))?;
        equal("stat", &receipt.stat, &step.stat)?;
        equal("err", &receipt.err, &step.err)?;
        equal("source_addr", &receipt.source, &step.to)?;
        equal("destination_addr", &receipt.destination, &step.from)
    }

    /// Fails when something came that no step told of, or that a vendor could not read.
    pub(super) fn nothing_left(&mut self) -> Result<(), Failure> {
        for (name, (vendor, inbox)) in &mut self.all {
            if let Ok(text) = inbox.texts.try_recv() {
                return Err(Failure::Unexpected(format!("vendor {name} gets {text:?}")));
            }
            if let Ok(heard) = inbox.heard.try_recv() {
                return Err(Failure::Unexpected(format!("vendor {name} hears {heard:?}")));
            }
            if let Some(complaint) = vendor.complaints().first() {
                return Err(Failure::Unexpected(format!("vendor {name} complains: {complaint}")));
            }
        }
        Ok(())
    }

    fn vendor(&mut self, name: &str) -> Result<&mut (Vendor, Inbox), Failure> {
        self.all.get_mut(name).ok_or_else(|| Failure::Unknown("vendor", name.to_owned()))
    }
}
