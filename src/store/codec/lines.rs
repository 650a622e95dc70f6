//! Texts that take a line: `\` becomes `\\`, a line feed `\n` and NUL (which PostgreSQL keeps in no text) `\0`.

pub(super) fn push_escaped(line: &mut String, text: &str) {
    if !text.contains(['\\', '\n', '\0']) {
        line.push_str(text);
        return;
    }
    for c in text.chars() {
        match c {
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\0' => line.push_str("\\0"),
            other => line.push(other),
        }
    }
}

/// `None` when it is not what was written.
pub(super) fn unescape(text: &str) -> Option<String> {
    if !text.contains('\\') {
        return Some(text.to_owned());
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next()? {
                '\\' => '\\',
                'n' => '\n',
                '0' => '\0',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}
