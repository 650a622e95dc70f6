//! Packed GSM 7-bit: eight septets in seven octets, the first one lowest (3GPP TS 23.038 6.1.2.1).

/// How many fill bits stand between a user data header of so many octets (its length octet included) and
/// the first septet, so that the text begins on a septet boundary (TS 23.040 9.2.3.24): 0 to 6.
pub const fn fill_bits(header_octets: usize) -> usize {
    (7 - header_octets * 8 % 7) % 7
}

/// Packs septets, one per octet, behind `skip_bits` zero bits. Bit 7 of an octet is not part of a septet and
/// is left out.
pub fn pack(septets: &[u8], skip_bits: usize) -> Vec<u8> {
    let mut octets = Vec::with_capacity((skip_bits + septets.len() * 7).div_ceil(8));
    octets.resize(skip_bits / 8, 0);
    let (mut held, mut bits) = (0u16, skip_bits % 8);
    for septet in septets {
        held |= u16::from(septet & 0x7F) << bits;
        bits += 7;
        if bits >= 8 {
            octets.push((held & 0xFF) as u8);
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0 {
        octets.push((held & 0xFF) as u8);
    }
    octets
}

/// Unpacks septets, one per octet, that begin after `skip_bits` bits; `count` is how many there are, and fewer
/// come if the octets hold fewer.
///
/// SMPP counts octets, so the count is often unknown. Then all septets that fit are read, but for a zero one
/// that fills the last seven bits to the end: eight septets and seven with padding look the same, and a text
/// of seven is far more frequent than one of eight that ends with '@' (which is septet zero).
pub fn unpack(octets: &[u8], skip_bits: usize, count: Option<usize>) -> Vec<u8> {
    let bits = (octets.len() * 8).saturating_sub(skip_bits);
    let whole = bits / 7;
    let mut septets = Vec::with_capacity(whole);
    septets.extend((0..whole.min(count.unwrap_or(whole))).map(|place| septet(octets, skip_bits + place * 7)));
    if count.is_none() && bits.is_multiple_of(7) && septets.last() == Some(&0) {
        septets.pop();
    }
    septets
}

/// The seven bits from this one on; missing octets are zero.
fn septet(octets: &[u8], bit: usize) -> u8 {
    let octet = |place: usize| u16::from(octets.get(place).copied().unwrap_or(0));
    let pair = octet(bit / 8) | octet(bit / 8 + 1) << 8;
    (pair >> (bit % 8) & 0x7F) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_vectors_are_packed_and_unpacked() {
        for (text, packed) in [
            (&b"hello"[..], &[0xE8, 0x32, 0x9B, 0xFD, 0x06][..]),
            (b"hellohello", &[0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]),
            (b"Test", &[0xD4, 0xF2, 0x9C, 0x0E]),
            (b"", &[]),
        ] {
            assert_eq!(pack(text, 0), packed);
            assert_eq!(unpack(packed, 0, None), text);
            assert_eq!(unpack(packed, 0, Some(text.len())), text);
        }
    }

    #[test]
    fn a_text_behind_a_header_begins_on_a_septet_boundary() {
        let by_header: Vec<usize> = (0..=8).map(fill_bits).collect();
        assert_eq!(by_header, [0, 6, 5, 4, 3, 2, 1, 0, 6]);
        // A header of six octets is 48 bits; one fill bit makes seven septets of it.
        assert_eq!(pack(b"A", fill_bits(6)), [b'A' << 1]);
        assert_eq!(unpack(&[b'A' << 1], fill_bits(6), None), b"A");
    }

    #[test]
    fn every_length_behind_every_header_comes_back() {
        for header in 0..=14 {
            for length in 0..=160usize {
                let septets: Vec<u8> = (0..length).map(|place| (place * 37 + 1) as u8 & 0x7F | 1).collect();
                let packed = pack(&septets, fill_bits(header));
                assert_eq!(packed.len(), (fill_bits(header) + length * 7).div_ceil(8));
                assert_eq!(unpack(&packed, fill_bits(header), None), septets);
            }
        }
    }

    #[test]
    fn padding_that_looks_like_an_at_sign_is_dropped_unless_the_count_is_known() {
        let seven = pack(b"abcdefg", 0);
        assert_eq!(unpack(&seven, 0, None), b"abcdefg");
        let eight = pack(b"abcdefg\0", 0);
        assert_eq!(eight, seven);
        assert_eq!(unpack(&eight, 0, Some(8)), b"abcdefg\0");
        // Where padding can't be meant, '@' stays.
        assert_eq!(unpack(&pack(b"abc\0", 0), 0, None), b"abc\0");
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        assert_eq!(unpack(&[0xE8], 0, Some(100)), [0x68]);
        assert_eq!(unpack(&[0xE8], 9, None), b"");
        assert_eq!(unpack(&[], 3, Some(4)), b"");
    }
}
