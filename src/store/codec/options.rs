//! What few messages ask for: one zero octet for all others.

use iwf_model::{
    Alphabet, Asked, Encoding, EnvironmentId, Imdn, Language, MessageId, Mode, Notice, Options, Part,
    PartKind, PassedTlv, ShortAsked, Tidings, Trace,
};

use super::octets::{Reader, Writer};

/// The first octet: there are none; or 1, and one of these for each of what stands there only where it is asked for.
const NONE: u8 = 0;
const DPF: u8 = 1;
const IMDN: u8 = 2;
const MAX_FORWARDS: u8 = 4;
const TRACE: u8 = 8;

pub(super) fn put_options(w: &mut Writer, options: Option<&Options>) {
    let Some(options) = options else { return w.u8(NONE) };
    let has = [
        (options.dpf, DPF),
        (options.imdn.is_some(), IMDN),
        (options.max_forwards.is_some(), MAX_FORWARDS),
        (options.trace.is_some(), TRACE),
    ];
    w.u8(1 + has.into_iter().filter(|(has, _)| *has).map(|(_, flag)| flag).sum::<u8>());
    match &options.part {
        None => w.u8(0),
        Some(part) => {
            w.u8(1);
            put_part(w, part);
        }
    }
    match options.schedule {
        None => w.u8(0),
        Some(moment) => {
            w.u8(1);
            w.time(moment);
        }
    }
    w.u8(options.mode as u8);
    w.u8(options.replaces.into());
    w.optional(options.replace_type.map(u64::from));
    w.text(&options.service_type);
    w.optional(options.class.map(u64::from));
    w.u8(options.priority);
    w.unsigned(options.tlvs.len() as u64);
    for tlv in &options.tlvs {
        w.unsigned(tlv.tag.into());
        w.octets(&tlv.value);
    }
    w.optional(options.told_as.map(MessageId::as_u64));
    if let Some(imdn) = &options.imdn {
        put_imdn(w, imdn);
    }
    if let Some(left) = options.max_forwards {
        w.u8(left);
    }
    if let Some(trace) = &options.trace {
        w.u8(trace.hops);
        w.unsigned(trace.visited.len() as u64);
        trace.visited.iter().for_each(|EnvironmentId(id)| w.octets(id));
    }
}

/// The outer `None`: not such a value; the inner: none was put.
pub(super) fn take_options(r: &mut Reader<'_>) -> Option<Option<Box<Options>>> {
    let Some(flags) = r.u8()?.checked_sub(1) else { return Some(None) };
    if flags & !(DPF | IMDN | MAX_FORWARDS | TRACE) != 0 {
        return None;
    }
    let has = |flag| flags & flag != 0;
    let mut options = Options {
        part: if r.flag()? { Some(take_part(r)?) } else { None },
        schedule: if r.flag()? { Some(r.time()?) } else { None },
        mode: Mode::from_u8(r.u8()?)?,
        replaces: r.flag()?,
        replace_type: r.optional()?,
        service_type: r.text()?.to_owned(),
        class: r.optional()?,
        priority: r.u8()?,
        dpf: has(DPF),
        tlvs: Vec::new(),
        told_as: None,
        imdn: None,
        max_forwards: None,
        trace: None,
    };
    for _ in 0..r.unsigned()? {
        options.tlvs.push(PassedTlv { tag: r.number()?, value: r.octets()?.into() });
    }
    options.told_as = r.optional()?.and_then(MessageId::from_u64);
    if has(IMDN) {
        options.imdn = Some(Box::new(take_imdn(r)?));
    }
    if has(MAX_FORWARDS) {
        options.max_forwards = Some(r.u8()?);
    }
    if has(TRACE) {
        options.trace = Some(Box::new(take_trace(r)?));
    }
    Some(Some(Box::new(options)))
}

fn take_trace(r: &mut Reader<'_>) -> Option<Trace> {
    let mut trace = Trace { hops: r.u8()?, visited: Vec::new() };
    for _ in 0..r.unsigned()? {
        trace.visited.push(EnvironmentId(r.octets()?.try_into().ok()?));
    }
    Some(trace)
}

/// What is told, 0 for a text that asks; of a notice its text; how the app knows the text.
fn put_imdn(w: &mut Writer, imdn: &Imdn) {
    let asked = match imdn {
        Imdn::Asked(asked) => {
            w.u8(0);
            asked
        }
        Imdn::Notice(notice) => {
            w.u8(notice.tells as u8);
            w.unsigned(notice.about.as_u64());
            &notice.asked
        }
    };
    w.text(&asked.name);
    w.text(&asked.written_at);
    w.text(&asked.to);
    w.unsigned(asked.device);
    match asked.short {
        None => w.u8(0),
        Some(short) => {
            w.u8(1);
            w.u8(short.reference);
            w.u8(short.is_international.into());
            w.time(short.submitted);
        }
    }
}

fn take_short(r: &mut Reader<'_>) -> Option<ShortAsked> {
    Some(ShortAsked { reference: r.u8()?, is_international: r.flag()?, submitted: r.time()? })
}

fn take_imdn(r: &mut Reader<'_>) -> Option<Imdn> {
    let told = match r.u8()? {
        0 => None,
        tells => Some((Tidings::from_u8(tells)?, MessageId::from_u64(r.unsigned()?)?)),
    };
    let (name, written_at, to) = (r.text()?.to_owned(), r.text()?.to_owned(), r.text()?.to_owned());
    let device = r.unsigned()?;
    let short = if r.flag()? { Some(take_short(r)?) } else { None };
    let asked = Asked { name, written_at, to, device, short };
    Some(match told {
        None => Imdn::Asked(asked),
        Some((tells, about)) => Imdn::Notice(Notice { about, tells, asked }),
    })
}

fn put_part(w: &mut Writer, part: &Part) {
    w.unsigned(part.reference.into());
    for octet in [part.kind as u8, part.total, part.number] {
        w.u8(octet);
    }
    w.text(part.encoding.alphabet.as_str());
    w.u8(part.encoding.locking.id());
    w.u8(part.encoding.single.id());
    w.octets(&part.octets);
}

fn take_part(r: &mut Reader<'_>) -> Option<Part> {
    Some(Part {
        reference: r.number()?,
        kind: PartKind::from_u8(r.u8()?)?,
        total: r.u8()?,
        number: r.u8()?,
        encoding: Encoding {
            alphabet: Alphabet::parse(r.text()?)?,
            locking: Language::from_id(r.u8()?)?,
            single: Language::from_id(r.u8()?)?,
        },
        octets: r.octets()?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use iwf_model::Timestamp;

    fn round_trip(options: Option<&Options>) -> Option<Option<Box<Options>>> {
        let mut w = Writer::new(0, 0);
        put_options(&mut w, options);
        let octets = w.finish();
        let (_, mut r) = Reader::new(&octets)?;
        let taken = take_options(&mut r)?;
        r.end()?;
        Some(taken)
    }

    #[test]
    fn options_of_every_kind_come_back() {
        let part = |kind, alphabet| Part {
            reference: 0xFFFF,
            kind,
            total: 255,
            number: 1,
            encoding: Encoding { alphabet, locking: Language::Turkish, single: Language::Urdu },
            octets: (0..=255).collect(),
        };
        let mut all = vec![Options::NONE];
        for kind in PartKind::ALL {
            let with_part = |alphabet| Options { part: Some(part(kind, alphabet)), ..Options::NONE };
            all.extend(Alphabet::ALL.map(with_part));
        }
        all.push(Options {
            schedule: Some(Timestamp::from_micros(-1)),
            mode: Mode::Transaction,
            replaces: true,
            replace_type: Some(7),
            service_type: "CMT".to_owned(),
            class: Some(0),
            priority: 3,
            dpf: true,
            tlvs: vec![
                PassedTlv { tag: 0x3FFF, value: Box::default() },
                PassedTlv { tag: 0x1400, value: [7; 300].into() },
            ],
            told_as: MessageId::compose(1, 2, 3),
            ..Options::NONE
        });
        let asked = Asked {
            name: "n".into(),
            written_at: "t".into(),
            to: "sip:2@a".into(),
            device: u64::MAX,
            short: None,
        };
        let notice = |tells| {
            let about = MessageId::compose(1, 2, 3).unwrap();
            Imdn::Notice(Notice { about, tells, asked: asked.clone() })
        };
        let submitted = Timestamp::from_micros(1);
        let short = ShortAsked { reference: 255, is_international: true, submitted };
        let by_phone = Imdn::Asked(Asked { short: Some(short), ..asked.clone() });
        for imdn in Tidings::ALL.map(notice).into_iter().chain([Imdn::Asked(asked.clone()), by_phone]) {
            for (dpf, max_forwards) in [(false, None), (true, None), (false, Some(0)), (true, Some(69))] {
                all.push(Options { imdn: Some(Box::new(imdn.clone())), dpf, max_forwards, ..Options::NONE });
            }
        }
        for options in all {
            let boxed = Some(Box::new(options.clone()));
            assert_eq!(round_trip(Some(&options)), Some(boxed));
        }
        assert_eq!(round_trip(None), Some(None));
    }
}
