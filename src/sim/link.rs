//! A link between two systems that can fail: connections to it are led on to the other end, for as long as it is well.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::sleep;

/// How the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// What goes in comes out.
    Well,
    /// Connections are closed, and new ones as soon as they are made.
    Cut,
    /// Connections stay, and what goes in waits.
    Stalled,
    /// Whatever goes in, in either direction, comes out so much later.
    Slow(Duration),
}

/// A TCP proxy on loopback. Dropping it closes all its connections.
#[derive(Debug)]
pub struct Link {
    address: SocketAddr,
    condition: watch::Sender<Condition>,
    target: watch::Sender<Option<SocketAddr>>,
    listener: AbortHandle,
}

impl Link {
    /// Listens on a port that the system chooses; connections wait until there is a target.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (condition, conditions) = watch::channel(Condition::Well);
        let (target, targets) = watch::channel(None);
        let listener = tokio::spawn(listen(listener, conditions, targets)).abort_handle();
        Ok(Self { address, condition, target, listener })
    }

    /// Where its near end is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads new connections there.
    pub fn lead_to(&self, target: SocketAddr) {
        self.target.send_replace(Some(target));
    }

    /// From now on the link is so, and so are its connections.
    pub fn set(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.listener.abort();
        self.set(Condition::Cut);
    }
}

async fn listen(
    listener: TcpListener,
    conditions: watch::Receiver<Condition>,
    targets: watch::Receiver<Option<SocketAddr>>,
) {
    while let Ok((near, _)) = listener.accept().await {
        if *conditions.borrow() != Condition::Cut {
            tokio::spawn(lead(near, conditions.clone(), targets.clone()));
        }
    }
}

/// One connection, until either end or the link ends it.
async fn lead(
    near: TcpStream,
    mut condition: watch::Receiver<Condition>,
    mut target: watch::Receiver<Option<SocketAddr>>,
) -> Option<()> {
    let target = (*target.wait_for(Option::is_some).await.ok()?)?;
    let far = tokio::select! {
        far = TcpStream::connect(target) => far.ok()?,
        _ = condition.wait_for(|now| *now == Condition::Cut) => return None,
    };
    near.set_nodelay(true).ok()?;
    far.set_nodelay(true).ok()?;
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    // When one direction ends, so does the other.
    tokio::select! {
        end = carry(near_in, far_out, condition.clone()) => end,
        end = carry(far_in, near_out, condition) => end,
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut condition: watch::Receiver<Condition>,
) -> Option<()> {
    let mut octets = vec![0; 16 * 1024];
    loop {
        let count = tokio::select! {
            count = from.read(&mut octets) => count.ok().filter(|count| *count > 0)?,
            _ = condition.wait_for(|now| *now == Condition::Cut) => return None,
        };
        let now = *condition.borrow();
        if let Condition::Slow(delay) = now {
            sleep(delay).await;
        }
        let now = *condition.wait_for(|now| *now != Condition::Stalled).await.ok()?;
        if now == Condition::Cut {
            return None;
        }
        to.write_all(octets.get(..count)?).await.ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, timeout};

    const PATIENCE: Duration = Duration::from_secs(20);

    /// A server that sends back what it gets, and a link to it.
    async fn echo() -> Link {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let link = Link::start().await.unwrap();
        link.lead_to(server.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = server.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    tokio::io::copy(&mut from, &mut to).await
                });
            }
        });
        link
    }

    async fn say(stream: &mut TcpStream) -> io::Result<u8> {
        stream.write_all(b"x").await?;
        timeout(PATIENCE, stream.read_u8()).await.expect("it answers or closes")
    }

    #[tokio::test]
    async fn a_link_that_is_cut_closes_what_is_there_and_what_comes_until_it_heals() {
        let link = echo().await;
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        assert_eq!(say(&mut stream).await.unwrap(), b'x');
        link.set(Condition::Cut);
        assert!(timeout(PATIENCE, stream.read_u8()).await.unwrap().is_err());
        let mut other = TcpStream::connect(link.address()).await.unwrap();
        assert!(say(&mut other).await.is_err());
        link.set(Condition::Well);
        let mut third = TcpStream::connect(link.address()).await.unwrap();
        assert_eq!(say(&mut third).await.unwrap(), b'x');
    }

    #[tokio::test]
    async fn a_link_that_stalls_holds_what_it_has_until_it_heals() {
        let link = echo().await;
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        assert_eq!(say(&mut stream).await.unwrap(), b'x');
        link.set(Condition::Stalled);
        stream.write_all(b"y").await.unwrap();
        assert!(timeout(Duration::from_millis(50), stream.read_u8()).await.is_err());
        link.set(Condition::Well);
        assert_eq!(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap(), b'y');
    }

    #[tokio::test]
    async fn a_slow_link_takes_its_time_in_both_directions() {
        let link = echo().await;
        let mut stream = TcpStream::connect(link.address()).await.unwrap();
        link.set(Condition::Slow(Duration::from_millis(40)));
        let start = Instant::now();
        assert_eq!(say(&mut stream).await.unwrap(), b'x');
        assert!(start.elapsed() >= Duration::from_millis(80));
    }
}
