//! The words of a case: what they stand for, and what stands for none.

use iwf_sim::carrier::{Bind, Coding, Part, Reply};
use iwf_sim::phone::{Answer, Transport};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

pub(super) fn udp() -> Transport {
    Transport::Udp
}

pub(super) fn once() -> usize {
    1
}

pub(super) fn accepted() -> u16 {
    202
}

pub(super) fn transceiver() -> Bind {
    Bind::Transceiver
}

pub(super) fn gsm7() -> Coding {
    Coding::Gsm7
}

pub(super) fn one() -> u8 {
    1
}

pub(super) fn four() -> u8 {
    4
}

/// Reads a word of a fixed set.
pub(super) fn word<'de, D: Deserializer<'de>, T: Copy>(from: D, words: &[(&str, T)]) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    let known = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
    known.ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        D::Error::custom(format!("\"{text}\" is none of: {}", words.join(", ")))
    })
}

pub(super) fn transport<'de, D: Deserializer<'de>>(from: D) -> Result<Transport, D::Error> {
    word(from, &[("udp", Transport::Udp), ("tcp", Transport::Tcp)])
}

pub(super) fn bind<'de, D: Deserializer<'de>>(from: D) -> Result<Bind, D::Error> {
    let words = [
        ("transmitter", Bind::Transmitter),
        ("receiver", Bind::Receiver),
        ("transceiver", Bind::Transceiver),
    ];
    word(from, &words)
}

pub(super) fn coding<'de, D: Deserializer<'de>>(from: D) -> Result<Coding, D::Error> {
    let words = [
        ("gsm7", Coding::Gsm7),
        ("latin1", Coding::Latin1),
        ("ucs2", Coding::Ucs2),
        ("binary", Coding::Binary),
    ];
    word(from, &words)
}

/// `"0x00000064"`, `"silence"` or `"hang up"`.
pub(super) fn replies<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Reply>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    let reply = |text: &String| match text.as_str() {
        "silence" => Ok(Reply::Silence),
        "hang up" => Ok(Reply::HangUp),
        status => {
            let digits = status.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let wrong = || D::Error::custom(format!("\"{status}\" is no reply of a carrier"));
            digits.map(Reply::Status).ok_or_else(wrong)
        }
    };
    words.iter().map(reply).collect()
}

/// `"udh8 7 2/3"`: the second of three parts, reference 7.
pub(super) fn part<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Part>, D::Error> {
    String::deserialize(from)?.parse().map(Some).map_err(D::Error::custom)
}

/// `"D8 3D"`
pub(super) fn octets<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = String::deserialize(from)?;
    let octets: Result<_, _> = text.split(' ').map(|octet| u8::from_str_radix(octet, 16)).collect();
    octets.map(Some).map_err(D::Error::custom)
}

/// `"200"`, `"480 Retry-After: 1"` or `"silence"`.
pub(super) fn answers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Answer>, D::Error> {
    let words = Vec::<String>::deserialize(from)?;
    words
        .iter()
        .map(|text| {
            answer(text).ok_or_else(|| D::Error::custom(format!("\"{text}\" is no answer of a phone")))
        })
        .collect()
}

fn answer(text: &str) -> Option<Answer> {
    if text == "silence" {
        return Some(Answer::Silence);
    }
    match text.split_once(" Retry-After: ") {
        Some((status, seconds)) => Some(Answer::RetryAfter(status.parse().ok()?, seconds.parse().ok()?)),
        None => text.parse().ok().map(Answer::Status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_a_phone_are_read() {
        assert_eq!(answer("480 Retry-After: 1"), Some(Answer::RetryAfter(480, 1)));
        assert_eq!(answer("silence"), Some(Answer::Silence));
        assert_eq!(answer("loud"), None);
    }
}
