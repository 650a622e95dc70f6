//! The phones of a case that take short messages.

use std::collections::BTreeSet;
use std::time::Duration;

use iwf_sim::phone::Text;
use iwf_sim::phone::short::{Unit, ack, error, memory_available, submits};
use tokio::time::timeout;

use super::PATIENCE;
use super::failure::{Failure, equal};
use super::phones::{On, Phones, on};
use crate::case::{Report, ShortGets, ShortHears, ShortSends, Whose};

const MEDIA_TYPE: &str = "application/vnd.3gpp.sms";

impl Phones {
    pub(super) async fn short_gets(&mut self, step: &ShortGets) -> Result<(), Failure> {
        let on = on(&mut self.on, &step.phone)?;
        let (mut whole, mut first) = (String::new(), None);
        for number in 1..=step.segments {
            let (message, unit) = next(on, Duration::from_secs(step.within)).await?;
            let Unit::Deliver(deliver) = unit else {
                return Err(Failure::Unexpected(format!("{unit:?} in place of a short message")));
            };
            let more = (number < step.segments).to_string();
            equal("that more waits", &deliver.more.to_string(), &more)?;
            let place =
                deliver.part.map_or((1, 1), |(_, total, number)| (usize::from(total), usize::from(number)));
            equal("its place", &format!("{place:?}"), &format!("{:?}", (step.segments, number)))?;
            equal("the sender", &deliver.sender, &step.from)?;
            whole.push_str(&deliver.text);
            let about = Some(message.call_id.as_str()).filter(|_| !step.nameless);
            report(on, step.report, deliver.reference, about).await?;
            first.get_or_insert(format!("{} {}", deliver.reference, message.call_id));
        }
        equal("the text", &whole, &step.text.repeat(step.repeat))?;
        if step.again {
            equal("what names it", first.as_deref().unwrap_or(""), on.last_call_id.as_deref().unwrap_or(""))?;
        }
        on.last_call_id = first;
        Ok(())
    }

    pub(super) async fn short_sends(&mut self, step: &ShortSends) -> Result<(), Failure> {
        let on = on(&mut self.on, &step.phone)?;
        for unit in submits(FIRST, &step.to, &step.text.repeat(step.repeat), step.report) {
            let reference = unit.get(1).copied().unwrap_or_default();
            asks(on, unit, reference, step.error).await?;
        }
        Ok(())
    }

    pub(super) async fn short_hears(&mut self, step: &ShortHears) -> Result<(), Failure> {
        let on = on(&mut self.on, &step.phone)?;
        let (mut told, mut expected) = (BTreeSet::new(), BTreeSet::new());
        for number in 0..step.segments {
            let (message, unit) = next(on, PATIENCE).await?;
            let Unit::Status { reference, about, recipient, status } = unit else {
                return Err(Failure::Unexpected(format!("{unit:?} in place of a status report")));
            };
            equal("the recipient", &recipient, &step.to)?;
            told.insert((about, status));
            expected.insert((FIRST.wrapping_add(number as u8), step.status));
            report(on, Report::Ack, reference, Some(&message.call_id)).await?;
        }
        equal("what is told", &format!("{told:?}"), &format!("{expected:?}"))
    }

    pub(super) async fn short_has_room(&mut self, whose: &Whose) -> Result<(), Failure> {
        asks(on(&mut self.on, &whose.phone)?, memory_available(FIRST), FIRST, None).await
    }
}

/// RP-Message Reference of what a phone sends first.
const FIRST: u8 = 250;

/// Sends what is answered by a MESSAGE, and waits for that.
async fn asks(on: &mut On, unit: Vec<u8>, reference: u8, cause: Option<u8>) -> Result<(), Failure> {
    let status = on.phone.send_unit("smsc", unit, None).await?;
    equal("the answer", &status.to_string(), "202")?;
    let expected = match cause {
        Some(cause) => Unit::Error { reference, cause },
        None => Unit::Ack { reference },
    };
    let (_, told) = next(on, PATIENCE).await?;
    equal("what the phone hears", &format!("{told:?}"), &format!("{expected:?}"))
}

async fn report(on: &On, what: Report, reference: u8, about: Option<&str>) -> Result<(), Failure> {
    let unit = match what {
        Report::Ack => ack(reference),
        Report::Error(cause) => error(reference, cause),
        Report::Silence => return Ok(()),
    };
    let status = on.phone.send_unit("smsc", unit, about).await?;
    equal("the answer", &status.to_string(), "202")
}

/// The next MESSAGE, and what it carries.
async fn next(on: &mut On, within: Duration) -> Result<(Text, Unit), Failure> {
    let message = timeout(within, on.texts.recv()).await.ok().flatten();
    let message = message.ok_or(Failure::Nothing(within))?;
    equal("the Content-Type", &message.content_type, MEDIA_TYPE)?;
    equal("the Request-URI", &message.request_uri.to_ascii_lowercase(), on.phone.contact())?;
    let unit = Unit::read(&message.octets);
    let unit = unit.ok_or_else(|| Failure::Unexpected(format!("{:02X?} is no unit", message.octets)))?;
    Ok((message, unit))
}
