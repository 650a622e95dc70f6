//! Notifications about messages (IMDN, RFC 5438): what an app tells of a text that it got, and what it is told of one
//! that it sent.

mod wishes;
mod write;
mod xml;

use iwf_model::MessageId;

use crate::error::Malformed;
pub(crate) use wishes::Wishes;
pub(crate) use write::Written;
use xml::{Piece, Xml};

/// What a notification tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Imdn {
    /// The message that it is about, as its sender named it: imdn.Message-ID, or Call-ID where that was not sent.
    pub(crate) message_id: String,
    /// What it tells.
    pub(crate) disposition: Disposition,
}

/// The dispositions (RFC 5438 section 7.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Of its delivery.
    Delivery(Status),
    /// Of what an intermediary did with it.
    Processing(Status),
    /// Of its reader.
    Display(Status),
}

/// How far the disposition came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// A device has it.
    Delivered,
    /// A device could not be given it.
    Failed,
    /// An intermediary passed it on.
    Processed,
    /// An intermediary keeps it.
    Stored,
    /// Its reader saw it.
    Displayed,
    /// Nobody may tell.
    Forbidden,
    /// Nobody knows.
    Error,
}

/// The namespace of the document; that of the CPIM headers is another.
const NAMESPACE: &str = "urn:ietf:params:xml:ns:imdn";
/// Longer names of messages are nobody's, in octets.
const MOST_ID: usize = 256;

impl Imdn {
    /// Reads a message/imdn+xml document. What it does not know, in its own namespace and in others, it leaves alone.
    /// An error when it is not well-formed, or does not name a message and a status.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, Malformed> {
        let document = std::str::from_utf8(octets).map_err(|_| Malformed)?;
        let mut xml = Xml::new(document)?;
        let mut path: Vec<&str> = Vec::new();
        let (mut message_id, mut disposition) = (String::new(), None);
        while let Some(piece) = xml.next()? {
            match piece {
                Piece::Open { namespace, name } => {
                    // Some apps name no namespace at all.
                    path.push(if matches!(namespace, NAMESPACE | "") { name } else { "" });
                    disposition = disposition.or_else(|| Disposition::at(&path));
                }
                Piece::Text(text) if path == ["imdn", "message-id"] => message_id.push_str(&text),
                Piece::Text(_) => {}
                Piece::Close => {
                    path.pop();
                }
            }
        }
        let message_id = message_id.trim().to_owned();
        let is_named = (1..=MOST_ID).contains(&message_id.len());
        disposition.filter(|_| is_named).map(|disposition| Self { message_id, disposition }).ok_or(Malformed)
    }
}

impl Imdn {
    /// The message of ours that its reader saw, if it tells of that: the imdn.Message-ID that we give is the id, and the
    /// Call-ID begins with it.
    pub(crate) fn read(&self) -> Option<MessageId> {
        if self.disposition != Disposition::Display(Status::Displayed) {
            return None;
        }
        self.message_id.split_once('.').map_or(&*self.message_id, |(id, _)| id).parse().ok()
    }
}

impl Disposition {
    /// What an element says, by its place in the document.
    fn at(path: &[&str]) -> Option<Self> {
        let ["imdn", notification, "status", status] = path else { return None };
        Some(match (*notification, *status) {
            ("delivery-notification", "delivered") => Self::Delivery(Status::Delivered),
            ("delivery-notification", "failed") => Self::Delivery(Status::Failed),
            ("delivery-notification", "forbidden") => Self::Delivery(Status::Forbidden),
            ("delivery-notification", "error") => Self::Delivery(Status::Error),
            ("processing-notification", "processed") => Self::Processing(Status::Processed),
            ("processing-notification", "stored") => Self::Processing(Status::Stored),
            ("processing-notification", "forbidden") => Self::Processing(Status::Forbidden),
            ("processing-notification", "error") => Self::Processing(Status::Error),
            ("display-notification", "displayed") => Self::Display(Status::Displayed),
            ("display-notification", "forbidden") => Self::Display(Status::Forbidden),
            ("display-notification", "error") => Self::Display(Status::Error),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(notification: &str, status: &str) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"{NAMESPACE}\">\r\n\
             <message-id> 734&amp;x </message-id><datetime>2026-11-20T09:00:00Z</datetime>\
             <recipient-uri>sip:bob@example.com</recipient-uri>\
             <{notification}><status>{status}</status></{notification}></imdn>\r\n"
        )
    }

    /// RFC 5438 section 7.2.1: each notification has its own statuses.
    #[test]
    fn every_status_is_read_where_it_belongs() {
        type Row = (&'static str, fn(Status) -> Disposition, &'static [&'static str]);
        let about: [Row; 3] = [
            ("delivery-notification", Disposition::Delivery, &["delivered", "failed", "forbidden", "error"]),
            (
                "processing-notification",
                Disposition::Processing,
                &["processed", "stored", "forbidden", "error"],
            ),
            ("display-notification", Disposition::Display, &["displayed", "forbidden", "error"]),
        ];
        let words = [
            ("delivered", Status::Delivered),
            ("failed", Status::Failed),
            ("processed", Status::Processed),
            ("stored", Status::Stored),
            ("displayed", Status::Displayed),
            ("forbidden", Status::Forbidden),
            ("error", Status::Error),
        ];
        for (notification, of, allowed) in about {
            for (word, status) in words {
                let read = Imdn::parse(document(notification, &format!("<{word}/>")).as_bytes());
                let expected = allowed.contains(&word).then(|| of(status));
                assert_eq!(
                    read.as_ref().ok().map(|imdn| imdn.disposition),
                    expected,
                    "{notification} {word}"
                );
                assert!(read.is_err() || read.is_ok_and(|imdn| imdn.message_id == "734&x"));
            }
        }
    }

    /// interworking.md C.12: linphone adds a reason in a namespace of its own; others write prefixes or nothing.
    #[test]
    fn namespaces_decide_and_strangers_are_left_alone() {
        let linphone = format!(
            "<imdn xmlns='{NAMESPACE}' xmlns:l='http://www.linphone.org/xsds/imdn.xsd'><message-id>a~b</message-id>\
             <l:status><displayed/></l:status><l:reason code=\"200\">Ok</l:reason>\
             <delivery-notification><status><delivered></delivered></status></delivery-notification></imdn>"
        );
        let delivered = Disposition::Delivery(Status::Delivered);
        let read = |document: &str| Imdn::parse(document.as_bytes()).ok();
        assert_eq!(read(&linphone), Some(Imdn { message_id: "a~b".into(), disposition: delivered }));
        let prefixed = "<i:imdn xmlns:i='urn:ietf:params:xml:ns:imdn'><i:message-id>1</i:message-id>\
            <i:delivery-notification><i:status><i:delivered/></i:status></i:delivery-notification></i:imdn>";
        assert_eq!(read(prefixed), Some(Imdn { message_id: "1".into(), disposition: delivered }));
        let without = "<imdn><message-id>1</message-id><display-notification><status><displayed/></status>\
                       </display-notification></imdn>";
        assert!(read(without).is_some());
        assert_eq!(read(&without.replace("<imdn>", "<imdn xmlns='urn:other'>")), None);
    }

    #[test]
    fn a_message_of_ours_is_known_by_its_id_and_by_its_call_id() {
        let displayed = Disposition::Display(Status::Displayed);
        let read = |message_id: &str, disposition| Imdn { message_id: message_id.into(), disposition }.read();
        let ours = "734018265501928374".parse().ok();
        for (message_id, known) in [
            ("734018265501928374", ours),
            ("734018265501928374.00ff00ff00ff00ff@example.com", ours),
            ("7340182655019283741", None),
            ("a734018265501928374", None),
            ("734018265501928374@example.com", None),
            ("", None),
        ] {
            assert_eq!(read(message_id, displayed), known, "{message_id}");
        }
        assert_eq!(read("734018265501928374", Disposition::Display(Status::Error)), None);
        assert_eq!(read("734018265501928374", Disposition::Delivery(Status::Delivered)), None);
    }

    #[test]
    fn a_notification_without_message_or_status_is_none() {
        let whole = document("display-notification", "<displayed/>");
        for broken in [
            whole.replace("734&amp;x", " "),
            whole.replace("734&amp;x", &"9".repeat(MOST_ID + 1)),
            whole.replace("message-id", "messageid"),
            whole.replace("<displayed/>", ""),
            whole.replace("<imdn", "<!DOCTYPE imdn><imdn"),
        ] {
            assert_eq!(Imdn::parse(broken.as_bytes()), Err(Malformed), "{broken}");
        }
        assert_eq!(Imdn::parse(b"\xFF"), Err(Malformed));
    }
}
