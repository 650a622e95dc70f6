//! The requests of the phone: REGISTER and MESSAGE, with the answer to a challenge.

use std::sync::PoisonError;
use std::time::Instant;

use rsip::headers::UntypedHeader;
use rsip::{Header, Method, StatusCode};
use tokio::sync::oneshot;

use super::agent::Command;
use super::digest::{Challenge, Credentials};
use super::notice::Wishes;
use super::{Exchange, Phone, PhoneError, Registration, Transport, token};

/// What stays the same, or counts up, over the requests of a phone.
#[derive(Debug)]
pub(super) struct Dialog {
    registration: String,
    tag: String,
    cseq: u32,
    challenge: Option<(Challenge, Kind)>,
    nonce_count: u32,
}

/// Whether a server or a proxy asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Www,
    Proxy,
}

impl Dialog {
    pub(super) fn new() -> Self {
        Self {
            registration: format!("{}@phone", token()),
            tag: token(),
            cseq: 0,
            challenge: None,
            nonce_count: 0,
        }
    }
}

/// A request without what is the same in all of them.
struct Draft {
    method: Method,
    uri: String,
    to: String,
    call_id: String,
    headers: Vec<Header>,
    body: Vec<u8>,
}

impl Phone {
    pub(super) async fn bind(&self, expires: u32) -> Result<Registration, PhoneError> {
        let contact = &self.contact;
        let registrar = format!("sip:{}", self.options.server);
        let call_id = self.dialog.lock().unwrap_or_else(PoisonError::into_inner).registration.clone();
        let draft = Draft {
            method: Method::Register,
            uri: registrar,
            to: self.aor(&self.options.username),
            call_id,
            headers: vec![
                Header::Contact(format!("<{contact}>{}", self.options.contact_params).into()),
                Header::Expires(expires.to_string().into()),
            ],
            body: Vec::new(),
        };
        let mut exchanges = Vec::new();
        let response = self.request("REGISTER", draft, &mut exchanges).await?;
        let contacts: Vec<String> = response
            .headers
            .iter()
            .filter_map(|header| match header {
                Header::Contact(value) => Some(value.value().to_owned()),
                _ => None,
            })
            .collect();
        Ok(Registration { granted: granted(&contacts, contact), contacts, exchanges })
    }

    /// Sends a text to `number` and tells the final status, 2xx or not.
    pub async fn send(&self, number: &str, text: &str) -> Result<u16, PhoneError> {
        self.say(number, "text/plain;charset=UTF-8", text.into(), &[]).await
    }

    /// Sends a text that asks to be told of it (RFC 5438), and tells the final status.
    pub async fn ask(&self, number: &str, text: &str, wishes: &Wishes) -> Result<u16, PhoneError> {
        let (own, recipient) = (self.aor(&self.options.username), self.aor(number));
        let body = format!(
            "From: <{own}>\r\nTo: <{recipient}>\r\nDateTime: 2026-11-20T10:00:00+01:00\r\n\
             NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {}\r\n\
             imdn.Disposition-Notification: {}\r\n\r\n\
             Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n{text}",
            wishes.name,
            wishes.dispositions,
            text.len()
        );
        let validity = wishes.validity.map(|seconds| Header::Expires(seconds.to_string().into()));
        self.say(number, "message/cpim", body.into_bytes(), validity.as_slice()).await
    }

    /// Tells `number` that its message was read (RFC 5438), and what that is answered. `of` is the message as its sender
    /// named it, or the Call-ID under which it came.
    pub async fn read(&self, number: &str, of: &str) -> Result<u16, PhoneError> {
        let (own, sender, name) = (self.aor(&self.options.username), self.aor(number), token());
        let body = format!(
            "From: <{own}>\r\nTo: <{sender}>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: {name}\r\n\r\n\
             Content-Type: message/imdn+xml\r\nContent-Disposition: notification\r\n\r\n\
             <?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\">\
             <message-id>{of}</message-id><datetime>2026-11-20T09:00:00Z</datetime>\
             <display-notification><status><displayed/></status></display-notification></imdn>\r\n"
        );
        self.say(number, "message/cpim", body.into_bytes(), &[]).await
    }

    /// Sends an RPDU to the service centre `user` (3GPP TS 24.341), and tells what that is answered. `about` is the Call-ID
    /// of what it reports on.
    pub async fn send_unit(&self, user: &str, unit: Vec<u8>, about: Option<&str>) -> Result<u16, PhoneError> {
        let about = about.map(|call_id| Header::InReplyTo(call_id.into()));
        self.say(user, "application/vnd.3gpp.sms", unit, about.as_slice()).await
    }

    async fn say(
        &self,
        number: &str,
        content_type: &str,
        body: Vec<u8>,
        more: &[Header],
    ) -> Result<u16, PhoneError> {
        let to = self.aor(number);
        let mut headers = vec![Header::ContentType(content_type.into())];
        headers.extend_from_slice(more);
        let draft = Draft {
            method: Method::Message,
            uri: to.clone(),
            to,
            call_id: format!("{}@phone", token()),
            headers,
            body,
        };
        match self.request("MESSAGE", draft, &mut Vec::new()).await {
            Ok(response) => Ok(response.status_code.code()),
            Err(PhoneError::Refused(_, status)) => Ok(status),
            Err(error) => Err(error),
        }
    }

    fn aor(&self, user: &str) -> String {
        format!("sip:{user}@{}", self.options.server)
    }

    /// Where the phone sends from; a TCP phone connects for it.
    async fn address(&self) -> Result<std::net::SocketAddr, PhoneError> {
        let (ask, told) = oneshot::channel();
        let _ = self.commands.send(Command::Address(ask)).await;
        Ok(told.await.map_err(|_| PhoneError::NoAnswer("the phone's own task"))??)
    }

    /// Sends a request, answers one challenge, and tells the 2xx.
    async fn request(
        &self,
        name: &'static str,
        draft: Draft,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<rsip::Response, PhoneError> {
        let mut challenged = false;
        loop {
            let response = self.transact(name, &draft, exchanges).await?;
            let status = response.status_code.code();
            match response.status_code {
                StatusCode::Unauthorized | StatusCode::ProxyAuthenticationRequired if !challenged => {
                    self.remember(name, &response)?;
                    challenged = true;
                }
                _ if (200..300).contains(&status) => return Ok(response),
                _ => return Err(PhoneError::Refused(name, status)),
            }
        }
    }

    fn remember(&self, name: &'static str, response: &rsip::Response) -> Result<(), PhoneError> {
        let offered: Vec<(&str, Kind)> = response
            .headers
            .iter()
            .filter_map(|header| match header {
                Header::WwwAuthenticate(value) => Some((value.value(), Kind::Www)),
                Header::ProxyAuthenticate(value) => Some((value.value(), Kind::Proxy)),
                _ => None,
            })
            .collect();
        let understood = offered
            .iter()
            .find_map(|(value, kind)| Challenge::parse(value).map(|challenge| (challenge, *kind)));
        let Some(challenge) = understood else {
            let first = offered.first().map_or("none", |(value, _)| value);
            return Err(PhoneError::Challenge(name, first.to_owned()));
        };
        let mut dialog = self.dialog.lock().unwrap_or_else(PoisonError::into_inner);
        dialog.challenge = Some(challenge);
        dialog.nonce_count = 0;
        Ok(())
    }

    async fn transact(
        &self,
        name: &'static str,
        draft: &Draft,
        exchanges: &mut Vec<Exchange>,
    ) -> Result<rsip::Response, PhoneError> {
        let address = self.address().await?;
        let branch = format!("z9hG4bK{}", token());
        let transport = match self.options.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        let via = format!("SIP/2.0/{transport} {address};branch={branch};rport");
        let request = self.write(draft, via).map_err(|error| PhoneError::Unwritable(name, error))?;
        let (response, answered) = oneshot::channel();
        exchanges.push(Exchange { at: Instant::now(), sent: true, what: name.to_owned() });
        let _ = self.commands.send(Command::Transact { branch, request, response }).await;
        let response = answered.await.map_err(|_| PhoneError::NoAnswer(name))?;
        exchanges.push(Exchange { at: Instant::now(), sent: false, what: response.status_code.to_string() });
        Ok(response)
    }

    fn write(&self, draft: &Draft, via: String) -> Result<Vec<u8>, rsip::Error> {
        let mut dialog = self.dialog.lock().unwrap_or_else(PoisonError::into_inner);
        dialog.cseq += 1;
        let mut headers = vec![
            Header::Via(via.into()),
            Header::MaxForwards("70".into()),
            Header::From(format!("<{}>;tag={}", self.aor(&self.options.username), dialog.tag).into()),
            Header::To(format!("<{}>", draft.to).into()),
            Header::CallId(draft.call_id.clone().into()),
            Header::CSeq(format!("{} {}", dialog.cseq, draft.method).into()),
        ];
        headers.extend(draft.headers.iter().cloned());
        if let Some((challenge, kind)) = dialog.challenge.clone() {
            dialog.nonce_count += 1;
            let who = Credentials {
                username: &self.options.username,
                password: &self.options.password,
                method: &draft.method.to_string(),
                uri: &draft.uri,
            };
            let answer = challenge.answer(who, dialog.nonce_count, &token());
            headers.push(match kind {
                Kind::Www => Header::Authorization(answer.into()),
                Kind::Proxy => Header::ProxyAuthorization(answer.into()),
            });
        }
        headers.push(Header::UserAgent("iwf-sim phone".into()));
        headers.push(Header::ContentLength(draft.body.len().to_string().into()));
        let request = rsip::Request {
            method: draft.method,
            uri: rsip::Uri::try_from(draft.uri.as_str())?,
            version: rsip::Version::V2,
            headers: headers.into(),
            body: Vec::new(),
        };
        // rsip writes a body as text, which an RPDU is not.
        Ok([request.to_string().as_bytes(), &draft.body].concat())
    }
}

/// The `expires` beside our own contact, wherever it stands among the others.
fn granted(contacts: &[String], ours: &str) -> u32 {
    contacts
        .iter()
        .flat_map(|value| value.split(','))
        .find(|value| value.contains(&format!("<{ours}>")))
        .and_then(|value| value.split(";expires=").nth(1))
        .and_then(|rest| rest.split(';').next())
        .and_then(|seconds| seconds.trim().parse().ok())
        .unwrap_or(0)
}
