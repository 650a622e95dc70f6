//! Addresses in header fields: From, To, Contact, Route, Path.

use std::borrow::Cow;

use super::params::{Params, quoted_end, unquote};
use super::scan::{Class, split_at, split_before, trim};
use super::uri::Uri;
use crate::error::Malformed;

/// A `name-addr` or `addr-spec` with its parameters (RFC 3261 25.1).
#[derive(Debug, Clone, Copy, Default)]
pub struct NameAddr<'a> {
    display: &'a str,
    uri: Uri<'a>,
    params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// Reads one address. Without `<>` the parameters belong to the header field, and a URI with a comma
    /// or question mark is an error (RFC 3261 20).
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let text = trim(text);
        let (display, rest) = if text.starts_with('"') {
            let end = quoted_end(text).ok_or(Malformed)?;
            let (display, rest) = text.split_at_checked(end).ok_or(Malformed)?;
            (display, trim(rest))
        } else {
            let (display, rest) = split_before(text, b'<');
            if rest.is_empty() {
                return Self::parse_bare(text);
            }
            (trim(display), rest)
        };
        if !is_display(display) {
            return Err(Malformed);
        }
        let (uri, params) = rest.strip_prefix('<').and_then(|rest| split_at(rest, b'>')).ok_or(Malformed)?;
        Ok(Self { display, uri: Uri::parse(uri)?, params: Params::parse(params)? })
    }

    fn parse_bare(text: &'a str) -> Result<Self, Malformed> {
        let (uri, params) = split_before(text, b';');
        let uri = trim(uri);
        if uri.contains([',', '?']) {
            return Err(Malformed);
        }
        Ok(Self { display: "", uri: Uri::parse(uri)?, params: Params::parse(params)? })
    }

    /// The display name without quotes; empty if there is none. For eyes only: anyone can write anything.
    pub fn display(&self) -> Cow<'a, str> {
        unquote(self.display)
    }

    /// The URI.
    pub fn uri(&self) -> Uri<'a> {
        self.uri
    }

    /// The parameters of the header field.
    pub fn params(&self) -> Params<'a> {
        self.params
    }

    /// The tag (RFC 3261 19.3), if there is one.
    pub fn tag(&self) -> Option<&'a str> {
        self.params.value("tag").filter(|tag| !tag.is_empty())
    }

    /// The `expires` parameter of a Contact in seconds; a value that is no number counts as none
    /// (RFC 3261 20.10), one beyond 2^32-1 as that.
    pub fn expires(&self) -> Option<u32> {
        self.params.value("expires").and_then(seconds)
    }

    /// The `q` parameter of a Contact times 1000, 0-1000; 1000 when there is none or it is broken.
    pub fn q(&self) -> u16 {
        self.params.value("q").and_then(thousandths).unwrap_or(1000)
    }
}

/// What the Contact fields of a message say.
#[derive(Debug, Clone)]
pub enum Contacts<'a> {
    /// There is no Contact.
    None,
    /// `Contact: *`, alone (RFC 3261 10.2.2).
    Star,
    /// One or more addresses, in order.
    Entries(Vec<NameAddr<'a>>),
}

impl<'a> Contacts<'a> {
    /// Reads the elements of all Contact fields. `*` beside another contact is an error.
    pub(super) fn parse(elements: impl Iterator<Item = &'a str>) -> Result<Self, Malformed> {
        let (mut star, mut entries) = (false, Vec::new());
        for element in elements {
            match element {
                "*" if star => return Err(Malformed),
                "*" => star = true,
                _ => entries.push(NameAddr::parse(element)?),
            }
        }
        match (star, entries.is_empty()) {
            (true, true) => Ok(Self::Star),
            (true, false) => Err(Malformed),
            (false, true) => Ok(Self::None),
            (false, false) => Ok(Self::Entries(entries)),
        }
    }
}

/// Reads delta-seconds (RFC 3261 25.1): `None` if it is no number, 2^32-1 if it is larger than that.
pub(super) fn seconds(text: &str) -> Option<u32> {
    Class::DIGIT.fits(text).then(|| text.parse().unwrap_or(u32::MAX))
}

/// A display name is a quoted-string or tokens; of the rest only what would change the meaning is refused.
fn is_display(text: &str) -> bool {
    text.starts_with('"') || !text.bytes().any(|b| b < b' ' && b != b'\t' || b"\",;>\x7f".contains(&b))
}

/// `qvalue`: 0[.ddd] or 1[.000].
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction = format!("{fraction:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" | "" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        let cases = [
            ("sip:n@d", "", "sip:n@d", None),
            ("sip:n@d;tag=1", "", "sip:n@d", Some("1")),
            ("<sip:n@d;tag=2>;tag=1", "", "sip:n@d;tag=2", Some("1")),
            ("caller<sip:n@d>;tag=323", "caller", "sip:n@d", Some("323")),
            ("T. Watson \t <sip:n@d>", "T. Watson", "sip:n@d", None),
            ("\"J \\\"R\\\\\"   <sip:n@d>  ;  tag = 98", "J \"R\\", "sip:n@d", Some("98")),
            ("Jürgen <sip:n@d>", "Jürgen", "sip:n@d", None),
        ];
        for (text, display, uri, tag) in cases {
            let address = NameAddr::parse(text).unwrap();
            assert_eq!((&*address.display(), address.uri().as_str(), address.tag()), (display, uri, tag));
        }
    }

    #[test]
    fn broken_addresses_are_refused() {
        let broken = [
            "\"Mr. J. User <sip:j.user@example.com>",
            "Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
            "\"Watson, Thomas\" < sip:t.watson@example.org >",
            "sip:user@example.com?Route=%3Csip:sip.example.com%3E",
            "<sip:a@b",
            "<sip:a@b> x",
            "\"x\" sip:a@b",
            "",
        ];
        for text in broken {
            assert!(NameAddr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn contact_parameters_have_their_limits() {
        let expires = |text: &str| NameAddr::parse(text).unwrap().expires();
        assert_eq!(expires("<sip:a@b>;expires=60"), Some(60));
        assert_eq!(expires("<sip:a@b>;expires=280297596632815"), Some(u32::MAX));
        assert_eq!(expires("<sip:a@b>;expires=soon"), None);
        let q = |text: &str| NameAddr::parse(text).unwrap().q();
        for (text, value) in
            [("0.33", 330), ("1", 1000), ("1.000", 1000), ("0", 0), ("1.5", 1000), ("x", 1000)]
        {
            assert_eq!(q(&format!("<sip:a@b>;q={text}")), value, "{text}");
        }
    }

    #[test]
    fn a_star_stands_alone() {
        assert!(matches!(Contacts::parse(["*"].into_iter()), Ok(Contacts::Star)));
        assert!(Contacts::parse(["*", "<sip:a@b>"].into_iter()).is_err());
        assert!(matches!(Contacts::parse([].into_iter()), Ok(Contacts::None)));
    }
}
