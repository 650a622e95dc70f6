//! Parameters and lists: the parts of a header value, split with quotes and angle brackets respected.

use std::borrow::Cow;

use super::scan::{Class, split_at, trim};
use crate::error::Malformed;

/// Parameters as they were received: `;name=value;name` or nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Params<'a>(&'a str);

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    /// Its name, in the case it was received in; compare without regard to case.
    pub name: &'a str,
    /// Its value as received, quotes included; `None` without `=`.
    pub value: Option<&'a str>,
}

impl<'a> Params<'a> {
    /// Takes the text after an address or a `sent-by`: nothing, or parameters each with its semicolon.
    /// An empty name, an open quote or a separator inside a value is an error.
    pub fn parse(text: &'a str) -> Result<Self, Malformed> {
        let text = trim(text);
        if text.is_empty() {
            return Ok(Self(""));
        }
        if !text.starts_with(';') {
            return Err(Malformed);
        }
        let params = Self(text);
        for param in params.pieces() {
            let value_is_good = param.value.is_none_or(is_value);
            if !Class::TOKEN.fits(param.name) || !value_is_good {
                return Err(Malformed);
            }
        }
        Ok(params)
    }

    /// Takes parameters without checking them.
    pub(super) fn unchecked(text: &'a str) -> Self {
        Self(text)
    }

    /// As received, each with its semicolon.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The parameters in order.
    pub fn iter(self) -> impl Iterator<Item = Param<'a>> {
        self.pieces().filter(|param| !param.name.is_empty())
    }

    /// The parameter of this name; the first, if there are several.
    pub fn get(self, name: &str) -> Option<Param<'a>> {
        if self.0.is_empty() {
            return None;
        }
        self.pieces().find(|param| param.name.eq_ignore_ascii_case(name))
    }

    /// The value of a parameter, as received.
    pub fn value(self, name: &str) -> Option<&'a str> {
        self.get(name)?.value
    }

    /// Whether there is such a parameter, with or without a value.
    pub fn contains(self, name: &str) -> bool {
        self.get(name).is_some()
    }

    fn pieces(self) -> impl Iterator<Item = Param<'a>> {
        let text = self.0.strip_prefix(';').unwrap_or(self.0);
        Split { rest: (!self.0.is_empty()).then_some(text), at: b';', angles: false }.map(Param::parse)
    }
}

impl<'a> Param<'a> {
    fn parse(text: &'a str) -> Self {
        match split_at(text, b'=') {
            Some((name, value)) => Self { name: trim(name), value: Some(trim(value)) },
            None => Self { name: trim(text), value: None },
        }
    }

    /// Its value without quotes and backslashes; empty without a value.
    pub fn unquoted(&self) -> Cow<'a, str> {
        unquote(self.value.unwrap_or_default())
    }
}

/// Splits a header value at its commas (RFC 3261 7.3.1), those in quotes and in `<>` apart.
pub fn elements(value: &str) -> impl Iterator<Item = &str> {
    Split { rest: Some(value), at: b',', angles: true }.map(trim)
}

/// Takes the quotes off a quoted-string (RFC 3261 25.1) and resolves its backslashes; other text stays.
pub fn unquote(text: &str) -> Cow<'_, str> {
    let Some(inner) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else {
        return Cow::Borrowed(text);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut plain = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Cow::Owned(plain)
}

/// Where the quoted-string at the start of `text` ends: the offset after its closing quote.
pub(super) fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A value is a quoted-string, or something without blanks, quotes and separators.
fn is_value(text: &str) -> bool {
    if text.starts_with('"') {
        return quoted_end(text) == Some(text.len());
    }
    text.is_empty() || Class::VALUE.fits(text)
}

/// Splits at a separator outside quotes (and, for lists, outside `<>`).
struct Split<'a> {
    rest: Option<&'a str>,
    at: u8,
    angles: bool,
}

impl<'a> Iterator for Split<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.rest?;
        match separator(text, self.at, self.angles).and_then(|at| text.split_at_checked(at)) {
            Some((piece, rest)) => {
                self.rest = rest.get(1..);
                Some(piece)
            }
            None => self.rest.take(),
        }
    }
}

/// The offset of the first separator outside quotes and, if told so, angle brackets.
fn separator(text: &str, separator: u8, angles: bool) -> Option<usize> {
    let special = |byte: u8| byte == separator || byte == b'"' || (angles && byte == b'<');
    let first = text.bytes().position(special)?;
    if text.as_bytes().get(first) == Some(&separator) {
        return Some(first);
    }
    let (mut quoted, mut escaped, mut inside) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if !inside => quoted = !quoted,
            _ if quoted => {}
            b'<' if angles => inside = true,
            b'>' if angles => inside = false,
            _ if byte == separator && !inside => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_without_regard_to_case_and_blanks() {
        let params = Params::parse(" ; Tag = 98asjd8 ;lr; x=\"a;b=c\"").unwrap();
        assert_eq!(params.value("tag"), Some("98asjd8"));
        assert_eq!(params.get("lr"), Some(Param { name: "lr", value: None }));
        assert_eq!(params.get("X").unwrap().unquoted(), "a;b=c");
        assert!(!params.contains("b"));
        assert_eq!(params.iter().count(), 3);
    }

    #[test]
    fn broken_parameters_are_refused() {
        for text in [";;", ";a;", ";=b", ";a=\"b", "a=b", ";a=b c", ";a b=c", ";a=b,c"] {
            assert_eq!(Params::parse(text), Err(Malformed), "{text}");
        }
        assert_eq!(Params::parse(""), Ok(Params::default()));
    }

    #[test]
    fn lists_split_at_commas_outside_quotes_and_brackets() {
        let value = "\"Bell, \\\"A\\\"\" <sip:a@b;x=1,2>;q=1 , <sip:c@d>,sip:e@f";
        let split: Vec<_> = elements(value).collect();
        assert_eq!(split, ["\"Bell, \\\"A\\\"\" <sip:a@b;x=1,2>;q=1", "<sip:c@d>", "sip:e@f"]);
    }

    #[test]
    fn quotes_come_off_once() {
        assert_eq!(unquote(r#""a \"b\" \\c""#), r#"a "b" \c"#);
        assert_eq!(unquote("plain"), "plain");
        assert_eq!(unquote("\""), "\"");
    }
}
