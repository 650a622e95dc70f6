//! Lists, page by page.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::problem::Problem;
use super::reply::Reply;
use super::schema::{Field, Object, Schema};
use crate::credentials::hex;

/// What is asked for of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page {
    /// The most items.
    pub(crate) limit: usize,
    /// The key of the last item before.
    pub(crate) after: Option<String>,
}

const USUAL_LIMIT: usize = 100;

impl Page {
    /// Of a request to an endpoint with pages.
    pub(crate) fn of(call: &Call) -> Result<Self, Problem> {
        let limit = call.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(USUAL_LIMIT);
        let after = match call.query("after") {
            Some(cursor) => {
                let wrong = || Problem::parameter("after", "is not what a `next` says");
                Some(text_of(cursor).ok_or_else(wrong)?)
            }
            None => None,
        };
        Ok(Self { limit, after })
    }

    /// A page of items that are in the order of their keys.
    pub(crate) fn cut<'a, T>(&self, items: &'a [T], key: impl Fn(&T) -> &str) -> (&'a [T], Option<String>) {
        let begin = match &self.after {
            Some(after) => items.partition_point(|item| key(item) <= after.as_str()),
            None => 0,
        };
        let rest = items.get(begin..).unwrap_or_default();
        let page = rest.get(..self.limit).unwrap_or(rest);
        let more = page.len() < rest.len();
        (page, page.last().filter(|_| more).map(|last| key(last).to_owned()))
    }
}

/// The answer to a request for a list; `next` is the key of the last item, where more follow.
pub(crate) fn listed(call: &Call, items: Vec<Value>, next: Option<String>) -> Reply {
    let mut document = json!({"items": items});
    let Some(last) = next else { return Reply::json(StatusCode::OK, &document) };
    let path = call.path.split('?').next().unwrap_or_default();
    let kept = call.query.iter().filter(|(name, _)| *name != "after");
    let kept: String = kept.map(|(name, value)| format!("{name}={}&", encoded(value))).collect();
    let next = format!("{path}?{kept}after={}", hex(last.as_bytes()));
    document["next"] = next.as_str().into();
    Reply::json(StatusCode::OK, &document).linked(&next)
}

/// The shape of a list of such things.
pub(crate) fn list_of(name: &'static str, items: Schema) -> Schema {
    Schema::Object(Object::new(
        name,
        vec![
            Field::new("items", Schema::list(items), "this page").required().read_only(),
            Field::new("next", Schema::Text(Some("uri-reference")), "the next page; absent on the last")
                .read_only(),
        ],
    ))
}

/// A text as a part of a URI (RFC 3986 2.1).
pub(crate) fn encoded(text: &str) -> String {
    let encode = |octet: u8| match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn text_of(cursor: &str) -> Option<String> {
    let digits = cursor.as_bytes();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let whole = digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_hexdigit);
    let octets = whole.then(|| digits.chunks(2).map(octet).collect::<Option<Vec<u8>>>())??;
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        let items: Vec<String> = (0..25).map(|number| format!("{number:02}")).collect();
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = Page { limit: 10, after };
            let (cut, next) = page.cut(&items, |item| item);
            seen.extend_from_slice(cut);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }

    #[test]
    fn a_page_goes_on_behind_an_item_that_is_gone() {
        let page = Page { limit: 1, after: Some("b".into()) };
        assert_eq!(page.cut(&["a", "c", "d"], |item| item), (&["c"][..], Some("c".to_owned())));
    }

    #[test]
    fn a_cursor_is_read_back_and_nothing_else_is() {
        assert_eq!(text_of(&hex("Carrier é".as_bytes())).as_deref(), Some("Carrier é"));
        for wrong in ["", "1", "zz", "+1", "ff"] {
            assert_eq!(text_of(wrong).filter(|text| !text.is_empty()), None, "{wrong}");
        }
    }

    #[test]
    fn a_name_becomes_part_of_a_path() {
        assert_eq!(encoded("ACME/Bank 7.é"), "ACME%2FBank%207.%C3%A9");
    }
}
