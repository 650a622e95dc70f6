//! What ends a process.

use std::future::Future;

/// Listens from now on for what ends us, and resolves when it came: until something listens, a signal ends us at once.
pub(crate) fn listen_for_signals() -> impl Future<Output = ()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{Signal, SignalKind, signal};
        let mut heard = [SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok());
        async move {
            let [terminate, interrupt] = heard.each_mut().map(|signal| async move {
                match signal.as_mut().map(Signal::recv) {
                    Some(signal) => drop(signal.await),
                    None => std::future::pending().await,
                }
            });
            tokio::select! {
                () = terminate => {}
                () = interrupt => {}
            }
        }
    }
    #[cfg(not(unix))]
    async {
        drop(tokio::signal::ctrl_c().await);
    }
}
