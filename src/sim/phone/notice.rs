//! What a phone asks to hear of its texts, and what it hears (RFC 5438).

use super::Text;

/// What a phone wants to hear of a text.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// Its name for the text.
    pub name: String,
    /// The words of Disposition-Notification.
    pub dispositions: String,
    /// How long the text may wait, in seconds.
    pub validity: Option<u32>,
}

/// A notification that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The text that it is about, as the phone named it.
    pub of: String,
    /// `delivered`, `failed` or `displayed`.
    pub status: String,
}

impl Notice {
    /// Reads it out of what the phone got; `None`: it is a text, or not what RFC 5438 7.2.1.1 asks for.
    pub fn read(text: &Text) -> Option<Self> {
        let (head, rest) = text.body.split_once("\r\n\r\n")?;
        let (mime, document) = rest.split_once("\r\n\r\n")?;
        let wrapped = text.content_type == "message/cpim"
            && head.lines().any(|line| line == "NS: imdn <urn:ietf:params:imdn>")
            && !head.contains("Disposition-Notification")
            && mime.lines().any(|line| line == "Content-Type: message/imdn+xml")
            && mime.lines().any(|line| line == format!("Content-Length: {}", document.len()));
        let within = |name: &str| Some(document.split_once(&format!("<{name}>"))?.1.split_once("</")?.0);
        let dated = within("datetime") == Some("2026-11-20T10:00:00+01:00");
        let (of, status) = (within("message-id")?.to_owned(), within("status")?);
        let status = status.strip_prefix('<')?.strip_suffix("/>")?.to_owned();
        (wrapped && dated).then_some(Self { of, status })
    }
}
