//! Where the configuration and the data are.

use std::path::PathBuf;

use clap::Args;

use crate::config::{self, Config, Faults};

/// Where the configuration and the data are.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The configuration file; without one everything has its default
    #[arg(long, value_name = "FILE", env = "IWF_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// The directory of the data
    #[arg(long, value_name = "DIR", env = "IWF_DATA", default_value = "./data")]
    pub(super) data: PathBuf,
}

impl Place {
    /// The configuration: defaults, file, environment.
    pub(super) fn load(&self) -> Result<Config, Faults> {
        config::load(self.config.as_deref(), config::process_variables())
    }
}
