//! RFC 3263 row by row (interworking.md C.9), and name servers that do not mean well.

use std::collections::BTreeMap;

use super::*;
use crate::message::Uri;

const ALL: Means = Means { udp: true, tcp: true, tls: true, ipv4: true, ipv6: true };

/// A zone as text: `NAME NAPTR order preference flags service replacement`, `NAME SRV priority weight port target`,
/// `NAME A address`, `NAME FAILS kind`.
fn zone(text: &str) -> BTreeMap<Question, Answer> {
    let mut zone: BTreeMap<Question, Answer> = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |index: usize| words[index].parse().unwrap();
        let absolute = |index: usize| words[index].trim_end_matches('.').into();
        let (kind, record) = match words[1] {
            "NAPTR" => {
                let [flags, service] = [4, 5].map(|index| words[index].into());
                let (order, preference, replacement) = (number(2), number(3), absolute(6));
                let naptr =
                    Naptr { order, preference, flags, service, is_plain: words.len() == 7, replacement };
                (Kind::Naptr, Record::Naptr(naptr))
            }
            "SRV" => {
                let (priority, weight, port, target) = (number(2), number(3), number(4), absolute(5));
                (Kind::Srv, Record::Srv(Srv { priority, weight, port, target }))
            }
            "A" => (Kind::A, Record::Address(words[2].parse().unwrap())),
            "AAAA" => (Kind::Aaaa, Record::Address(words[2].parse().unwrap())),
            _ => {
                let kind = match words[2] {
                    "NAPTR" => Kind::Naptr,
                    "SRV" => Kind::Srv,
                    "A" => Kind::A,
                    _ => Kind::Aaaa,
                };
                zone.insert(Question { name: words[0].into(), kind }, Answer::Failed);
                continue;
            }
        };
        let question = Question { name: words[0].into(), kind };
        match zone.entry(question).or_insert_with(|| Answer::Records(Vec::new())) {
            Answer::Records(records) => records.push(record),
            Answer::Absent | Answer::Failed => unreachable!("a name fails or has records"),
        }
    }
    zone
}

/// Asks until nothing is left to be asked: the outcome, and what was asked.
fn resolve(uri: &str, text: &str, means: Means) -> (Choice, Vec<Question>) {
    let hop = NextHop::of(&Uri::parse(uri).unwrap()).unwrap();
    let zone = zone(text);
    let mut known: BTreeMap<Question, Answer> = BTreeMap::new();
    let mut asked = Vec::new();
    for _ in 0..5 {
        match choose(&hop, means, |question| known.get(question), 0) {
            Choice::Ask(questions) => {
                for question in questions {
                    let answer = zone.get(&question).cloned().unwrap_or(Answer::Absent);
                    known.insert(question.clone(), answer);
                    asked.push(question);
                }
            }
            choice => return (choice, asked),
        }
    }
    panic!("{uri}: it goes on asking");
}

fn told(choice: &Choice) -> String {
    match choice {
        Choice::Destinations(list) => {
            let one = |it: &Destination| format!("{} {}", it.transport.as_str(), it.address);
            list.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Choice::Nowhere(why) => format!("{why:?}"),
        Choice::Ask(_) => unreachable!("all is asked"),
    }
}

fn goes_with(uri: &str, zone: &str, means: Means) -> String {
    told(&resolve(uri, zone, means).0)
}

fn goes(uri: &str, zone: &str) -> String {
    goes_with(uri, zone, ALL)
}

/// A domain with everything, its second choice on the same hosts.
const WHOLE: &str = "
    example.com NAPTR 20 10 s SIP+D2U _sip._udp.example.com
    example.com NAPTR 10 20 s SIP+D2T _sip._tcp.example.com
    example.com NAPTR 10 10 s SIPS+D2T _sips._tcp.example.com
    _sip._udp.example.com SRV 1 0 5060 a.example.com
    _sip._tcp.example.com SRV 2 0 5062 b.example.com
    _sip._tcp.example.com SRV 1 0 5060 a.example.com
    _sips._tcp.example.com SRV 1 0 5061 a.example.com
    a.example.com A 192.0.2.1
    a.example.com AAAA 2001:db8::1
    b.example.com A 192.0.2.2
    example.com A 192.0.2.9";

/// What has SRV records and no NAPTR.
const SRV_ONLY: &str = "
    _sip._udp.example.com SRV 1 0 5070 a.example.com
    _sip._tcp.example.com SRV 1 0 5071 a.example.com
    _sips._tcp.example.com SRV 1 0 5072 a.example.com
    a.example.com A 192.0.2.1
    example.com A 192.0.2.9";

const HOST_ONLY: &str = "example.com A 192.0.2.9";

#[test]
fn every_row_of_the_table_holds() {
    for (uri, zone, expected) in [
        // A numeric host: nothing is asked.
        ("sip:192.0.2.7", "", "UDP 192.0.2.7:5060"),
        ("sips:192.0.2.7", "", "TLS 192.0.2.7:5061"),
        ("sip:192.0.2.7:5080", "", "UDP 192.0.2.7:5080"),
        ("sip:192.0.2.7;transport=tcp", "", "TCP 192.0.2.7:5060"),
        ("sip:192.0.2.7;transport=TLS", "", "TLS 192.0.2.7:5061"),
        ("sip:[2001:db8::7]:5080;transport=tcp", "", "TCP [2001:db8::7]:5080"),
        // maddr is where it goes, whatever the host is.
        ("sip:example.com;maddr=192.0.2.7", HOST_ONLY, "UDP 192.0.2.7:5060"),
        ("sip:192.0.2.7;maddr=example.com", HOST_ONLY, "UDP 192.0.2.9:5060"),
        // A name with a port: its addresses.
        ("sip:example.com:5090", WHOLE, "UDP 192.0.2.9:5090"),
        ("sips:example.com:5090", WHOLE, "TLS 192.0.2.9:5090"),
        ("sip:example.com:5090;transport=tcp", WHOLE, "TCP 192.0.2.9:5090"),
        // A name with a transport: SRV of that transport.
        ("sip:example.com;transport=udp", SRV_ONLY, "UDP 192.0.2.1:5070"),
        ("sip:example.com;transport=tcp", SRV_ONLY, "TCP 192.0.2.1:5071"),
        ("sip:example.com;transport=tls", SRV_ONLY, "TLS 192.0.2.1:5072"),
        ("sips:example.com;transport=tcp", SRV_ONLY, "TLS 192.0.2.1:5072"),
        ("sip:example.com;transport=tcp", HOST_ONLY, "TCP 192.0.2.9:5060"),
        ("sip:example.com;transport=tls", HOST_ONLY, "TLS 192.0.2.9:5061"),
        // A name alone: NAPTR; none, so SRV of each transport; none, so its addresses.
        (
            "sip:example.com",
            WHOLE,
            "TLS [2001:db8::1]:5061, TLS 192.0.2.1:5061, TCP [2001:db8::1]:5060, TCP 192.0.2.1:5060, \
             TCP 192.0.2.2:5062, UDP [2001:db8::1]:5060, UDP 192.0.2.1:5060",
        ),
        ("sips:example.com", WHOLE, "TLS [2001:db8::1]:5061, TLS 192.0.2.1:5061"),
        ("sip:example.com", SRV_ONLY, "UDP 192.0.2.1:5070, TCP 192.0.2.1:5071"),
        ("sips:example.com", SRV_ONLY, "TLS 192.0.2.1:5072"),
        ("sip:example.com", HOST_ONLY, "UDP 192.0.2.9:5060"),
        ("sips:example.com", HOST_ONLY, "TLS 192.0.2.9:5061"),
        ("sip:EXAMPLE.com.", HOST_ONLY, "UDP 192.0.2.9:5060"),
        // Nothing at all.
        ("sip:nowhere.example", HOST_ONLY, "NoAddress"),
        ("sip:example.com;transport=ws", HOST_ONLY, "NoTransport"),
    ] {
        assert_eq!(goes(uri, zone), expected, "{uri}");
    }
}

#[test]
fn only_what_we_can_send_over_is_chosen_and_asked_for() {
    let no_tls = Means { tls: false, ..ALL };
    assert_eq!(goes_with("sips:example.com", WHOLE, no_tls), "NoTransport");
    assert_eq!(resolve("sips:example.com", WHOLE, no_tls).1, [], "nothing is asked in vain");
    let first = goes_with("sip:example.com", WHOLE, no_tls);
    assert!(first.starts_with("TCP [2001:db8::1]:5060"), "{first}");
    let ipv4 = Means { ipv6: false, ..no_tls };
    assert_eq!(
        goes_with("sip:example.com", WHOLE, ipv4),
        "TCP 192.0.2.1:5060, TCP 192.0.2.2:5062, UDP 192.0.2.1:5060"
    );
    assert!(resolve("sip:example.com", WHOLE, ipv4).1.iter().all(|question| question.kind != Kind::Aaaa));
    let no_udp = Means { udp: false, ..ALL };
    assert_eq!(goes_with("sip:192.0.2.7", "", no_udp), "TCP 192.0.2.7:5060");
    assert_eq!(goes_with("sip:[2001:db8::7]", "", ipv4), "NoAddress");
}

/// RFC 3263 4.1: the service, an empty expression and the flag "s"; all else is for others.
#[test]
fn naptr_records_that_mean_something_else_are_passed_over() {
    let zone = "
        example.com NAPTR 1 1 u E2U+sip _sip._udp.other.example
        example.com NAPTR 1 2 s SIP+D2S _sip._sctp.example.com
        example.com NAPTR 1 3 s SIP+D2T _sip._tcp.other.example !expression!
        example.com NAPTR 1 4 a SIP+D2T other.example
        example.com NAPTR 1 5 S sip+d2t _sip._tcp.example.com
        _sip._tcp.example.com SRV 1 0 5071 a.example.com
        a.example.com A 192.0.2.1";
    assert_eq!(goes("sip:example.com", zone), "TCP 192.0.2.1:5071");
}

/// RFC 2782: a target of "." says that the service is decidedly not available.
#[test]
fn a_domain_that_declines_is_not_asked_for_its_address() {
    let zone = "
        _sip._udp.example.com SRV 0 0 0 .
        _sip._tcp.example.com SRV 0 0 0 .
        example.com A 192.0.2.9";
    assert_eq!(goes("sip:example.com", zone), "NotOffered");
    let zone = "
        _sip._udp.example.com SRV 0 0 0 .
        _sip._tcp.example.com SRV 0 0 5060 example.com
        example.com A 192.0.2.9";
    assert_eq!(goes("sip:example.com", zone), "TCP 192.0.2.9:5060");
}

#[test]
fn a_failure_is_not_taken_for_an_absence() {
    // The SRV records may say something else than the address of the domain does.
    let zone = "_sip._udp.example.com FAILS SRV
        example.com A 192.0.2.9";
    assert_eq!(goes("sip:example.com", zone), "Unresolved");
    // Some name servers fail at NAPTR alone.
    let zone = format!("example.com FAILS NAPTR\n{SRV_ONLY}");
    assert_eq!(goes("sip:example.com", &zone), "UDP 192.0.2.1:5070, TCP 192.0.2.1:5071");
    // One of several hosts can't be found: the others serve.
    let zone = "
        _sip._udp.example.com SRV 1 0 5060 a.example.com
        _sip._udp.example.com SRV 2 0 5060 b.example.com
        a.example.com FAILS A
        b.example.com A 192.0.2.2";
    assert_eq!(goes("sip:example.com", zone), "UDP 192.0.2.2:5060");
}

#[test]
fn records_that_point_at_themselves_end_the_search() {
    let zone = "
        example.com NAPTR 1 1 s SIP+D2U example.com
        example.com SRV 1 0 5060 example.com";
    assert_eq!(goes("sip:example.com", zone), "NoAddress");
    let zone = "
        _sip._udp.example.com SRV 1 0 5060 _sip._udp.example.com";
    assert_eq!(goes("sip:example.com", zone), "NoAddress");
}

#[test]
fn a_huge_answer_is_looked_at_in_part() {
    let mut zone = String::new();
    for host in 0..200 {
        zone.push_str(&format!("_sip._udp.example.com SRV 1 0 5060 h{host}.example.com\n"));
        for last in 0..200 {
            zone.push_str(&format!("h{host}.example.com A 192.0.{host}.{last}\n"));
        }
    }
    let (choice, asked) = resolve("sip:example.com", &zone, ALL);
    let Choice::Destinations(list) = choice else { panic!("{choice:?}") };
    assert_eq!(list.len(), 16);
    assert!(asked.len() <= 40, "{} questions", asked.len());
}

#[test]
fn a_name_server_does_not_make_us_speak_to_everybody_or_to_nobody() {
    let zone = "
        example.com A 0.0.0.0
        example.com A 255.255.255.255
        example.com A 224.0.0.1
        example.com AAAA ::
        example.com AAAA ff02::1";
    assert_eq!(goes("sip:example.com:5060", zone), "NoAddress");
    let zone = "
        _sip._udp.example.com SRV 1 0 0 a.example.com
        a.example.com A 192.0.2.1";
    assert_eq!(goes("sip:example.com", zone), "NoAddress", "port 0 is none");
}

#[test]
fn the_certificate_has_to_name_the_domain_of_the_uri() {
    for uri in ["sips:Example.com", "sips:example.com;maddr=192.0.2.7"] {
        let (Choice::Destinations(list), _) = resolve(uri, WHOLE, ALL) else { panic!("{uri}") };
        assert!(list.iter().all(|it| &*it.domain == "example.com"), "{list:?}");
    }
    let (Choice::Destinations(list), _) = resolve("sips:[2001:DB8::7];maddr=192.0.2.7", "", ALL) else {
        panic!()
    };
    assert_eq!(&*list[0].domain, "2001:db8::7", "as a certificate has it");
}

#[test]
fn uris_that_lead_nowhere_are_refused_at_once() {
    for uri in [
        "tel:+15551234",
        "urn:service:sos",
        "sip:example.com:0",
        "sip:example.com;transport=sctp",
        "sips:example.com;transport=udp",
        "sip:a..example.com",
        "sip:example.com;maddr=[::g]",
    ] {
        assert!(NextHop::of(&Uri::parse(uri).unwrap()).is_err(), "{uri}");
    }
    let long = format!("sip:{}.example.com", "a".repeat(64));
    assert!(NextHop::of(&Uri::parse(&long).unwrap()).is_err());
}

/// RFC 3261 18.1.1.
#[test]
fn a_large_request_goes_over_a_connection_where_there_is_one() {
    let large = |uri: &str, zone: &str, means: Means| {
        let (Choice::Destinations(mut list), _) = resolve(uri, zone, means) else { panic!("{uri}") };
        streams_first(&mut list, means);
        told(&Choice::Destinations(list))
    };
    assert_eq!(large("sip:example.com", SRV_ONLY, ALL), "TCP 192.0.2.1:5071, UDP 192.0.2.1:5070");
    assert_eq!(large("sip:192.0.2.7", "", ALL), "TCP 192.0.2.7:5060, UDP 192.0.2.7:5060");
    assert_eq!(large("sip:192.0.2.7", "", Means { tcp: false, ..ALL }), "UDP 192.0.2.7:5060");
    assert_eq!(large("sip:192.0.2.7;transport=tcp", "", ALL), "TCP 192.0.2.7:5060");
}

#[test]
fn addresses_of_equal_rank_share_the_load() {
    let zone = zone("example.com A 192.0.2.1\nexample.com A 192.0.2.2\nexample.com A 192.0.2.3");
    let hop = NextHop::of(&Uri::parse("sip:example.com:5060").unwrap()).unwrap();
    let mut first = BTreeMap::<_, usize>::new();
    let absent = Answer::Absent;
    for random in 0..300 {
        let choice = choose(&hop, ALL, |question| Some(zone.get(question).unwrap_or(&absent)), random);
        let Choice::Destinations(list) = choice else { panic!("{choice:?}") };
        assert_eq!(list.len(), 3);
        *first.entry(list[0].address).or_default() += 1;
    }
    assert_eq!(first.into_values().collect::<Vec<_>>(), [100, 100, 100]);
}
