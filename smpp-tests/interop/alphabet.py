"""What carriers write, said once more and by others than us: GSM 03.38 from its table, cut as 3GPP TS 23.040 cuts it."""

# 3GPP TS 23.038 6.2.1 and 6.2.1.1: the default alphabet, ESC and CR left out of the texts, and its extension.
GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {"^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
EVERY_LETTER = "".join(letter for letter in GSM if letter not in "\x1b\r") + "".join(EXTENSION)


def gsm(text):
    """A text in GSM 03.38, one octet a septet, as most carriers send it under data_coding 0."""
    return b"".join(bytes([0x1B, EXTENSION[c]]) if c in EXTENSION else bytes([GSM.index(c)]) for c in text)


def ucs2(text):
    """A text in UTF-16BE, as carriers send it under data_coding 8."""
    return text.encode("utf-16-be")


def text_of(octets, coding):
    """The text of octets under that data_coding, each part read by itself."""
    if coding == 0x08:
        return octets.decode("utf-16-be")
    letters, extended = iter(octets), {code: letter for letter, code in EXTENSION.items()}
    return "".join(extended[next(letters)] if octet == 0x1B else GSM[octet] for octet in letters)


def joined(pieces):
    """Texts from (user data header or b"", text), in the order in which they became whole."""
    whole, parts = [], {}
    for header, text in pieces:
        place = _place(header)
        if not place:
            whole.append(text)
            continue
        *reference, total, number = place
        others = parts.setdefault((*reference, total), {})
        others[number] = text
        if len(others) == total:
            whole.append("".join(others[number] for number in sorted(others)))
            others.clear()
    return whole


def _place(header):
    """The element of a header that says which part it is; None without one."""
    at, place = 1, None
    while at < len(header):
        element, at = header[at : at + 2 + header[at + 1]], at + 2 + header[at + 1]
        if element[0] in (0x00, 0x08):
            place = element[2:]
    return place


def split(octets, esm_class):
    """The user data header and what follows it."""
    size = octets[0] + 1 if esm_class & 0x40 else 0
    return octets[:size], octets[size:]


def coded(text):
    """A text as octets, their data_coding, and after how many of them it is cut if it is long."""
    try:
        return gsm(text), 0x00, 153
    except ValueError:
        return ucs2(text), 0x08, 134


def cut(octets, size):
    """Cuts where the size says, whatever stands there: an escape or a surrogate pair may fall apart."""
    return [octets[at : at + size] for at in range(0, len(octets), size)]


def headed(pieces, reference, wide=False, more=b""):
    """Each piece behind a user data header that says which part it is, with an 8- or 16-bit reference."""
    numbered = []
    for number, piece in enumerate(pieces, 1):
        ref = reference.to_bytes(2 if wide else 1, "big")
        element = bytes([8, 4] if wide else [0, 3]) + ref + bytes([len(pieces), number])
        header = more + element
        numbered.append(bytes([len(header)]) + header + piece)
    return numbered
