//! A vendor: a message centre that others bind to, submit to, and hear from what became of it.
//!
//! rusmpp reads and writes its PDUs. What rusmpp can't read ends the connection, and is a complaint.

mod house;
mod pdu;
mod script;
mod session;
mod texts;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::carrier::{Receipt, Submission, Text, Unwritable};
use house::House;
pub use script::{Answer, IdForm, NoAnswer, ReceiptForm, Telling};

/// Who the vendor is.
#[derive(Debug, Clone)]
pub struct VendorOptions {
    /// What its customer binds as.
    pub system_id: String,
    /// The password of its customer.
    pub password: String,
    /// How the ids in its answers are written.
    pub ids: IdForm,
    /// How long it waits for a bind, or for an answer.
    pub patience: Duration,
    /// How many texts, and how much else, may wait to be read; what is beyond is a complaint.
    pub inbox: usize,
}

impl VendorOptions {
    /// A vendor whose ids are decimal.
    pub fn new(system_id: &str, password: &str) -> Self {
        let (system_id, password) = (system_id.to_owned(), password.to_owned());
        Self { system_id, password, ids: IdForm::Decimal, patience: Duration::from_secs(15), inbox: 1024 }
    }
}

/// A text that the vendor has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The text.
    pub text: Text,
    /// The ids that it was taken under: one for each PDU.
    pub ids: Vec<String>,
    /// The bind by which it came; the first one is 1.
    pub bind: u64,
    /// registered_delivery as it came with the last PDU.
    pub registered_delivery: u8,
}

/// What came of itself, beside texts.
#[derive(Debug)]
pub struct Inbox {
    /// The texts that were taken.
    pub texts: mpsc::Receiver<Taken>,
    /// What the customer says of texts from the vendor: submit_sm with a message type (SMPP 5.0 4.7.12).
    pub heard: mpsc::Receiver<Receipt>,
}

/// Why something came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum VendorError {
    /// Nobody has bound who could be told.
    #[error("no bind that receives was there within {0:?}")]
    NoBind(Duration),
    /// No answer came in time, or the connection ended.
    #[error("no answer came to what the vendor sent")]
    NoAnswer,
    /// Nothing was sent.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// A message centre on loopback. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Vendor {
    address: SocketAddr,
    shared: Arc<Shared>,
    patience: Duration,
    ids: IdForm,
    listener: AbortHandle,
}

/// What all connections of a vendor know.
#[derive(Debug)]
struct Shared {
    house: Mutex<House>,
    /// Somebody bound, or is gone.
    changed: Notify,
}

impl Shared {
    fn house(&self) -> MutexGuard<'_, House> {
        self.house.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Vendor {
    /// Listens on a port that the system chooses.
    pub async fn start(options: VendorOptions) -> io::Result<(Self, Inbox)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (patience, ids) = (options.patience, options.ids);
        let (house, inbox) = House::new(options);
        let shared = Arc::new(Shared { house: Mutex::new(house), changed: Notify::new() });
        let listener = tokio::spawn(listen(listener, Arc::clone(&shared))).abort_handle();
        Ok((Self { address, shared, patience, ids, listener }, inbox))
    }

    /// Where it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How the next texts are answered, one each; the last answer stays.
    pub fn answer(&self, answers: &[Answer]) {
        self.shared.house().answer(answers);
    }

    /// Refuses so many binds, each with its command_status, before one is taken again.
    pub fn refuse(&self, statuses: &[u32]) {
        self.shared.house().refuse(statuses);
    }

    /// Waits until at least so many binds are there.
    pub async fn bound(&self, binds: usize) -> Result<(), VendorError> {
        self.until(|house| (house.bound() >= binds).then_some(())).await
    }

    /// Tells what became of a text, once for each PDU that it came in, and waits for the answers. Those that are not
    /// ESME_ROK are returned.
    pub async fn tell(&self, of: &Taken, telling: &Telling) -> Result<Vec<u32>, VendorError> {
        let mut refused = Vec::new();
        for id in &of.ids {
            let told = telling.id.map_or_else(|| id.clone(), |form| self.ids.convert(id, form));
            let octets = pdu::receipt(&told, &of.text, telling)?;
            let heard = self.until(|house| house.send(&octets, of.bind, telling.elsewhere)).await?;
            refused.extend(Some(self.heard(heard).await?).filter(|status| *status != 0));
        }
        Ok(refused)
    }

    /// Sends a text to its customer, and tells the command_status of the answer.
    pub async fn send(&self, text: &Submission) -> Result<u32, VendorError> {
        let octets = pdu::text(text)?;
        let heard = self.until(|house| house.send(&octets, 0, false)).await?;
        self.heard(heard).await
    }

    async fn heard(&self, status: oneshot::Receiver<u32>) -> Result<u32, VendorError> {
        timeout(self.patience, status).await.ok().and_then(Result::ok).ok_or(VendorError::NoAnswer)
    }

    /// Looks each time that somebody has bound or is gone.
    async fn until<T>(&self, mut look: impl FnMut(&mut House) -> Option<T>) -> Result<T, VendorError> {
        let seen = async {
            loop {
                let changed = self.shared.changed.notified();
                if let Some(found) = look(&mut self.shared.house()) {
                    return found;
                }
                changed.await;
            }
        };
        timeout(self.patience, seen).await.map_err(|_| VendorError::NoBind(self.patience))
    }

    /// What the vendor could not read, or nobody took.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.house().complaints()
    }
}

impl Drop for Vendor {
    fn drop(&mut self) {
        self.listener.abort();
        self.shared.house().close();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(session::serve(stream, Arc::clone(&shared)));
    }
}

#[cfg(test)]
mod tests;
