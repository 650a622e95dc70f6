//! What the sender of a text wants to hear of it: the headers of a CPIM message (RFC 5438 6, RFC 3862 2.3).

use iwf_model::ReceiptRequest;

use super::MOST_ID;
use crate::submission::fields;

/// The namespace of the headers; that of the document is another.
const NAMESPACE: &str = "<urn:ietf:params:imdn>";
/// No moment takes more.
const MOST_MOMENT: usize = 40;

/// What is to be told of a text, and under which name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// imdn.Message-ID.
    pub(crate) name: String,
    /// DateTime as written; empty when there is none that could be one.
    pub(crate) written_at: String,
    /// imdn.Disposition-Notification.
    pub(crate) receipt: ReceiptRequest,
}

impl Wishes {
    /// Reads the message headers of a CPIM message. `None` when nothing is to be told, or the message has no name under
    /// which it could be.
    pub(crate) fn read(head: &[u8]) -> Option<Self> {
        let head = std::str::from_utf8(head).ok()?;
        let value = |name: &str| {
            fields(head).find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let spaces = fields(head).filter(|(name, _)| name.eq_ignore_ascii_case("NS"));
        let declared = spaces.filter_map(|(_, value)| {
            let (prefix, space) = value.split_once('<')?;
            NAMESPACE.eq_ignore_ascii_case(&format!("<{space}")).then(|| prefix.trim_ascii().to_owned())
        });
        // Some apps declare nothing.
        let prefix = declared.last().unwrap_or_else(|| String::from("imdn"));
        let receipt = receipt(&value(&format!("{prefix}.Disposition-Notification"))?)?;
        let name = value(&format!("{prefix}.Message-ID"))?;
        let is_name = (1..=MOST_ID).contains(&name.len()) && !name.contains(char::is_control);
        let written_at =
            value("DateTime").filter(|moment| is_moment(moment)).unwrap_or_default().into_owned();
        is_name.then(|| Self { name: name.into_owned(), written_at, receipt })
    }
}

/// What the words ask for, each with parameters or without; `None`: for nothing that we could tell.
fn receipt(words: &str) -> Option<ReceiptRequest> {
    let word = |word: &str| {
        let words = words.split(',').map(|word| word.split(';').next().unwrap_or_default().trim_ascii());
        words.into_iter().any(|found| found.eq_ignore_ascii_case(word))
    };
    let receipt = ReceiptRequest {
        success: word("positive-delivery"),
        failure: word("negative-delivery"),
        read: word("display"),
        ..ReceiptRequest::NONE
    };
    (receipt != ReceiptRequest::NONE).then_some(receipt)
}

/// Whether it may be a date-time (RFC 3339 5.6): it goes back to its writer as it is.
fn is_moment(text: &str) -> bool {
    let allowed = |octet: u8| octet.is_ascii_digit() || b"TtZz:+-.".contains(&octet);
    (1..=MOST_MOMENT).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "From: <sip:1@a>\r\nDateTime: 2026-11-20T10:00:00+01:00\r\nNS: imdn <urn:ietf:params:imdn>\r\n\
                         imdn.Message-ID: d834jied93rf\r\nimdn.Disposition-Notification: positive-delivery, \
                         negative-delivery, display\r\n";

    fn read(head: &str) -> Option<Wishes> {
        Wishes::read(head.as_bytes())
    }

    fn wanted(words: &str) -> Option<ReceiptRequest> {
        read(&ASKED.replace("positive-delivery, negative-delivery, display", words))
            .map(|wishes| wishes.receipt)
    }

    /// RFC 5438 7.1.1.1: what the sender writes.
    #[test]
    fn the_wishes_of_a_sender_are_read() {
        let receipt = ReceiptRequest { read: true, ..ReceiptRequest::ANY };
        let written_at = String::from("2026-11-20T10:00:00+01:00");
        let wishes = Wishes { name: "d834jied93rf".into(), written_at, receipt };
        assert_eq!(read(ASKED), Some(wishes));
    }

    /// RFC 5438 6.2: a list, each word with parameters; what we can't tell is left alone.
    #[test]
    fn each_disposition_is_asked_for_by_itself() {
        let none = ReceiptRequest::NONE;
        for (words, receipt) in [
            ("positive-delivery", Some(ReceiptRequest { success: true, ..none })),
            ("Negative-Delivery;a=b", Some(ReceiptRequest { failure: true, ..none })),
            ("processing ,display", Some(ReceiptRequest { read: true, ..none })),
            ("processing", None),
            ("", None),
        ] {
            assert_eq!(wanted(words), receipt, "{words}");
        }
    }

    /// RFC 3862 2.3: the prefix is the sender's choice.
    #[test]
    fn the_namespace_has_the_prefix_that_the_sender_gave_it() {
        let other = ASKED.replace("imdn.", "x.").replace("NS: imdn", "NS: x");
        assert_eq!(read(&other), read(ASKED));
        assert_eq!(read(&ASKED.replace("NS: imdn", "NS: x")), None, "another prefix than it declared");
        assert_eq!(read(&ASKED.replace("NS: imdn <urn:ietf:params:imdn>\r\n", "")), read(ASKED));
    }

    #[test]
    fn a_text_without_a_name_that_could_be_told_asks_for_nothing() {
        for name in [String::new(), "x".repeat(MOST_ID + 1), "a\u{7}b".into()] {
            assert_eq!(read(&ASKED.replace("d834jied93rf", &name)), None, "{name}");
        }
        assert_eq!(read(&ASKED.replace("imdn.Message-ID", "Message-ID")), None);
        assert_eq!(Wishes::read(b"imdn.Message-ID: \xFF"), None);
    }

    #[test]
    fn what_is_no_moment_is_left_away() {
        for moment in ["now", "<x/>", &"1".repeat(MOST_MOMENT + 1)] {
            let wishes = read(&ASKED.replace("2026-11-20T10:00:00+01:00", moment)).unwrap();
            assert_eq!(wishes.written_at, "", "{moment}");
        }
    }
}
