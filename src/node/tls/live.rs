//! The settings that new connections get. Those that exist keep the settings they began with.

use std::fs::Metadata;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use arc_swap::{ArcSwap, ArcSwapOption};
use iwf_model::Timestamp;
use rustls::{ClientConfig, ServerConfig};
use tokio::sync::watch;

use super::files::{Loaded, Settings, TlsFault, load, load_client};
use crate::clock;
use crate::config::{TlsClientConfig, TlsConfig};
use crate::net::stopped;
use crate::telemetry::{Metrics, Reload, Side};

/// Files that settings are read from.
pub(crate) trait Source: Clone + Send + Sync + 'static {
    /// What is made of them.
    type Settings: Send + Sync + 'static;

    /// Which they are; what we show is the first, where we show something.
    fn files(&self) -> impl Iterator<Item = &Path>;

    /// Reads them.
    fn load(&self) -> Result<Loaded<Self::Settings>, TlsFault>;
}

impl Source for TlsConfig {
    type Settings = Settings;

    fn files(&self) -> impl Iterator<Item = &Path> {
        [&*self.certificate, &*self.key].into_iter().chain(self.client_ca.as_deref())
    }

    fn load(&self) -> Result<Loaded<Settings>, TlsFault> {
        load(self)
    }
}

impl Source for TlsClientConfig {
    type Settings = ClientConfig;

    fn files(&self) -> impl Iterator<Item = &Path> {
        let shown = self.shown.iter().flat_map(|(certificate, key)| [&**certificate, &**key]);
        shown.chain(self.server_ca.as_deref())
    }

    fn load(&self) -> Result<Loaded<ClientConfig>, TlsFault> {
        load_client(self)
    }
}

/// What we show and whom we trust, as the files last said it.
pub(crate) struct Live<S: Source> {
    side: Side,
    config: S,
    current: Arc<ArcSwap<S::Settings>>,
    /// When our certificate ends.
    ends: ArcSwapOption<Timestamp>,
    /// How the files looked when they were last read, whether they could be used or not.
    seen: Mutex<Vec<Look>>,
}

/// What tells one state of a file from another without reading it; `None` when it can't be looked at.
type Look = Option<(u64, Option<SystemTime>, u64)>;

/// What a listener shows and whom it trusts.
pub(crate) type LiveTls = Live<TlsConfig>;

impl LiveTls {
    /// The settings for a connection that is accepted now.
    pub(crate) fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().asking)
    }

    /// The same for a browser, which would ask a person to choose a certificate.
    pub(crate) fn for_browsers(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.load().unasking)
    }
}

impl Live<TlsClientConfig> {
    /// The settings for connections that we open, whichever they are at that time.
    pub(crate) fn trusted(&self) -> Arc<ArcSwap<ClientConfig>> {
        Arc::clone(&self.current)
    }
}

impl<S: Source> Live<S> {
    /// Reads the files.
    pub(crate) fn load(side: Side, config: &S) -> Result<Arc<Self>, TlsFault> {
        // Looked at before they are read, so that a change in between is noticed.
        let seen = Mutex::new(looks(config));
        let loaded = config.load()?;
        let current = Arc::new(ArcSwap::from_pointee(loaded.settings));
        let ends = ArcSwapOption::new(loaded.ends.map(Arc::new));
        Ok(Arc::new(Self { side, config: config.clone(), current, ends, seen }))
    }

    /// Reads the files anew, if `anyway` or if they have changed. Files that can't be used change nothing.
    pub(super) fn reload(&self, anyway: bool) -> Option<Result<(), TlsFault>> {
        let looks = looks(&self.config);
        let mut seen = self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if *seen == looks && !anyway {
            return None;
        }
        *seen = looks;
        Some(self.config.load().map(|fresh| {
            self.current.store(Arc::new(fresh.settings));
            self.ends.store(fresh.ends.map(Arc::new));
        }))
    }

    /// Whether there is anything that may change.
    pub(crate) fn has_files(&self) -> bool {
        self.config.files().next().is_some()
    }

    fn first_file(&self) -> std::path::Display<'_> {
        self.config.files().next().unwrap_or(Path::new("")).display()
    }

    /// Tells when our certificate ends: by the metric, and in the log when that is soon.
    fn tell_end(&self, metrics: &Metrics) {
        let Some(ends) = self.ends.load_full() else { return };
        metrics.tls_certificate_ends.of(self.side).set(ends.as_seconds() as f64);
        let file = self.first_file();
        if *ends <= clock::utc().after(SOON) {
            tracing::warn!(%file, %ends, "the TLS certificate has ended or ends soon: put a new one in its place");
        }
    }
}

fn looks(config: &impl Source) -> Vec<Look> {
    let look = |about: Metadata| (about.len(), about.modified().ok(), inode(&about));
    config.files().map(|file| std::fs::metadata(file).ok().map(look)).collect()
}

/// A file that was replaced by another is another, even if the two are of one age.
fn inode(about: &Metadata) -> u64 {
    #[cfg(unix)]
    return std::os::unix::fs::MetadataExt::ino(about);
    #[cfg(not(unix))]
    return u64::from(about.is_file());
}

/// So long before its end a certificate is complained about.
const SOON: Duration = Duration::from_secs(14 * 86_400);
/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Takes up files that have changed, and all of them at SIGHUP, until the node stops.
pub(crate) async fn follow<S: Source>(
    live: Arc<Live<S>>,
    metrics: Arc<Metrics>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut every = tokio::time::interval(EVERY);
    let mut hang_up = HangUp::new();
    let mut daily = tokio::time::interval(Duration::from_secs(86_400));
    loop {
        let anyway = tokio::select! {
            _ = every.tick() => false,
            _ = daily.tick() => {
                live.tell_end(&metrics);
                continue;
            }
            () = hang_up.heard() => true,
            () = stopped(&mut stopping) => return,
        };
        let looked = Arc::clone(&live);
        // Files may be on a disk that does not answer.
        match tokio::task::spawn_blocking(move || looked.reload(anyway)).await {
            Ok(Some(Ok(()))) => {
                tracing::info!(file = %live.first_file(), "TLS files were read anew; new connections get them");
                live.tell_end(&metrics);
                metrics.tls_reloads.of(Reload::Taken).increment(1);
            }
            Ok(Some(Err(fault))) => {
                tracing::error!(%fault, "the TLS files have changed and can't be used; the old ones stay in use");
                metrics.tls_reloads.of(Reload::Refused).increment(1);
            }
            Ok(None) | Err(_) => {}
        }
    }
}

/// SIGHUP, where there is one.
struct HangUp {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl HangUp {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok(),
        }
    }

    async fn heard(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
