//! Plays a case.

mod carriers;
mod environments;
mod failure;
mod links;
mod operations;
mod phones;
mod short;
mod stories;
mod vendors;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use iwf_sim::link::Condition;

use crate::case::{Case, Step, Where};
use carriers::Carriers;
use environments::Environments;
use failure::Failure;
use links::Links;
use phones::Phones;
use vendors::Vendors;

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
    environments: Environments,
    links: Links,
    vendors: Vendors,
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
    /// Links and vendors first, so that their addresses are known; then the nodes, one after another.
    async fn new(case: &Case, binary: &Path) -> Result<Self, Failure> {
        let (environments, given) = Environments::new(case, binary)?;
        let mut world = Self {
            environments,
            links: Links::default(),
            vendors: Vendors::default(),
            phones: Phones::new(case.phones.clone()),
            carriers: Carriers::default(),
            messages: HashMap::new(),
        };
        for entry in &case.links {
            let address = world.links.start(entry).await?;
            world.environments.know(&entry.name, address);
        }
        for entry in &case.vendors {
            let address = world.vendors.start(entry).await?;
            world.environments.know(&entry.name, address);
            world.links.lead(&entry.name, address);
        }
        let names = world.environments.names();
        let ends = names.iter().chain(case.vendors.iter().map(|vendor| &vendor.name));
        world.links.lead_somewhere(&ends.map(String::as_str).collect::<Vec<_>>())?;
        for (name, text) in names.into_iter().zip(given) {
            let at = Some(name);
            world.environments.import(&at, &text).await?;
            world.start(&at).await?;
        }
        Ok(world)
    }

    async fn play(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Registers(step) => self.phones.registers(step, &self.environments).await,
            Step::Unregisters(whose) => self.phones.unregisters(whose).await,
            Step::Vanishes(whose) => self.phones.vanishes(whose),
            Step::WillAnswer(step) => self.phones.will_answer(step),
            Step::Sends(step) => self.phones.sends(step, &mut self.messages).await,
            Step::Told(step) => self.phones.hears(step, &self.messages).await,
            Step::Shows(step) => self.phones.shows(step, &mut self.messages).await,
            Step::Reads(step) => self.phones.reads(step, &self.messages).await,
            Step::ShortGets(step) => self.phones.short_gets(step).await,
            Step::ShortSends(step) => self.phones.short_sends(step).await,
            Step::ShortHears(step) => self.phones.short_hears(step).await,
            Step::ShortHasRoom(whose) => self.phones.short_has_room(whose).await,
            Step::Binds(step) => self.carriers.binds(step, &self.environments).await,
            Step::Unbinds(step) => self.carriers.unbinds(step).await,
            Step::Submits(step) => self.carriers.submits(step, &mut self.messages).await,
            Step::Gets(step) => self.carriers.gets(step).await,
            Step::Hears(step) => self.carriers.hears(step, &self.messages).await,
            Step::Alerted(step) => self.carriers.alerted(step, &self.messages).await,
            Step::Asks(step) => operations::asks(step, &self.messages, &self.environments).await,
            Step::Cancels(step) => operations::cancels(step, &self.messages, &self.environments).await,
            Step::Replaces(step) => operations::replaces(step, &self.messages, &self.environments).await,
            Step::Tells(step) => stories::tells(step, &self.messages, &self.environments).await,
            Step::Holds(step) => stories::holds(step, &self.environments).await,
            Step::Imports(step) => self.environments.import(&step.at, &step.text).await,
            Step::Killed(Where { at }) => self.environments.kill(at).await,
            Step::Stopped(Where { at }) => self.environments.stop(at).await,
            Step::Starts(Where { at }) => self.start(at).await,
            Step::VendorAnswers(step) => self.vendors.will_answer(step),
            Step::VendorRefuses(step) => self.vendors.refuses(step),
            Step::VendorBound(step) => self.vendors.bound(step).await,
            Step::VendorGets(step) => self.vendors.gets(step).await,
            Step::VendorTells(step) => self.vendors.tells(step).await,
            Step::VendorSends(step) => self.vendors.sends(step).await,
            Step::VendorHears(step) => self.vendors.hears(step).await,
            Step::LinkCut(which) => self.links.set(which, Condition::Cut),
            Step::LinkStalls(which) => self.links.set(which, Condition::Stalled),
            Step::LinkHeals(which) => self.links.set(which, Condition::Well),
            Step::LinkSlows(step) => self.links.slows(step),
        }
    }

    async fn start(&mut self, at: &Option<String>) -> Result<(), Failure> {
        let address = self.environments.start(at).await?;
        self.links.lead(at.as_deref().unwrap_or_default(), address);
        Ok(())
    }

    /// Stops the nodes, and looks for what nobody expected: by then all that was to be sent has been.
    async fn end(&mut self) -> Result<(), Failure> {
        self.environments.stop_all().await?;
        self.phones.nothing_left()?;
        self.vendors.nothing_left()?;
        self.carriers.nothing_left()
    }

    /// All that helps to see why.
    async fn report(&self, place: &str, failure: &Failure) -> String {
        let mut report = format!("{place}:\n  {failure}\n");
        for (name, sent) in &self.messages {
            report += &format!("the message \"{name}\":\n{}\n", self.environments.story(&sent.id).await);
        }
        let complaints = self.phones.complaints();
        report + &format!("phones could not read: {complaints:?}\n{}", self.environments.logs())
    }
}
