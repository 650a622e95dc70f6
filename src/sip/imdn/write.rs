//! Writes notifications (RFC 5438 7.2.1): the document, in the CPIM message that it travels in.

use std::fmt::{self, Write as _};

use iwf_model::{Notice, Tidings, Timestamp};

use super::NAMESPACE;
use crate::date::Rfc3339;

/// The body of the MESSAGE that tells of a text, as message/cpim. It asks for no notification itself (RFC 5438 7.2.1.1).
pub(crate) struct Written<'a> {
    /// What is told.
    pub(crate) notice: &'a Notice,
    /// The name of this notification: a number of ours.
    pub(crate) name: u64,
    /// Since when it is known.
    pub(crate) at: Timestamp,
    /// Who is told: the address of record, a URI.
    pub(crate) to: &'a str,
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let document = Document(self.notice).to_string();
        write!(f, "From: <{}>\r\nTo: <{}>\r\n", self.notice.asked.to, self.to)?;
        write!(f, "DateTime: {}\r\nNS: imdn <urn:ietf:params:imdn>\r\n", Rfc3339(self.at))?;
        write!(f, "imdn.Message-ID: {}\r\n\r\n", self.name)?;
        f.write_str("Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n")?;
        write!(f, "Content-Length: {}\r\n\r\n{document}", document.len())
    }
}

/// The document.
struct Document<'a>(&'a Notice);

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asked = &self.0.asked;
        let (notification, status) = match self.0.tells {
            Tidings::Delivered => ("delivery-notification", "delivered"),
            Tidings::Failed => ("delivery-notification", "failed"),
            Tidings::Displayed => ("display-notification", "displayed"),
        };
        let (name, moment, to) = (Escaped(&asked.name), Escaped(&asked.written_at), Escaped(&asked.to));
        write!(f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"{NAMESPACE}\">")?;
        write!(f, "<message-id>{name}</message-id><datetime>{moment}</datetime>")?;
        write!(f, "<recipient-uri>{to}</recipient-uri>")?;
        write!(f, "<original-recipient-uri>{to}</original-recipient-uri>")?;
        write!(f, "<{notification}><status><{status}/></status></{notification}></imdn>")
    }
}

/// Text within an element.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Disposition, Imdn, Status};
    use super::*;
    use iwf_model::{Asked, MessageId};

    fn notice(name: &str, tells: Tidings) -> Notice {
        let asked = Asked {
            name: name.into(),
            written_at: "2026-11-20T10:00:00+01:00".into(),
            to: "sip:+4915112345678@example.net;user=phone&x".into(),
            device: 0,
            short: None,
        };
        Notice { about: MessageId::compose(1, 2, 3).unwrap(), tells, asked }
    }

    /// RFC 5438 7.2.1.1: message-id and datetime are those of the text.
    #[test]
    fn a_notification_is_written_in_cpim_and_asks_for_nothing() {
        let notice = notice("d834jied93rf", Tidings::Delivered);
        let at = Timestamp::from_civil((2026, 11, 20), (9, 0, 5)).unwrap();
        let written = Written { notice: &notice, name: 7340, at, to: "sip:1111@example.com" }.to_string();
        let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\
            <message-id>d834jied93rf</message-id><datetime>2026-11-20T10:00:00+01:00</datetime>\
            <recipient-uri>sip:+4915112345678@example.net;user=phone&amp;x</recipient-uri>\
            <original-recipient-uri>sip:+4915112345678@example.net;user=phone&amp;x</original-recipient-uri>\
            <delivery-notification><status><delivered/></status></delivery-notification></imdn>";
        let expected = format!(
            "From: <sip:+4915112345678@example.net;user=phone&x>\r\nTo: <sip:1111@example.com>\r\n\
             DateTime: 2026-11-20T09:00:05Z\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 7340\r\n\r\n\
             Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\nContent-Length: {}\r\n\r\n\
             {document}",
            document.len()
        );
        assert_eq!(written, expected);
    }

    #[test]
    fn what_is_written_is_read_back_whatever_its_name() {
        for (tells, disposition) in [
            (Tidings::Delivered, Disposition::Delivery(Status::Delivered)),
            (Tidings::Failed, Disposition::Delivery(Status::Failed)),
            (Tidings::Displayed, Disposition::Display(Status::Displayed)),
        ] {
            let longest = "&".repeat(super::super::MOST_ID);
            for name in ["d834jied93rf", "<a>&amp;]]>\"'", "ü😀", &longest] {
                let document = Document(&notice(name, tells)).to_string();
                let read = Imdn::parse(document.as_bytes()).unwrap();
                assert_eq!(read, Imdn { message_id: name.into(), disposition });
            }
        }
    }
}
