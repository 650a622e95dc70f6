//! What the network says of datagrams that could not be delivered (RFC 3261 18.4).
//!
//! A socket that is not connected to one peer hears of it only if it asks to, and then by a queue of its own, of which the
//! system gives a sign with an error of any other call.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};

use nix::libc::{self, SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6};
use nix::sys::socket::sockopt::{Ipv4RecvErr, Ipv6RecvErr};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt};

/// How many are taken at a time; the rest is there the next time.
const MOST: usize = 64;
/// "Destination unreachable" of ICMP (RFC 792) and of ICMPv6 (RFC 4443 3.1).
const UNREACHABLE: (u8, u8) = (3, 1);

/// Has a socket hear of it.
pub(super) fn listen(socket: &impl AsFd, is_ipv4: bool) -> io::Result<()> {
    let asked =
        if is_ipv4 { setsockopt(socket, Ipv4RecvErr, &true) } else { setsockopt(socket, Ipv6RecvErr, &true) };
    asked.map_err(io::Error::from)
}

/// Adds those whom a datagram did not reach, each once.
pub(super) fn take(socket: &impl AsRawFd, peers: &mut Vec<SocketAddr>) {
    let mut control = nix::cmsg_space!(libc::sock_extended_err, libc::sockaddr_in6);
    for _ in 0..MOST {
        let (mut octet, flags) = ([0], MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT);
        let mut parts = [IoSliceMut::new(&mut octet)];
        let told = recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags);
        let Ok(told) = told else { return };
        let mut words = told.cmsgs().into_iter().flatten();
        if let Some(peer) = told.address.as_ref().and_then(address)
            && words.any(|word| is_unreachable(&word))
            && !peers.contains(&peer)
        {
            peers.push(peer);
        }
    }
}

/// One that a router could send in passing (time exceeded, fragmentation needed) says nothing of the peer.
fn is_unreachable(word: &ControlMessageOwned) -> bool {
    match word {
        ControlMessageOwned::Ipv4RecvErr(error, _) => {
            (error.ee_origin, error.ee_type) == (SO_EE_ORIGIN_ICMP, UNREACHABLE.0)
                && error.ee_errno != libc::EMSGSIZE as u32
        }
        ControlMessageOwned::Ipv6RecvErr(error, _) => {
            (error.ee_origin, error.ee_type) == (SO_EE_ORIGIN_ICMP6, UNREACHABLE.1)
        }
        _ => false,
    }
}

fn address(storage: &SockaddrStorage) -> Option<SocketAddr> {
    let v4 = storage.as_sockaddr_in().map(|v4| SocketAddr::V4(SocketAddrV4::from(*v4)));
    v4.or_else(|| storage.as_sockaddr_in6().map(|v6| SocketAddr::V6(SocketAddrV6::from(*v6))))
}
