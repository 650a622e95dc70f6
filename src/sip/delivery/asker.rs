//! Which device of an account a notice is for: the one that sent the text. Others of the account may not read notices.

use iwf_model::{Binding, Flow, Notice};

use super::fingerprint;
use super::form::reads_cpim;
use crate::ims::is_offered_by;

/// Whether a notice is for this device of the account.
///
/// The device that sent the text is known again by its instance, or without one by what its app calls itself, or by
/// its contact. Where the app did not say who it is, notices are for those that say they read them.
pub fn is_for(notice: &Notice, binding: &Binding) -> bool {
    if notice.asked.short.is_some() && !is_offered_by(&binding.params) {
        return false;
    }
    match notice.asked.device {
        UNKNOWN => reads_cpim(binding),
        device => names(binding).any(|name| fingerprint(name.as_bytes()) == device),
    }
}

/// The device that a request came from, as a number that stays the same when it registers anew.
pub(crate) fn device(bindings: &[Binding], flow: Flow, user_agent: &str) -> u64 {
    let is_same = |other: Flow| other.peer() == flow.peer() && other.transport() == flow.transport();
    // Behind a proxy all apps have one flow.
    let mut same = bindings.iter().filter(|it| is_same(it.flow) && it.user_agent == user_agent);
    let mut first = same.next().into_iter().filter_map(|binding| names(binding).next());
    let named = first.next().filter(|name| same.all(|other| names(other).next() == Some(*name)));
    match named.unwrap_or(user_agent) {
        "" => UNKNOWN,
        name => fingerprint(name.as_bytes()),
    }
}

/// A device, as such a number.
pub(crate) fn device_of(binding: &Binding) -> u64 {
    names(binding).next().map_or(UNKNOWN, |name| fingerprint(name.as_bytes()))
}

/// Nobody knows which.
const UNKNOWN: u64 = 0;

/// What a device may be known by, the best first.
fn names(binding: &Binding) -> impl Iterator<Item = &str> {
    let app = Some(&*binding.user_agent).filter(|name| !name.is_empty());
    [binding.instance.as_deref(), app, Some(&*binding.contact)].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::super::tests::binding;
    use super::*;
    use iwf_model::{Asked, MessageId, Tidings};

    fn notice(device: u64) -> Notice {
        let asked =
            Asked { name: "n".into(), written_at: String::new(), to: "sip:2@a".into(), device, short: None };
        Notice { about: MessageId::compose(1, 2, 3).unwrap(), tells: Tidings::Delivered, asked }
    }

    fn app(instance: &str, user_agent: &str, port: u16) -> Binding {
        Binding {
            instance: (!instance.is_empty()).then(|| instance.into()),
            user_agent: user_agent.into(),
            contact: format!("sip:1@192.0.2.7:{port}"),
            flow: Flow::datagrams(([192, 0, 2, 7], port).into()),
            ..binding()
        }
    }

    #[test]
    fn the_device_that_sent_the_text_is_known_again_wherever_it_registers() {
        let devices =
            [app("<urn:uuid:1>", "A/1", 1), app("<urn:uuid:2>", "A/1", 2), app("", "B/1", 3), app("", "", 4)];
        for (at, device) in devices.iter().enumerate() {
            let notice = notice(super::device(&devices, device.flow, &device.user_agent));
            let meant: Vec<_> = devices.iter().map(|other| is_for(&notice, other)).collect();
            let expected: Vec<_> = (0..devices.len()).map(|other| other == at).collect();
            assert_eq!(meant, expected, "{at}");
        }
        let notice = notice(super::device(&devices, devices[0].flow, "A/1"));
        assert!(is_for(&notice, &app("<urn:uuid:1>", "A/2", 9)), "after an update, over another flow");
        let notice = self::notice(super::device(&devices, devices[2].flow, "B/1"));
        assert!(is_for(&notice, &app("", "B/1", 9)), "without an instance the app is known by its name");
    }

    #[test]
    fn behind_a_proxy_a_device_is_known_by_the_name_of_its_app() {
        let behind = |instance, user_agent, port| Binding {
            flow: Flow::datagrams(([192, 0, 2, 1], 5060).into()),
            ..app(instance, user_agent, port)
        };
        let devices = [
            behind("<urn:uuid:1>", "A/1", 1),
            behind("<urn:uuid:2>", "B/1", 2),
            behind("<urn:uuid:3>", "B/1", 3),
        ];
        let meant = |user_agent| {
            let notice = notice(device(&devices, devices[0].flow, user_agent));
            devices.iter().map(|device| is_for(&notice, device)).collect::<Vec<_>>()
        };
        assert_eq!(meant("A/1"), [true, false, false]);
        assert_eq!(meant("B/1"), [false, true, true], "one of two");
    }

    #[test]
    fn a_notice_to_nobody_known_is_for_devices_that_read_it() {
        let notice = notice(device(&[], binding().flow, ""));
        let reader = Binding { params: ";+org.linphone.specs=\"lime\"".into(), ..binding() };
        assert_eq!((is_for(&notice, &binding()), is_for(&notice, &reader)), (false, true));
    }
}
