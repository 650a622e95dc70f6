//! One message at a time to each device, in order (RFC 3428 section 8: no second MESSAGE to a URI while
//! one is pending).

use std::collections::{HashMap, VecDeque};

use std::hash::{DefaultHasher, Hash, Hasher};

use iwf_model::{ConnectionId, Message, MessageId};

use crate::delivery::Device;

/// How many texts to one carrier, or over one connection, may be under way at a time.
const LANES: u64 = 512;

/// The lane that a text to a carrier takes: texts from one sender to one number have the same, so they stay in
/// order, and others do not wait for them.
pub fn carrier_lane(message: &Message) -> Device {
    lane(message.recipient, message)
}

/// The lane that a text takes over a connection, in the same way.
pub fn connection_lane(connection: ConnectionId, message: &Message) -> Device {
    lane(connection, message)
}

fn lane(of: impl Hash, message: &Message) -> Device {
    let mut hasher = DefaultHasher::new();
    (&message.submission.source, &message.submission.destination).hash(&mut hasher);
    let lane = hasher.finish() % LANES;
    let mut hasher = DefaultHasher::new();
    (of, lane).hash(&mut hasher);
    Device(hasher.finish())
}

/// The queue before each device that has something under way. A device at rest takes no room.
#[derive(Debug, Default)]
pub struct Lanes {
    lanes: HashMap<Device, VecDeque<MessageId>>,
}

impl Lanes {
    /// Puts a message in the lane of a device; true: the lane was free, send it now.
    pub fn enter(&mut self, device: Device, message: MessageId) -> bool {
        let lane = self.lanes.entry(device).or_default();
        lane.push_back(message);
        lane.len() == 1
    }

    /// The message at the head is done with: says which one is to be sent next.
    ///
    /// The head stays in its lane while it is under way, so a lane is never empty.
    pub fn leave(&mut self, device: Device) -> Option<MessageId> {
        let lane = self.lanes.get_mut(&device)?;
        lane.pop_front();
        let next = lane.front().copied();
        if next.is_none() {
            self.lanes.remove(&device);
        }
        next
    }

    /// How many messages are in lanes, under way or behind one that is, to this device.
    pub fn len(&self, device: Device) -> usize {
        self.lanes.get(&device).map_or(0, VecDeque::len)
    }

    /// Whether nothing is under way.
    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tests::id;

    #[test]
    fn a_device_gets_one_at_a_time_in_order() {
        let (mut lanes, phone, tablet) = (Lanes::default(), Device(1), Device(2));
        assert!(lanes.enter(phone, id(1)));
        assert!(!lanes.enter(phone, id(2)));
        assert!(!lanes.enter(phone, id(3)));
        assert!(lanes.enter(tablet, id(1)), "another device has a lane of its own");
        assert_eq!(lanes.leave(phone), Some(id(2)));
        assert_eq!(lanes.leave(phone), Some(id(3)));
        assert_eq!(lanes.leave(phone), None);
        assert_eq!(lanes.leave(tablet), None);
        assert!(lanes.is_empty());
        assert!(lanes.enter(phone, id(4)), "a lane at rest is free");
    }
}
