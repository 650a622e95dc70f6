//! UTF-16, which is what "UCS2" means in practice: emoji are surrogate pairs.

/// In which order the two octets of a unit come: [`u16::from_be_bytes`] or [`u16::from_le_bytes`].
type Order = fn([u8; 2]) -> u16;

/// Reads UTF-16 in this order of octets.
///
/// The order's own mark at the start is no part of the text, a lone surrogate is U+FFFD, an odd octet at the
/// end is dropped.
pub(super) fn decode(order: Order, octets: &[u8]) -> String {
    const MARK: u16 = 0xFEFF;
    let units = octets.chunks_exact(2).map(|unit| order([unit[0], unit[1]]));
    let marked = units.clone().next() == Some(MARK);
    let mut text = String::with_capacity(octets.len());
    let characters = char::decode_utf16(units.skip(usize::from(marked)));
    text.extend(characters.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    text
}

/// Writes UTF-16 without a mark; `order` is [`u16::to_be_bytes`] or [`u16::to_le_bytes`].
pub(super) fn encode(order: fn(u16) -> [u8; 2], text: &str) -> Vec<u8> {
    let mut octets = Vec::with_capacity(text.len() * 2);
    for unit in text.encode_utf16() {
        octets.extend_from_slice(&order(unit));
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_order_is_read_with_and_without_its_mark() {
        let (be, le): (Order, Order) = (u16::from_be_bytes, u16::from_le_bytes);
        assert_eq!(decode(be, &[0x06, 0x45, 0xD8, 0x3D, 0xDE, 0x00]), "م😀");
        assert_eq!(decode(be, &[0xFE, 0xFF, 0x00, b'a']), "a");
        assert_eq!(decode(le, &[0x45, 0x06, 0x3D, 0xD8, 0x00, 0xDE]), "م😀");
        assert_eq!(decode(le, &[0xFF, 0xFE, b'a', 0x00]), "a");
        assert_eq!(encode(u16::to_be_bytes, "a😀"), [0x00, b'a', 0xD8, 0x3D, 0xDE, 0x00]);
        assert_eq!(encode(u16::to_le_bytes, "a😀"), [b'a', 0x00, 0x3D, 0xD8, 0x00, 0xDE]);
    }

    #[test]
    fn damage_is_shown_where_it_is_and_nowhere_else() {
        let be: Order = u16::from_be_bytes;
        assert_eq!(decode(be, &[0xD8, 0x3D, 0x00, b'a']), "\u{FFFD}a");
        assert_eq!(decode(be, &[0xDE, 0x00]), "\u{FFFD}");
        assert_eq!(decode(be, &[0x00, b'a', 0x00]), "a");
        assert_eq!(decode(be, &[0x00]), "");
        assert_eq!(decode(be, &[]), "");
    }
}
