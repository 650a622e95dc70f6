//! A SIP request as a proxy sees it, read without any code of the product.

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    text: String,
}

impl Request {
    /// Takes one whole request from the front of what came, if there is one.
    pub(crate) fn take(octets: &mut Vec<u8>) -> Option<Self> {
        let end = octets.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&octets[..end]).into_owned();
        let length: usize = field(&head, "Content-Length").first()?.parse().ok()?;
        (octets.len() >= end + length).then(|| {
            let text: Vec<u8> = octets.drain(..end + length).collect();
            Self { text: String::from_utf8_lossy(&text).into_owned() }
        })
    }

    /// The first line.
    pub(crate) fn line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The value of a header field; empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> String {
        field(&self.text, name).first().map(|value| (*value).to_owned()).unwrap_or_default()
    }

    /// The branch of the Via.
    pub(crate) fn branch(&self) -> String {
        self.header("Via").split("branch=").nth(1).unwrap_or_default().to_owned()
    }

    /// The body.
    pub(crate) fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    /// How large it is.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// A response to it; `status` is the line after the version, and more lines of the header.
    pub(crate) fn response(&self, status: &str) -> String {
        let copied = |name: &str| format!("{name}: {}\r\n", self.header(name));
        let [via, from, call_id, cseq] = ["Via", "From", "Call-ID", "CSeq"].map(copied);
        let to = self.header("To");
        format!("SIP/2.0 {status}\r\n{via}{from}To: {to};tag=p\r\n{call_id}{cseq}Content-Length: 0\r\n\r\n")
    }
}

fn field<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    head.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
}
