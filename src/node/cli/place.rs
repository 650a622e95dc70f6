//! Where the configuration and the data are, and the store in there.

use std::path::PathBuf;

use clap::Args;
use iwf_store::{Options, Sqlite, Store};

use super::Failure;
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

/// What a command needs of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// To read what is there: there must be a store.
    Existing,
    /// To write: a store that is absent is made.
    Any,
}

impl Place {
    /// The configuration: defaults, file, environment.
    pub(super) fn load(&self) -> Result<Config, Faults> {
        config::load(self.config.as_deref(), config::process_variables())
    }

    /// Opens the store, lets `work` use it and gives back what that found.
    pub(super) fn with_store<T>(
        &self,
        need: Need,
        work: impl AsyncFnOnce(&Sqlite, Config) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let config = self.load()?;
        let path = config.store.file(&self.data);
        if need == Need::Existing && !path.exists() {
            let what = "holds no store yet: name the data directory of the node with --data, or import something first";
            return Err(format!("{} {what}", self.data.display()).into());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let store = Sqlite::open(&path, Options::tool()).await?;
            let done = work(&store, config).await;
            store.close().await?;
            done
        })
    }
}
