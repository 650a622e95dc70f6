//! What carriers ask of their messages.

use std::collections::HashMap;

use iwf_sim::carrier::{Cancelled, CarrierOptions, Operations, Replacement};
use iwf_sim::node::Addresses;

use super::Sent;
use super::carriers::expect_status;
use super::environments::Environments;
use super::failure::{Failure, equal};
use crate::case::{Asks, Cancels, Replaces};

type Messages = HashMap<String, Sent>;

pub(super) async fn asks(step: &Asks, messages: &Messages, all: &Environments) -> Result<(), Failure> {
    let sent = find(messages, &step.of)?;
    let standing = bind(&step.carrier, &step.password, all.addresses(&step.at)?)
        .await?
        .query(&sent.id, &sent.from)
        .await;
    expect_status(&standing, step.status)?;
    let Ok(standing) = standing else { return Ok(()) };
    equal("message_id", &standing.id, &sent.id)?;
    equal("message_state", &standing.state.to_string(), &step.state.to_string())?;
    equal("error_code", &standing.error.to_string(), &step.error.to_string())?;
    let ended = if step.state > 1 { 16 } else { 0 };
    equal("the length of final_date", &standing.final_date.len().to_string(), &ended.to_string())
}

pub(super) async fn cancels(step: &Cancels, messages: &Messages, all: &Environments) -> Result<(), Failure> {
    let mut cancelled = Cancelled {
        id: String::new(),
        from: step.from.clone(),
        to: step.to.clone(),
        service: step.service.clone(),
    };
    if let Some(name) = &step.of {
        let sent = find(messages, name)?;
        (cancelled.id, cancelled.from) = (sent.id.clone(), sent.from.clone());
    }
    let answer =
        bind(&step.carrier, &step.password, all.addresses(&step.at)?).await?.cancel(&cancelled).await;
    expect_status(&answer, step.status)
}

pub(super) async fn replaces(
    step: &Replaces,
    messages: &Messages,
    all: &Environments,
) -> Result<(), Failure> {
    let sent = find(messages, &step.of)?;
    let replacement = Replacement {
        id: sent.id.clone(),
        from: sent.from.clone(),
        schedule: step.schedule,
        registered_delivery: step.receipt,
        text: step.text.clone(),
    };
    let answer =
        bind(&step.carrier, &step.password, all.addresses(&step.at)?).await?.replace(&replacement).await;
    expect_status(&answer, step.status)
}

async fn bind(carrier: &str, password: &str, at: Addresses) -> Result<Operations, Failure> {
    let server = *at.smpp.first().ok_or(Failure::NoNode)?;
    Ok(Operations::bind(server, &CarrierOptions::new(carrier, password)).await?)
}

fn find<'a>(messages: &'a Messages, name: &str) -> Result<&'a Sent, Failure> {
    messages.get(name).ok_or_else(|| Failure::Unknown("message", name.to_owned()))
}
