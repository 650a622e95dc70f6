use std::time::Duration;

use iwf_model::Challenge;

use super::raw::RawConfig;
use super::*;

fn faults(text: &str) -> Vec<String> {
    let document = Document::parse("iwf.toml", text.to_owned()).unwrap();
    match check_document(&document) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.iter().map(Fault::to_string).collect(),
    }
}

fn with(variables: &[(&str, &str)]) -> Result<Config, Faults> {
    load(None, variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn no_file_at_all_is_a_configuration() {
    let config = with(&[]).unwrap();
    assert_eq!(config.smpp.listen, ["0.0.0.0:2775".parse().unwrap()]);
    assert_eq!(config.sip.udp, config.sip.tcp);
    assert_eq!(config.admin.listen, "127.0.0.1:8025".parse().unwrap());
    assert_eq!(config.limits.default_validity, Duration::from_secs(72 * 3600));
    assert_eq!((config.sip.algorithm, config.sip.advertise), (Challenge::Md5, None));
}

#[test]
fn several_datagram_sockets_of_a_family_are_allowed() {
    assert!(faults("[sip]\nudp = [\"0.0.0.0:5060\", \"[::]:5060\"]\n").is_empty());
    assert!(faults("[sip]\nudp = [\"127.0.0.1:5060\", \"127.0.0.2:5060\"]\n").is_empty());
}

#[test]
fn every_wrong_value_is_said_and_not_only_the_first() {
    let found = faults(
        "[node]\nnumber = 100\n[smpp]\nlisten = [\"here\"]\nsystem_id = \"sixteen-octets!!\"\n[admin]\nlisten = \"0.0.0.0:8025\"\n[sip]\nalgorithm = \"md-5\"\n",
    );
    assert_eq!(found.len(), 5, "{found:#?}");
    assert_eq!(found[0], "iwf.toml:2:1: node.number: 100 is not between 0 and 99");
    assert!(found[1].starts_with("iwf.toml:5:1: smpp.system_id: must be 1 to 15 "), "{}", found[1]);
    assert!(found[2].starts_with("iwf.toml:4:11: smpp.listen[0]: \"here\" is not an IP "), "{}", found[2]);
    assert_eq!(found[3], "iwf.toml:9:1: sip.algorithm: unknown word \"md-5\"; did you mean \"md5\"?");
    assert!(
        found[4].starts_with("iwf.toml:7:1: admin.listen: 0.0.0.0:8025 is not a loopback"),
        "{}",
        found[4]
    );
}

#[test]
fn rules_between_keys_hold() {
    let cases = [
        ("[smpp]\ninactivity_seconds = 30\n", "smpp.inactivity_seconds: must be larger"),
        ("[sip]\nmin_expires_seconds = 3000\ndefault_expires_seconds = 600\n", "must lie between"),
        ("[sip]\nmax_expires_seconds = 600\n", "must lie between"),
        ("[sip]\nservice_route = [\"tel:1\"]\n", "is not a URI such as"),
        ("[sip.proxy]\nuri = \"tel:1\"\n", "is no URI that can be sent to"),
        ("[sip.proxy]\nuri = \"sip:example.com;transport=ws\"\n", "asks for WebSocket"),
        ("[sip.proxy]\nuri = \"sips:example.com;transport=udp\"\n", "is no URI that can be sent to"),
        ("[sip]\nclient_certificate = \"c\"\n", "sip.client_key: is needed"),
        ("[sip]\nclient_key = \"k\"\n", "sip.client_certificate: is needed"),
        ("[sip.proxy]\nuri = \"sip:example.com\"\ndomain = \"a b\"\n", "is neither a host name"),
        ("[sip.proxy]\nwhen = \"never\"\n", "unknown word \"never\""),
        ("[routing]\nnumber_plan = \"49\"\n", "routing.number_plan: \"49\" is no number plan"),
        ("[admin.tls]\nlisten = [\"0.0.0.0:8026\"]\nkey = \"k\"\n", "admin.tls.certificate: is needed"),
        (
            "[admin.tls]\nlisten = [\"127.0.0.1:8025\"]\ncertificate = \"c\"\nkey = \"k\"\n",
            "is listened on for another transport too",
        ),
        ("[dns]\nservers = [\"192.0.2.1\"]\n", "is not an IP address with a port"),
        ("[limits]\nmax_validity_hours = 24\n", "must not be larger than limits.max_validity_hours"),
        ("[limits]\nwaiting_in_all = 10\n", "must not be larger than limits.waiting_in_all"),
        ("[smpp]\nmax_unbound_per_address = 0\n", "0 is not between 1 and 100000"),
        (
            "[smpp.tls]\nlisten = [\"0.0.0.0:2775\"]\ncertificate = \"c\"\nkey = \"k\"\n",
            "is listened on for another transport too",
        ),
        ("[smpp.tls]\nlisten = [\"0.0.0.0:1\"]\nkey = \"k\"\n", "smpp.tls.certificate: is needed"),
        ("[smpp.tls]\nclient_certificate = \"always\"\n", "unknown word \"always\""),
        ("[sip.tls]\nlisten = [\"0.0.0.0:1\"]\ncertificate = \"c\"\n", "sip.tls.key: is needed"),
        (
            "[sip.tls]\nlisten = [\"0.0.0.0:1\"]\ncertificate = \"c\"\nkey = \"k\"\nclient_certificate = \"required\"\n",
            "\"required\" needs sip.tls.client_ca",
        ),
        ("[sip.websocket]\nlisten = [\"0.0.0.0:5060\"]\n", "is listened on for another transport too"),
        (
            "[sip.tls]\nkey = \"k\"\n[sip.websocket]\ntls_listen = [\"0.0.0.0:1\"]\n",
            "sip.tls.certificate: is needed: sip.websocket.tls_listen names an address",
        ),
        ("[sip.websocket]\norigins = [\"phone.example.com\"]\n", "is not what a browser calls a page"),
        ("[sip]\nudp = [\"127.0.0.1:5060\", \"127.0.0.1:5060\"]\n", "stands here twice"),
        ("[log]\nlevel = \"info,=\"\n", "is not a level"),
        ("[sip]\nscanners = [\"sip\"]\n", "sip.scanners[0]: \"sip\" has to have 4 to 64 characters"),
        ("[sip]\nemergency = [\"1x\"]\n", "sip.emergency[0]: \"1x\": "),
        (
            "[[sip.trunk]]\nname = \"a\"\nnetworks = [\"192.0.2.0/28\"]\n",
            "sip.trunk[0]: give accounts = true",
        ),
        (
            "[[sip.trunk]]\nname = \"a\"\nnetworks = [\"192.0.2.1/28\"]\naccounts = true\n",
            "sip.trunk[0].networks[0]: \"192.0.2.1/28\": the address has bits behind its prefix",
        ),
        ("[[sip.trunk]]\nname = \"a\"\ncarrier = \"C\"\n", "sip.trunk[0].networks: is needed"),
        (
            "[[sip.trunk]]\nname = \"a\"\ncertificate = \"name:edge.example\"\naccounts = true\n",
            "sip.trunk[0].certificate: needs sip.tls.listen and sip.tls.client_ca",
        ),
        (
            "[[sip.trunk]]\nname = \"a\"\ncertificate = \"edge\"\naccounts = true\n",
            "sip.trunk[0].certificate: \"edge\": not a rule for a certificate",
        ),
        ("[sip]\nrealm = \"a\\\"b\"\n", "sip.realm: must be"),
    ];
    for (text, expected) in cases {
        let found = faults(text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
    }
}

#[test]
fn a_registrar_that_can_not_be_read_is_named_without_its_password() {
    let cases = [
        ("[registrar]\ndatabase = \"oracle://u:hidden@h/d\"\n", "begins with neither sqlite: nor postgres:"),
        (
            "[registrar]\ndatabase = \"sqlite:///l.db\"\ntable = \"a;b\"\n",
            "registrar.table: \"a;b\" is no name",
        ),
        ("[registrar]\ndatabase = \"sqlite:///l.db\"\nedge = \"tel:1\"\n", "is no URI that can be sent to"),
        (
            "[registrar]\ndatabase = \"sqlite:///l.db\"\ndomain = \"a b\"\n",
            "registrar.domain: \"a b\" is neither",
        ),
        (
            "[registrar]\ndatabase = \"sqlite:///l.db\"\nutc_offset_minutes = 900\n",
            "900 is not between -840 and 840",
        ),
    ];
    for (text, expected) in cases {
        let found = faults(text);
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
        assert!(!found[0].contains("hidden"), "{found:?}");
    }
}

#[test]
fn the_advertised_address_is_a_host_with_or_without_a_port() {
    let cases = [
        ("sip.example.net", Some(("sip.example.net", None))),
        ("192.0.2.1:5070", Some(("192.0.2.1", Some(5070)))),
        ("[2001:db8::1]:5060", Some(("[2001:db8::1]", Some(5060)))),
        ("[2001:db8::1]", Some(("[2001:db8::1]", None))),
        ("2001:db8::1", None),
        ("host:0", None),
        ("a b", None),
        ("sip:host", None),
    ];
    for (text, expected) in cases {
        let got = with(&[("IWF_SIP_ADVERTISE", text)]).ok().and_then(|config| config.sip.advertise);
        let expected = expected.map(|(host, port)| Advertise { host: host.to_owned(), port });
        assert_eq!(got, expected, "{text}");
    }
}

#[test]
fn the_environment_wins_and_is_blamed() {
    let config = with(&[("IWF_SMPP_LISTEN", "127.0.0.1:0, 127.0.0.1:0"), ("IWF_SIP_TCP", "")]).unwrap();
    assert_eq!((config.smpp.listen.len(), config.sip.tcp.len()), (2, 0));

    let config = with(&[
        ("IWF_SMPP_TLS_LISTEN", "127.0.0.1:1"),
        ("IWF_SMPP_TLS_CERTIFICATE", "c"),
        ("IWF_SMPP_TLS_KEY", "k"),
    ]);
    assert!(config.unwrap().smpp.tls.is_some());

    let found = with(&[("IWF_SMPP_TLS_LISEN", "x")]).unwrap_err().to_string();
    assert!(found.ends_with("unknown key \"lisen\"; did you mean \"listen\"?"), "{found}");
    let found = with(&[("IWF_SMPP_LISTEN", "nowhere")]).unwrap_err().to_string();
    assert!(found.starts_with("environment IWF_SMPP_LISTEN: smpp.listen[0]: \"nowhere\""), "{found}");
    let found = with(&[("IWF_NODE_NUMBER", "one")]).unwrap_err().to_string();
    assert_eq!(found, "environment IWF_NODE_NUMBER: node.number: \"one\" is not a whole number");
}

#[test]
fn websocket_over_tls_shows_the_certificate_of_sip_over_tls_and_asks_for_none() {
    let text = "[sip.tls]\nlisten = [\"0.0.0.0:5061\"]\ncertificate = \"c\"\nkey = \"k\"\nclient_ca = \"a\"\n\
                [sip.websocket]\ntls_listen = [\"0.0.0.0:443\"]\norigins = [\"https://Phone.example\"]\n";
    let config = check::check(&Document::parse("iwf.toml", text.to_owned()).unwrap()).unwrap();
    let (_, over_tls) = config.sip.tls.unwrap();
    let (_, browsers) = config.sip.websocket.tls.unwrap();
    assert_eq!(over_tls, TlsConfig { client_ca: Some("a".into()), ..browsers.clone() });
    assert_eq!(browsers.client_ca, None);
    assert_eq!(config.sip.websocket.origins, ["https://phone.example"]);
}

#[test]
fn a_trunk_has_a_name_its_networks_and_what_it_may_speak_for() {
    let text = "[[sip.trunk]]\nname = \"edge\"\nnetworks = [\"192.0.2.0/28\", \"2001:db8::1\"]\naccounts = true\n\
                [[sip.trunk]]\nname = \"tata\"\nnetworks = [\"203.0.113.7\"]\ncarrier = \"TATA\"\n";
    let config = check_document(&Document::parse("iwf.toml", text.to_owned()).unwrap()).unwrap();
    let [edge, tata] = config.sip.trunks.as_slice() else { panic!("two trunks") };
    assert_eq!(
        (edge.name.as_str(), edge.networks.len(), edge.accounts, &edge.carrier),
        ("edge", 2, true, &None)
    );
    assert_eq!((tata.accounts, tata.carrier.as_deref()), (false, Some("TATA")));
}

#[test]
fn a_variable_of_a_section_must_name_a_key_and_others_are_left_alone() {
    let found = with(&[("IWF_SMPP_LISEN", "x")]).unwrap_err().to_string();
    assert!(found.ends_with("unknown key \"lisen\"; did you mean \"listen\"?"), "{found}");
    assert!(with(&[("IWF_DATA", "x"), ("IWF_OTHER_THING", "y"), ("PATH", "z")]).is_ok());
}

#[test]
fn a_value_of_the_wrong_type_in_the_place_of_a_section_is_said() {
    let said = "iwf.toml:1:1: smpp: integer `1` stands here, and a table is needed";
    assert_eq!(faults("smpp = 1\n"), [said]);
    assert_eq!(faults("[sipp]\n"), ["iwf.toml:1:2: sipp: unknown key \"sipp\"; did you mean \"sip\"?"]);
}

#[test]
fn the_sections_are_those_of_the_file() {
    let known = toml::Table::try_from(RawConfig::default()).unwrap();
    assert_eq!(known.len(), SECTIONS.len());
    assert!(SECTIONS.iter().all(|section| known.contains_key(*section)));
}

/// The example lists every key, commented out, with its default: with the comment signs taken away it
/// is the default configuration.
#[test]
fn the_example_lists_every_key_with_its_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/iwf.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let bare: String =
        text.lines().map(|line| line.strip_prefix('#').unwrap_or(line)).fold(String::new(), |text, line| {
            let setting =
                line.starts_with('[') || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
            if setting { text + line + "\n" } else { text }
        });
    let listed: toml::Table = bare.parse().unwrap();
    let mut expected = toml::Table::try_from(RawConfig::default()).unwrap();
    // Its tables have an example of their own.
    expected.remove("push");
    assert_eq!(listed, expected);
}

#[test]
fn the_example_of_push_is_one_and_tells_every_key() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/iwf.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, example) = text.split_once("# [[push]]").unwrap();
    let bare: String = example.lines().map(|line| line.trim_start_matches("# ").to_owned() + "\n").collect();
    let text = format!("[[push]]\n{bare}");
    let table: toml::Table = text.parse().unwrap();
    let known = toml::Table::try_from(super::raw::RawPush::default()).unwrap();
    let push = table["push"][0].as_table().unwrap();
    assert!(known.keys().eq(push.keys()), "{push:?}");
    assert_eq!(faults(&text), [""; 0]);
}

#[test]
fn what_is_wrong_with_a_provider_of_pushes_is_said_with_its_place() {
    let cases = [
        (
            "provider = \"fcm\"\nkind = \"fmc\"\nurl = \"http://h/\"\n",
            "push[0].kind: unknown word \"fmc\"; did you mean \"fcm\"?",
        ),
        ("kind = \"fcm\"\n", "push[0].provider: must be what apps say"),
        ("provider = \"own\"\n", "push[0].url: \"\" is not a URL"),
        ("provider = \"a\"\nkind = \"fcm\"\nbody = \"{{text}}\"\n", "push[0].body: {{text}} needs with_text"),
        (
            "provider = \"a\"\nkind = \"fcm\"\nheaders = { \"a b\" = \"\" }\n",
            "\"a b\" is not the name of a header",
        ),
        (
            "provider = \"a\"\nkind = \"fcm\"\n[[push]]\nprovider = \"A\"\nkind = \"apns\"\n",
            "push[1].provider: \"a\" stands here twice",
        ),
    ];
    for (text, expected) in cases {
        let found = faults(&format!("[[push]]\n{text}"));
        assert!(found.len() == 1 && found[0].contains(expected), "{text}: {found:?}");
    }
}
