//! Names of header fields: those we use as an enum, all others as `Other`.

macro_rules! names {
    ($($variant:ident = $text:literal,)*) => {
        /// The name of a header field (RFC 3261 20 and its extensions).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// Any other; its text is kept beside it.
            Other,
        }

        impl Name {
            /// The long form, as we send it; empty for `Other`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other => "",
                }
            }
        }
    };
}

names! {
    Accept = "Accept",
    AcceptEncoding = "Accept-Encoding",
    Allow = "Allow",
    AuthenticationInfo = "Authentication-Info",
    Authorization = "Authorization",
    CSeq = "CSeq",
    CallId = "Call-ID",
    Contact = "Contact",
    ContentDisposition = "Content-Disposition",
    ContentEncoding = "Content-Encoding",
    ContentLength = "Content-Length",
    ContentType = "Content-Type",
    Date = "Date",
    Event = "Event",
    Expires = "Expires",
    From = "From",
    InReplyTo = "In-Reply-To",
    MaxForwards = "Max-Forwards",
    MinExpires = "Min-Expires",
    PAssertedIdentity = "P-Asserted-Identity",
    PPreferredIdentity = "P-Preferred-Identity",
    Path = "Path",
    Priority = "Priority",
    Privacy = "Privacy",
    ProxyAuthenticate = "Proxy-Authenticate",
    ProxyAuthorization = "Proxy-Authorization",
    ProxyRequire = "Proxy-Require",
    Reason = "Reason",
    RecordRoute = "Record-Route",
    Require = "Require",
    RetryAfter = "Retry-After",
    Route = "Route",
    Server = "Server",
    Subject = "Subject",
    Supported = "Supported",
    To = "To",
    Unsupported = "Unsupported",
    UserAgent = "User-Agent",
    Via = "Via",
    Warning = "Warning",
    WwwAuthenticate = "WWW-Authenticate",
}

impl Name {
    /// Reads a name, long or compact (RFC 3261 7.3.3), in any case.
    pub fn parse(text: &[u8]) -> Self {
        use Name::*;
        let candidates: &[Self] = match text.len() {
            1 => return Self::from_compact(text.first().copied().unwrap_or_default()),
            2 => &[To],
            3 => &[Via],
            4 => &[From, CSeq, Date, Path],
            5 => &[Route, Allow, Event],
            6 => &[Accept, Server, Reason],
            7 => &[CallId, Contact, Expires, Require, Subject, Warning, Privacy],
            8 => &[Priority],
            9 => &[Supported],
            10 => &[UserAgent],
            11 => &[MinExpires, RetryAfter, InReplyTo, Unsupported],
            12 => &[ContentType, MaxForwards, RecordRoute],
            13 => &[Authorization, ProxyRequire],
            14 => &[ContentLength],
            15 => &[AcceptEncoding],
            16 => &[ContentEncoding, WwwAuthenticate],
            18 => &[ProxyAuthenticate],
            19 => &[AuthenticationInfo, ContentDisposition, ProxyAuthorization, PAssertedIdentity],
            20 => &[PPreferredIdentity],
            _ => &[],
        };
        // Almost all are written as the RFCs write them.
        let mut names = candidates.iter();
        let exact = names.clone().find(|name| name.as_str().as_bytes() == text);
        let found = exact.or_else(|| names.find(|name| name.as_str().as_bytes().eq_ignore_ascii_case(text)));
        found.copied().unwrap_or(Other)
    }

    fn from_compact(letter: u8) -> Self {
        match letter.to_ascii_lowercase() {
            b'c' => Self::ContentType,
            b'e' => Self::ContentEncoding,
            b'f' => Self::From,
            b'i' => Self::CallId,
            b'k' => Self::Supported,
            b'l' => Self::ContentLength,
            b'm' => Self::Contact,
            b'o' => Self::Event,
            b's' => Self::Subject,
            b't' => Self::To,
            b'v' => Self::Via,
            _ => Self::Other,
        }
    }

    /// A field that may appear once only, and that something depends on: two of it are two readings of
    /// one message (RFC 4475 3.3.8, 3.3.9).
    pub const fn is_single(self) -> bool {
        matches!(
            self,
            Self::From
                | Self::To
                | Self::CallId
                | Self::CSeq
                | Self::MaxForwards
                | Self::ContentLength
                | Self::ContentType
                | Self::Expires
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Name; 41] = [
        Name::Accept,
        Name::AcceptEncoding,
        Name::Allow,
        Name::AuthenticationInfo,
        Name::Authorization,
        Name::CSeq,
        Name::CallId,
        Name::Contact,
        Name::ContentDisposition,
        Name::ContentEncoding,
        Name::ContentLength,
        Name::ContentType,
        Name::Date,
        Name::Event,
        Name::Expires,
        Name::From,
        Name::InReplyTo,
        Name::MaxForwards,
        Name::MinExpires,
        Name::PAssertedIdentity,
        Name::PPreferredIdentity,
        Name::Path,
        Name::Priority,
        Name::Privacy,
        Name::ProxyAuthenticate,
        Name::ProxyAuthorization,
        Name::ProxyRequire,
        Name::Reason,
        Name::RecordRoute,
        Name::Require,
        Name::RetryAfter,
        Name::Route,
        Name::Server,
        Name::Subject,
        Name::Supported,
        Name::To,
        Name::Unsupported,
        Name::UserAgent,
        Name::Via,
        Name::Warning,
        Name::WwwAuthenticate,
    ];

    #[test]
    fn every_name_is_found_in_any_case() {
        for name in ALL {
            assert_eq!(Name::parse(name.as_str().as_bytes()), name);
            assert_eq!(Name::parse(name.as_str().to_uppercase().as_bytes()), name);
        }
        assert_eq!(Name::Other as usize, ALL.len(), "the list above is complete");
    }

    #[test]
    fn compact_forms_are_the_long_ones() {
        for (letter, name) in [(b"v", Name::Via), (b"M", Name::Contact), (b"l", Name::ContentLength)] {
            assert_eq!(Name::parse(letter), name);
        }
        assert_eq!(Name::parse(b"z"), Name::Other);
        assert_eq!(Name::parse(b""), Name::Other);
    }
}
