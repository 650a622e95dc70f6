//! `iwf doctor`: what of this installation will work, and what will not.

use clap::Args;

use super::Failure;
use super::output::say;
use super::place::Place;
use crate::doctor::{self, Weight};

/// `iwf doctor`
#[derive(Debug, Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    place: Place,
}

impl Doctor {
    /// Says what it finds; fails when anything does not work.
    pub(super) fn run(self) -> Result<(), Failure> {
        let config = self.place.load()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let findings = runtime.block_on(doctor::examine(&config, &self.place.data));
        for finding in &findings {
            say(finding)?;
        }
        match findings.iter().filter(|finding| finding.weight == Weight::Bad).count() {
            0 => Ok(()),
            1 => Err("1 thing does not work".into()),
            faults => Err(format!("{faults} things do not work").into()),
        }
    }
}
