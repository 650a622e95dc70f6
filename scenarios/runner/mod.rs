//! Plays a case.

mod carriers;
mod failure;
mod operations;
mod phones;
mod short;
mod stories;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use iwf_sim::node::{Addresses, Installation, Node, Setting};

use crate::case::{Case, Step};
use carriers::Carriers;
use failure::Failure;
use phones::Phones;

/// How long anything that is expected may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Plays a case against the binary. The error is a sentence for the one who runs the tests.
pub async fn run(case: &Case, binary: &Path) -> Result<(), String> {
    let mut world =
        World::new(case, binary).await.map_err(|failure| format!("before the first step: {failure}"))?;
    for (index, step) in case.steps.iter().enumerate() {
        if let Err(failure) = world.play(step).await {
            return Err(world.report(&format!("step {}, {step:?}", index + 1), &failure).await);
        }
    }
    match world.end().await {
        Ok(()) => Ok(()),
        Err(failure) => Err(world.report("after the last step", &failure).await),
    }
}

/// Everything that a case moves.
struct World {
    installation: Installation,
    node: Option<Node>,
    phones: Phones,
    carriers: Carriers,
    /// The ids of the messages, by the names that the case gave them.
    messages: HashMap<String, Sent>,
}

/// A message that was accepted.
struct Sent {
    id: String,
    from: String,
    to: String,
    /// When it was submitted.
    at: Instant,
}

impl World {
    async fn new(case: &Case, binary: &Path) -> Result<Self, Failure> {
        let mut installation = Installation::new(binary, settings(&case.config))?;
        installation.import(&case.given.to_string()).await?;
        let node = Some(installation.start().await?);
        let phones = Phones::new(case.phones.clone());
        Ok(Self { installation, node, phones, carriers: Carriers::default(), messages: HashMap::new() })
    }

    async fn play(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Registers(step) => self.phones.registers(step, &addresses(&self.node)?).await,
            Step::Unregisters(whose) => self.phones.unregisters(whose).await,
            Step::Vanishes(whose) => self.phones.vanishes(whose),
            Step::WillAnswer(step) => self.phones.will_answer(step),
            Step::Sends(step) => self.phones.sends(step, &mut self.messages).await,
            Step::Told(step) => self.phones.hears(step, &self.messages).await,
            Step::Gets(step) => self.carriers.gets(step).await,
            Step::Shows(step) => self.phones.shows(step, &self.messages).await,
            Step::Reads(step) => self.phones.reads(step, &self.messages).await,
            Step::ShortGets(step) => self.phones.short_gets(step).await,
            Step::ShortSends(step) => self.phones.short_sends(step).await,
            Step::ShortHears(step) => self.phones.short_hears(step).await,
            Step::ShortHasRoom(whose) => self.phones.short_has_room(whose).await,
            Step::Binds(step) => self.carriers.binds(step, &addresses(&self.node)?).await,
            Step::Unbinds(step) => self.carriers.unbinds(step).await,
            Step::Submits(step) => self.carriers.submits(step, &mut self.messages).await,
            Step::Asks(step) => operations::asks(step, &self.messages, &addresses(&self.node)?).await,
            Step::Cancels(step) => operations::cancels(step, &self.messages, &addresses(&self.node)?).await,
            Step::Replaces(step) => operations::replaces(step, &self.messages, &addresses(&self.node)?).await,
            Step::Alerted(step) => self.carriers.alerted(step, &self.messages).await,
            Step::Hears(step) => self.carriers.hears(step, &self.messages).await,
            Step::Tells(step) => stories::tells(step, &self.messages, &self.installation).await,
            Step::Killed {} => Ok(self.running()?.kill().await?),
            Step::Stopped {} => {
                let node = self.running()?;
                Ok(self.installation.stop(node).await?)
            }
            Step::Starts {} => {
                self.node = Some(self.installation.start().await?);
                Ok(())
            }
        }
    }

    fn running(&mut self) -> Result<Node, Failure> {
        self.node.take().ok_or(Failure::NoNode)
    }

    /// Stops the node, and looks for what nobody expected: by then all that was to be sent has been.
    async fn end(&mut self) -> Result<(), Failure> {
        if let Some(node) = self.node.take() {
            self.installation.stop(node).await?;
        }
        self.phones.nothing_left()?;
        self.carriers.nothing_left()
    }

    /// All that helps to see why.
    async fn report(&self, place: &str, failure: &Failure) -> String {
        let mut report = format!("{place}:\n  {failure}\n");
        for (name, sent) in &self.messages {
            let story = self.installation.story_text(&sent.id).await;
            let story = story.unwrap_or_else(|error| error.to_string());
            report += &format!("the message \"{name}\":\n{story}\n");
        }
        let complaints = self.phones.complaints();
        report
            + &format!(
                "phones could not read: {complaints:?}\nlog of the node:\n{}",
                self.installation.log_tail()
            )
    }
}

fn addresses(node: &Option<Node>) -> Result<Addresses, Failure> {
    Ok(node.as_ref().ok_or(Failure::NoNode)?.addresses().clone())
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
