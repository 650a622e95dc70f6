//! The registrar (RFC 3261 10.3): a pure function of the bindings there are and a REGISTER.
//!
//! It knows nothing of who may register what: it is asked after digest and authorisation. All changes of one
//! REGISTER are made or none. What lapsed is as good as gone; removing it is the driver's housekeeping.

mod device;
mod outbound;
mod push;
#[cfg(test)]
mod tests;

use std::time::Duration;

use iwf_model::{AccountId, Binding, Flow, Timestamp};

use crate::message::{Contacts, NameAddr, Scheme};
use device::{Device, is_behind_nat};
pub(crate) use outbound::first_hop;
use outbound::heeds_reg_ids;
use push::is_woken;
pub(crate) use push::{PushAsked, push_asked};
pub use push::{PushTarget, push_target, without_push};

/// How long and how many registrations are granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrarPolicy {
    /// A shorter registration is refused with 423 (RFC 3261 10.3 step 7); at most an hour, by the same clause.
    pub min_expires: Duration,
    /// Granted when the app names no time.
    pub default_expires: Duration,
    /// Granted when the app asks for more.
    pub max_expires: Duration,
    /// The same for a device that a NAT hides and that comes over UDP: such a path dies early.
    pub max_expires_behind_nat: Duration,
    /// The same for an app that is woken by push: it need not keep its way open.
    pub max_expires_with_push: Duration,
    /// The most devices of one account; one more replaces the oldest.
    pub max_bindings: usize,
    /// How often an app that asks for outbound is to show on a connection that it lives (RFC 5626 5.4, Flow-Timer);
    /// `None` leaves it to the app.
    pub flow_timer: Option<Duration>,
}

impl Default for RegistrarPolicy {
    fn default() -> Self {
        let hour = Duration::from_secs(3600);
        Self {
            min_expires: Duration::from_secs(60),
            default_expires: hour,
            max_expires: hour,
            max_expires_behind_nat: hour,
            max_expires_with_push: hour,
            max_bindings: 10,
            flow_timer: None,
        }
    }
}

/// A REGISTER from somebody who may send it.
#[derive(Debug, Clone, Copy)]
pub struct Register<'a> {
    /// Whose bindings it changes.
    pub account: AccountId,
    /// The address of record, as the app wrote it in To.
    pub aor: &'a str,
    /// Call-ID: with CSeq it orders the REGISTERs of one device.
    pub call_id: &'a str,
    /// CSeq.
    pub cseq: u32,
    /// What its Contact fields say.
    pub contacts: &'a Contacts<'a>,
    /// The Expires header, in seconds.
    pub expires: Option<u32>,
    /// How it came: of a registration through a proxy, from that proxy.
    pub flow: Flow,
    /// The proxies that want to be on the way to the device, its Path fields joined by commas (RFC 3327 5.3).
    pub path: &'a str,
    /// No proxy was on its way: it has one Via (RFC 5626 6).
    pub is_first_hop: bool,
    /// The providers that apps may be woken through.
    pub push: &'a [String],
    /// The app understands outbound: Supported has its option tag.
    pub supports_outbound: bool,
    /// What the app calls itself.
    pub user_agent: &'a str,
}

/// One change to what is registered. Keyed by account and [`Binding::key`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BindingChange {
    /// A binding is new, or refreshed.
    Put(Box<Binding>),
    /// A binding ended.
    Remove {
        /// Whose it was.
        account: AccountId,
        /// Its [`Binding::key`].
        key: String,
    },
}

/// What a REGISTER leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// What changes: removals first.
    pub changes: Vec<BindingChange>,
    /// All bindings of the account from now on: what the 200 lists.
    pub bindings: Vec<Binding>,
    /// It set a flow of a device by its number, for an app that wants to know (RFC 5626 6): Require: outbound.
    pub outbound: bool,
}

/// Why a REGISTER changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// `Contact: *` without `Expires: 0` (step 6): 400.
    #[error("Contact: * needs Expires: 0")]
    StarNeedsExpiresZero,
    /// The same Call-ID had this CSeq or a higher one (steps 6 and 7): 400, as Kamailio answers.
    #[error("CSeq is not higher than before")]
    OutOfOrder,
    /// Less than the shortest registration (step 7): 423 with Min-Expires.
    #[error("the interval is too brief")]
    TooBrief,
    /// A Contact that is no sip or sips URI: 400.
    #[error("a Contact can not be reached by SIP")]
    BadContact,
    /// Something that would have to be kept is too long: 400.
    #[error("a part of it is too long to be kept")]
    TooLong,
    /// The app wants outbound, and a proxy before us can't give it (RFC 5626 6): 439.
    #[error("the first hop lacks outbound support")]
    FirstHopLacksOutbound,
    /// A flow and another contact at once (RFC 5626 6): 400.
    #[error("a flow is registered alone")]
    SeveralFlows,
    /// More contacts in one REGISTER than an account may have: 400.
    #[error("too many contacts")]
    TooManyContacts,
}

/// The longest address of record, Call-ID, Contact URI and parameters of a Contact that are kept, in octets.
const LONGEST: usize = 1024;
/// How many characters of User-Agent are kept.
const USER_AGENT: usize = 200;

/// Applies a REGISTER to the bindings of its account (steps 6 to 8).
pub fn register(
    policy: &RegistrarPolicy,
    current: &[Binding],
    asked: &Register<'_>,
    now: Timestamp,
) -> Result<Registered, Rejected> {
    let mut set = Set {
        old: current.iter().filter(|binding| binding.expires_at > now).collect(),
        new: Vec::new(),
        by_reg_id: false,
    };
    match asked.contacts {
        Contacts::None => {}
        Contacts::Star => {
            if asked.expires != Some(0) {
                return Err(Rejected::StarNeedsExpiresZero);
            }
            set.take_old(asked, |_| true)?;
        }
        Contacts::Entries(contacts) => {
            if contacts.len() > policy.max_bindings {
                return Err(Rejected::TooManyContacts);
            }
            set.by_reg_id = heeds_reg_ids(asked, contacts)?;
            for contact in contacts {
                set.apply(policy, asked, contact, now)?;
            }
        }
    }
    set.drop_oldest(policy.max_bindings);
    Ok(set.finish(current, asked, now))
}

/// The bindings while a REGISTER is applied: nothing is changed before all of it is.
struct Set<'a> {
    /// Those from before that still hold.
    old: Vec<&'a Binding>,
    /// Those of this REGISTER.
    new: Vec<Binding>,
    /// Whether a `reg-id` tells the flows of a device apart.
    by_reg_id: bool,
}

impl Set<'_> {
    fn apply(
        &mut self,
        policy: &RegistrarPolicy,
        asked: &Register<'_>,
        contact: &NameAddr<'_>,
        now: Timestamp,
    ) -> Result<(), Rejected> {
        let uri = contact.uri();
        let device = Device::of(contact, self.by_reg_id);
        let params = device.params(contact);
        if !matches!(uri.scheme(), Scheme::Sip | Scheme::Sips) {
            return Err(Rejected::BadContact);
        }
        if [asked.aor, asked.call_id, asked.path, uri.as_str(), &params]
            .into_iter()
            .any(|kept| kept.len() > LONGEST)
        {
            return Err(Rejected::TooLong);
        }
        let granted = grant(policy, asked, contact)?;

        // The last of several entries for one device counts.
        self.new.retain(|binding| !device.is(binding, &uri));
        self.take_old(asked, |binding| device.is(binding, &uri))?;
        let Some(granted) = granted else { return Ok(()) };
        self.new.push(Binding {
            account: asked.account,
            aor: asked.aor.to_owned(),
            contact: uri.without_headers().to_owned(),
            params,
            instance: device.instance,
            reg_id: device.reg_id,
            q: contact.q(),
            call_id: asked.call_id.to_owned(),
            cseq: asked.cseq,
            flow: asked.flow,
            path: asked.path.to_owned(),
            user_agent: app(asked.user_agent),
            expires_at: now.after(granted),
        });
        Ok(())
    }

    /// Takes out the old bindings that the REGISTER ends or replaces, if it is newer than them.
    fn take_old(
        &mut self,
        asked: &Register<'_>,
        concerns: impl Fn(&Binding) -> bool,
    ) -> Result<(), Rejected> {
        let is_late = |old: &Binding| old.call_id == asked.call_id && asked.cseq <= old.cseq;
        if self.old.iter().any(|old| concerns(old) && is_late(old)) {
            return Err(Rejected::OutOfOrder);
        }
        self.old.retain(|old| !concerns(old));
        Ok(())
    }

    /// Broken apps change their Contact each time: the binding that ends first gives way.
    fn drop_oldest(&mut self, max: usize) {
        self.old.sort_by_key(|binding| binding.expires_at);
        let excess = (self.old.len() + self.new.len()).saturating_sub(max).min(self.old.len());
        self.old.drain(..excess);
    }

    fn finish(self, current: &[Binding], asked: &Register<'_>, now: Timestamp) -> Registered {
        let stays = |binding: &&Binding| {
            let new = self.new.iter();
            self.old.iter().copied().chain(new).any(|kept| kept.key() == binding.key())
        };
        let live = current.iter().filter(|binding| binding.expires_at > now);
        let mut changes: Vec<BindingChange> = live
            .filter(|binding| !stays(binding))
            .map(|gone| BindingChange::Remove { account: asked.account, key: gone.key().into_owned() })
            .collect();
        changes.extend(self.new.iter().cloned().map(|binding| BindingChange::Put(Box::new(binding))));
        let outbound = asked.supports_outbound && self.new.iter().any(|binding| binding.reg_id.is_some());
        let bindings = self.old.into_iter().cloned().chain(self.new).collect();
        Registered { changes, bindings, outbound }
    }
}

/// How long the contact is bound; `None`: it is removed (step 7).
fn grant(
    policy: &RegistrarPolicy,
    asked: &Register<'_>,
    contact: &NameAddr<'_>,
) -> Result<Option<Duration>, Rejected> {
    let named = contact.expires().or(asked.expires).map(|seconds| Duration::from_secs(u64::from(seconds)));
    let wanted = named.unwrap_or(policy.default_expires);
    if wanted.is_zero() {
        return Ok(None);
    }
    if wanted < policy.min_expires {
        return Err(Rejected::TooBrief);
    }
    if is_woken(contact, asked.push) {
        return Ok(Some(wanted.min(policy.max_expires_with_push)));
    }
    let direct_datagrams = matches!(asked.flow, Flow::Udp { .. }) && asked.path.is_empty();
    let hidden = direct_datagrams && is_behind_nat(&contact.uri(), asked.flow);
    let max = if hidden { policy.max_expires_behind_nat } else { policy.max_expires };
    Ok(Some(wanted.min(max)))
}

/// One Contact of the 200, with what is left of its time (step 8): `<uri>;params;expires=n`.
pub fn listed(binding: &Binding, now: Timestamp) -> String {
    let left = binding.expires_at.since(now).as_micros().div_ceil(1_000_000);
    format!("<{}>{};expires={left}", binding.contact, binding.params)
}

/// What an app calls itself (User-Agent), as it is kept.
pub(crate) fn app(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT).collect()
}
