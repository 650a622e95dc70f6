//! Push (RFC 8599): an app that sleeps is woken through the provider that it registered, and registers.
//!
//! - `template`: the texts of a push
//! - `provider`: one configured provider: how it is asked, and what its answers mean
//! - `breaker`: a provider that fails is left alone
//!
//! When an app is to be woken, and what follows, is in `sip/waking.rs`. What a token is, nobody but its provider is told.

mod breaker;
mod provider;
mod template;

use std::sync::Arc;

use crate::config::PushConfig;
use crate::tls::TlsFault;
use provider::Provider;
pub(crate) use provider::PushEnd;
pub(crate) use template::{Escape, Template, Values};

/// All configured providers.
#[derive(Default)]
pub(crate) struct Pushers {
    providers: Vec<Arc<Provider>>,
}

impl Pushers {
    /// Makes them ready.
    pub(crate) fn new(configs: &[PushConfig]) -> Result<Self, TlsFault> {
        let providers = configs.iter().map(|config| Provider::new(config.clone()).map(Arc::new));
        Ok(Self { providers: providers.collect::<Result<_, _>>()? })
    }

    /// Asks for an app to be woken; resolves when the provider has decided. Sender and text leave the house only where
    /// the configuration says so.
    pub(crate) fn wake(&self, values: Values) -> impl Future<Output = PushEnd> + Send + use<> {
        let named = |provider: &&Arc<Provider>| provider.name().eq_ignore_ascii_case(&values.provider);
        let provider = self.providers.iter().find(named).map(Arc::clone);
        async move {
            match provider {
                Some(provider) => provider.push(&values).await,
                None => PushEnd::Refused,
            }
        }
    }

    /// Whether a text may stand in the pushes of this provider.
    pub(crate) fn tells_text(&self, name: &str) -> bool {
        let named = |provider: &&Arc<Provider>| provider.name().eq_ignore_ascii_case(name);
        self.providers.iter().find(named).is_some_and(|provider| provider.tells_text())
    }
}
