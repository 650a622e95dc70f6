//! What the store tells of a message.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::environments::Environments;
use super::failure::Failure;
use super::{PATIENCE, Sent};
use crate::case::{Holds, Tells};

const POLL: Duration = Duration::from_millis(100);

/// Asks until the story is as expected: what ends a message is written shortly after it is told.
pub(super) async fn tells(
    step: &Tells,
    messages: &HashMap<String, Sent>,
    all: &Environments,
) -> Result<(), Failure> {
    let installation = all.installation(&step.at)?;
    let sent = messages.get(&step.of).ok_or_else(|| Failure::Unknown("message", step.of.clone()))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let story = installation.story(&sent.id).await?;
        if matches(step, &story) {
            return Ok(());
        }
        if Instant::now() > deadline {
            let expected = format!("{} with {:?}", step.state, step.steps);
            return Err(Failure::Differs { what: "the story", found: story.to_string(), expected });
        }
        sleep(POLL).await;
    }
}

/// Asks until as many messages wait as expected.
pub(super) async fn holds(step: &Holds, all: &Environments) -> Result<(), Failure> {
    let installation = all.installation(&step.at)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let waiting = installation.waiting(&step.from, &step.to).await?;
        if waiting.as_array().is_some_and(|waiting| waiting.len() == step.count) {
            return Ok(());
        }
        if Instant::now() > deadline {
            let expected = format!("{} of them", step.count);
            return Err(Failure::Differs { what: "what waits", found: waiting.to_string(), expected });
        }
        sleep(POLL).await;
    }
}

fn matches(step: &Tells, story: &Value) -> bool {
    let told = story["steps"].as_array().map_or(&[][..], Vec::as_slice);
    let mut told = told.iter().filter_map(|step| step["step"].as_str());
    story["state"] == step.state.as_str() && step.steps.iter().all(|wanted| told.any(|word| word == wanted))
}
