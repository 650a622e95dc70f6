//! Settings as text: a line each, `KEY VALUE`.

use super::lines::{push_escaped, unescape};

pub(crate) fn encode_settings<K: AsRef<str>>(settings: &[(K, String)]) -> String {
    let mut text = String::with_capacity(settings.iter().map(|(_, value)| value.len() + 16).sum());
    for (key, value) in settings {
        text.push_str(key.as_ref());
        text.push(' ');
        push_escaped(&mut text, value);
        text.push('\n');
    }
    text
}

/// `None` when the text holds a line that is not a setting.
pub(crate) fn decode_settings(text: &str) -> Option<Vec<(String, String)>> {
    text.split_terminator('\n')
        .map(|line| {
            let (key, value) = line.split_once(' ')?;
            Some((key.to_owned(), unescape(value)?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_any_characters_come_back() {
        let settings = [("to", "222%, !2225%"), ("from", "a\\b\nc \0"), ("via", "")];
        let settings: Vec<_> = settings.map(|(key, text)| (key.to_owned(), text.to_owned())).into();
        assert_eq!(decode_settings(&encode_settings(&settings)), Some(settings));
        assert_eq!(decode_settings("no-value\n"), None);
        assert_eq!(decode_settings("key wrong\\x\n"), None);
    }
}
