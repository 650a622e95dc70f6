//! The little of XML that notifications are written in: elements with namespaces, text, references.
//!
//! A document is pulled piece by piece out of a bounded text; nothing is copied but text with references. What could
//! make a reader work without end or reach out is refused: a document type, entities of its own, deep nesting
//! (interworking.md C.12).

use std::borrow::Cow;

use crate::error::Malformed;

/// A longer document is no notification.
pub(super) const MOST_OCTETS: usize = 8 * 1024;
/// Elements within elements.
const MOST_DEPTH: usize = 16;
/// Namespaces declared at one place.
const MOST_NAMESPACES: usize = 32;

/// What comes next in a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// An element begins.
    Open {
        /// Its namespace; empty if it is in none.
        namespace: &'a str,
        /// Its name without prefix.
        name: &'a str,
    },
    /// Text within an element, its references resolved.
    Text(Cow<'a, str>),
    /// The innermost open element ends.
    Close,
}

/// Reads a document. After an error it must not be asked again.
#[derive(Debug)]
pub(super) struct Xml<'a> {
    rest: &'a str,
    /// The open elements, as they were written.
    open: Vec<&'a str>,
    /// Depth, prefix and name of the namespaces that hold here.
    namespaces: Vec<(usize, &'a str, &'a str)>,
    /// The innermost element was written as an empty one.
    is_empty: bool,
    has_ended: bool,
}

impl<'a> Xml<'a> {
    pub(super) fn new(document: &'a str) -> Result<Self, Malformed> {
        if document.len() > MOST_OCTETS {
            return Err(Malformed);
        }
        let rest = document.trim_start_matches('\u{FEFF}');
        Ok(Self { rest, open: Vec::new(), namespaces: Vec::new(), is_empty: false, has_ended: false })
    }

    /// The next piece; `None` after the end of a whole document.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'a>>, Malformed> {
        if std::mem::take(&mut self.is_empty) {
            return self.close();
        }
        loop {
            if self.rest.is_empty() {
                return if self.has_ended { Ok(None) } else { Err(Malformed) };
            }
            if self.take("<!--") {
                self.until("-->")?;
            } else if self.take("<?") {
                self.until("?>")?;
            } else if self.take("<![CDATA[") {
                let text = self.until("]]>")?;
                return if self.open.is_empty() {
                    Err(Malformed)
                } else {
                    Ok(Some(Piece::Text(Cow::Borrowed(text))))
                };
            } else if self.rest.starts_with("<!") {
                return Err(Malformed);
            } else if self.take("</") {
                let name = self.until(">")?.trim_ascii_end();
                return if self.open.last() == Some(&name) { self.close() } else { Err(Malformed) };
            } else if self.take("<") {
                return self.element().map(Some);
            } else {
                let text = self.text();
                if !self.open.is_empty() {
                    return resolved(text).map(|text| Some(Piece::Text(text)));
                }
                if !text.trim_ascii().is_empty() {
                    return Err(Malformed);
                }
            }
        }
    }

    fn close(&mut self) -> Result<Option<Piece<'a>>, Malformed> {
        let depth = self.open.len();
        self.namespaces.retain(|(declared, _, _)| *declared < depth);
        self.open.pop();
        self.has_ended = self.open.is_empty();
        Ok(Some(Piece::Close))
    }

    /// What follows the `<` of an element.
    fn element(&mut self) -> Result<Piece<'a>, Malformed> {
        if self.has_ended || self.open.len() >= MOST_DEPTH {
            return Err(Malformed);
        }
        let name = self.name()?;
        self.open.push(name);
        while !self.take(">") {
            if self.take("/>") {
                self.is_empty = true;
                break;
            }
            self.attribute()?;
        }
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let known = self.namespaces.iter().rev().find(|(_, known, _)| *known == prefix);
        let namespace = match known {
            Some((_, _, namespace)) => namespace,
            None if prefix.is_empty() => "",
            None => return Err(Malformed),
        };
        Ok(Piece::Open { namespace, name: local })
    }

    /// One attribute and the blanks behind it; of interest are declarations of namespaces.
    fn attribute(&mut self) -> Result<(), Malformed> {
        let name = self.name()?;
        if !self.take("=") {
            return Err(Malformed);
        }
        self.blanks();
        let quote = if self.take("\"") {
            "\""
        } else if self.take("'") {
            "'"
        } else {
            return Err(Malformed);
        };
        let value = self.until(quote)?;
        self.blanks();
        let prefix = if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") };
        if let Some(prefix) = prefix {
            if self.namespaces.len() >= MOST_NAMESPACES {
                return Err(Malformed);
            }
            self.namespaces.push((self.open.len(), prefix, value));
        }
        if value.contains('<') { Err(Malformed) } else { Ok(()) }
    }

    /// A name and the blanks behind it.
    fn name(&mut self) -> Result<&'a str, Malformed> {
        let ends = |c: char| c.is_ascii_whitespace() || "/>=\"'<&".contains(c);
        let end = self.rest.find(ends).ok_or(Malformed)?;
        let (name, rest) =
            self.rest.split_at_checked(end).filter(|(name, _)| !name.is_empty()).ok_or(Malformed)?;
        self.rest = rest;
        self.blanks();
        Ok(name)
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn text(&mut self) -> &'a str {
        let end = self.rest.find('<').unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        text
    }

    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// What comes before `token`, which is taken too.
    fn until(&mut self, token: &str) -> Result<&'a str, Malformed> {
        let (before, rest) = self.rest.split_once(token).ok_or(Malformed)?;
        self.rest = rest;
        Ok(before)
    }
}

/// Text with its references resolved: to characters, and to the five entities that every document knows.
fn resolved(text: &str) -> Result<Cow<'_, str>, Malformed> {
    if !text.contains('&') {
        return Ok(Cow::Borrowed(text));
    }
    let (mut plain, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('&') {
        let (reference, after) = after.split_once(';').ok_or(Malformed)?;
        plain.push_str(before);
        plain.push(character(reference).ok_or(Malformed)?);
        rest = after;
    }
    plain.push_str(rest);
    Ok(Cow::Owned(plain))
}

fn character(reference: &str) -> Option<char> {
    let code = match reference {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => reference.strip_prefix('#')?,
    };
    let number = match code.strip_prefix('x') {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => code.parse(),
    };
    char::from_u32(number.ok()?).filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(document: &str) -> Result<String, Malformed> {
        let (mut xml, mut told) = (Xml::new(document)?, String::new());
        while let Some(piece) = xml.next()? {
            match piece {
                Piece::Open { namespace, name } => told.push_str(&format!("<{namespace}|{name}>")),
                Piece::Text(text) => told.push_str(&text),
                Piece::Close => told.push('/'),
            }
        }
        Ok(told)
    }

    #[test]
    fn elements_have_the_namespace_that_holds_where_they_are() {
        let document = "\u{FEFF}<?xml version='1.0'?>\n<!-- x --><a xmlns=\"n\" xmlns:p='m'><p:b c = \"1\"/>\
                        <b xmlns=\"\">t</b ><b/></a>\n";
        assert_eq!(pieces(document).unwrap(), "<n|a><m|b>/<|b>t/<n|b>//");
    }

    #[test]
    fn references_and_cdata_are_text() {
        let document = "<a>&lt;&#65;&#x42;&amp;<![CDATA[<&>]]></a>";
        assert_eq!(pieces(document).unwrap(), "<|a><AB&<&>/");
    }

    #[test]
    fn what_could_harm_a_reader_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(17), "</a>".repeat(17));
        let long = format!("<a>{}</a>", " ".repeat(MOST_OCTETS));
        let declared: String = (0..33).map(|n| format!(" xmlns:p{n}='x'")).collect();
        let declares = format!("<a{declared}/>");
        for document in [
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            "<a>&b;</a>",
            "<a>&#0;</a>",
            "<a>&#xD800;</a>",
            "<a>&lt</a>",
            &deep,
            &long,
            &declares,
        ] {
            assert_eq!(pieces(document), Err(Malformed), "{document}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for document in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a b></a>",
            "<a b=c></a>",
            "<a b='<'/>",
            "<p:a/>",
            "</a>",
            "<a/>x",
            "< a/>",
            "<a",
            "<!-- <a/>",
            "<![CDATA[x]]><a/>",
        ] {
            assert_eq!(pieces(document), Err(Malformed), "{document}");
        }
    }

    #[test]
    fn a_document_that_was_cut_or_altered_never_panics() {
        let document = "<?xml?><a xmlns:p=\"m\"><p:b c='1'/>t&#x42;<![CDATA[ü]]></a>";
        for (at, _) in document.char_indices() {
            assert_eq!(pieces(&document[..at]), Err(Malformed), "{at}");
            for c in ["<", ">", "&", "\"", "/", "!", "ü", ""] {
                let _ = pieces(&format!("{}{c}{}", &document[..at], &document[at..]));
            }
        }
    }
}
