//! Asking a server whether it is there: OPTIONS outside of a dialog (RFC 3261 11).

use bytes::Bytes;
use iwf_model::Transport;

use crate::error::Malformed;
use crate::message::{Builder, Method, Name, Uri, Via};

/// One such question.
#[derive(Debug, Clone, Copy)]
pub struct Ping<'a> {
    /// Whom it is for; a URI that can be sent to, mostly without a user.
    pub uri: &'a str,
    /// What carries it.
    pub transport: Transport,
    /// `host:port` where the answer is heard.
    pub sent_by: &'a str,
    /// A random number that no other question has.
    pub random: u64,
    /// What we call ourselves.
    pub user_agent: &'a str,
}

impl Ping<'_> {
    /// The request as it goes on the wire. It goes no further than the next server: with no hop left that one
    /// answers in its own name (RFC 3261 11, 16.3). An error means that the URI is none.
    pub fn request(&self) -> Result<Bytes, Malformed> {
        let Self { transport, sent_by, random, user_agent, .. } = *self;
        let (uri, cookie) = (Uri::parse(self.uri)?.without_headers(), Via::COOKIE);
        let transport = transport.as_str();
        let via = format_args!("SIP/2.0/{transport} {sent_by};rport;branch={cookie}{random:016x}");
        Ok(Builder::request(Method::Options, uri)
            .header(Name::Via, via)
            .header(Name::MaxForwards, 0)
            .header(Name::From, format_args!("<sip:ping@{sent_by}>;tag={random:016x}"))
            .header(Name::To, format_args!("<{uri}>"))
            .header(Name::CallId, format_args!("{random:016x}@{sent_by}"))
            .header(Name::CSeq, "1 OPTIONS")
            .header(Name::UserAgent, user_agent)
            .finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Request;

    fn ping(uri: &str) -> Result<Bytes, Malformed> {
        let transport = Transport::Udp;
        Ping { uri, transport, sent_by: "192.0.2.1:5070", random: 7, user_agent: "iwf" }.request()
    }

    #[test]
    fn the_question_is_a_whole_request_that_goes_no_further() {
        let request = Request::parse(ping("sip:proxy.example.com;transport=udp?X=y").unwrap()).unwrap();
        assert_eq!(request.method(), Method::Options);
        assert_eq!(request.request_uri_text(), "sip:proxy.example.com;transport=udp");
        assert_eq!(request.header(Name::MaxForwards), Some("0"));
        let via = Via::parse(request.header(Name::Via).unwrap()).unwrap();
        assert!(via.asks_rport() && via.unique_branch().is_some());
    }

    #[test]
    fn what_is_no_uri_is_not_asked() {
        assert!(ping("proxy").is_err());
    }
}
