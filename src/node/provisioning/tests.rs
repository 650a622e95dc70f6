use std::path::Path;

use iwf_model::{Account, AccountId, AccountState, Carrier, CarrierId, Challenge, Settings};
use iwf_store::{Change, Provisioning};

use super::*;
use crate::config::{Document, Fault};

const EXAMPLE: &str = r#"
[[carrier]]
name = "Carrier1"
system_id = "carrier1"
password = "secret1"

[[account]]
username = "111222333"
password = "secret"
dids = ["111222333"]
"#;

fn plan(text: &str) -> Plan {
    let document = Document::parse("f.toml", text.to_owned()).unwrap();
    Plan::of_file(document, Path::new("")).unwrap()
}

fn faults(text: &str) -> Vec<String> {
    let document = Document::parse("f.toml", text.to_owned()).unwrap();
    let faults = Plan::of_file(document, Path::new("")).unwrap_err();
    faults.0.iter().map(Fault::to_string).collect()
}

/// What a store does with changes, without a store.
fn apply(current: &Provisioning, changes: &[Change]) -> Provisioning {
    let mut next = current.clone();
    for change in changes {
        match change {
            Change::PutCarrier(carrier) => {
                next.carriers.retain(|known| known.name != carrier.name);
                next.carriers.push(Carrier { id: CarrierId(7), ..(**carrier).clone() });
            }
            Change::PutAccount(account) => {
                next.accounts.retain(|known| known.username != account.username);
                let taken = |known: &Account| account.dids.iter().any(|did| known.dids.contains(did));
                assert!(!next.accounts.iter().any(taken), "a number is owned twice on the way");
                next.accounts.push(Account { id: AccountId(7), ..account.clone() });
            }
            Change::RemoveCarrier { name } => next.carriers.retain(|known| known.name != *name),
            Change::RemoveAccount { username } => next.accounts.retain(|known| known.username != *username),
            Change::PutConnection(connection) => {
                next.connections.retain(|known| known.name != connection.name);
                next.connections.push((**connection).clone());
            }
            Change::RemoveConnection { name } => next.connections.retain(|known| known.name != *name),
            Change::PutRoute(route) => {
                next.routes.retain(|known| known.name != route.name);
                next.routes.push((**route).clone());
            }
            Change::RemoveRoute { name } => next.routes.retain(|known| known.name != *name),
            Change::Undo { .. } => unreachable!("no plan asks for it"),
        }
    }
    next
}

fn imported(current: &Provisioning, text: &str, prune: bool) -> (Vec<String>, Provisioning) {
    let differences = diff(current, &plan(text), "iwf", prune).unwrap();
    let listed = differences.listed.iter().map(ToString::to_string).collect();
    (listed, apply(current, &differences.changes))
}

#[test]
fn the_same_file_twice_changes_nothing_the_second_time() {
    let (listed, once) = imported(&Provisioning::default(), EXAMPLE, false);
    assert_eq!(listed, ["added carrier Carrier1", "added account 111222333"]);
    let (listed, twice) = imported(&once, EXAMPLE, true);
    assert_eq!((listed.len(), twice.carriers), (0, once.carriers));
}

#[test]
fn what_changed_is_named_by_field() {
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let text = EXAMPLE.replace("\"secret1\"", "\"secret2\"\nrate = 5").replace("\"secret\"", "\"new\"");
    let (listed, after) = imported(&before, &text, false);
    assert_eq!(listed, ["changed carrier Carrier1: password, rate", "changed account 111222333: password"]);
    assert_ne!(before.accounts[0].ha1_sha256, after.accounts[0].ha1_sha256);
}

#[test]
fn another_realm_needs_other_hashes() {
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let differences = diff(&before, &plan(EXAMPLE), "example.net", false).unwrap();
    assert_eq!(differences.listed[0].to_string(), "changed account 111222333: password, realm");
}

#[test]
fn without_a_password_the_one_that_is_there_stays() {
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let text = EXAMPLE
        .replace("password = \"secret1\"\n", "")
        .replace("password = \"secret\"", "state = \"suspended\"");
    let (listed, after) = imported(&before, &text, false);
    assert_eq!(listed, ["changed account 111222333: state"]);
    assert_eq!(after.accounts[0].ha1_md5, before.accounts[0].ha1_md5);
    assert_eq!(after.accounts[0].state, AccountState::Suspended);
}

#[test]
fn something_new_needs_a_password() {
    let text = EXAMPLE.replace("password = \"secret\"\n", "");
    let error = diff(&Provisioning::default(), &plan(&text), "iwf", false).unwrap_err().to_string();
    assert_eq!(error, "f.toml:7:1: account[0].password: a new account needs a password or a password_file");
}

#[test]
fn what_the_file_does_not_name_goes_only_when_pruning() {
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let other = "[[account]]\nusername = \"2\"\npassword = \"x\"\ndids = [\"111222333\"]\n";
    let (listed, after) = imported(&before, other, true);
    assert_eq!(listed, ["removed carrier Carrier1", "removed account 111222333", "added account 2"]);
    assert_eq!((after.carriers.len(), after.accounts.len()), (0, 1));
    let error = diff(&before, &plan(other), "iwf", false).unwrap_err().to_string();
    assert_eq!(
        error,
        "f.toml:4:9: account[0].dids[0]: the number 111222333 belongs to account 111222333; take it from there first"
    );
}

#[test]
fn two_accounts_may_exchange_their_numbers() {
    let two = |a: &str, b: &str| {
        format!(
            "[[account]]\nusername = \"a\"\npassword = \"x\"\ndids = [\"9\", \"{a}\"]\n\
             [[account]]\nusername = \"b\"\npassword = \"x\"\ndids = [\"{b}\"]\n"
        )
    };
    let (_, before) = imported(&Provisioning::default(), &two("1", "2"), false);
    let (listed, after) = imported(&before, &two("2", "1"), false);
    assert_eq!(listed, ["changed account a: dids", "changed account b: dids"]);
    assert_eq!(after.accounts.iter().map(|account| account.dids.len()).sum::<usize>(), 3);
}

#[test]
fn the_order_of_the_numbers_is_no_difference() {
    let text = |dids: &str| format!("[[account]]\nusername = \"a\"\npassword = \"x\"\ndids = [{dids}]\n");
    let (_, before) = imported(&Provisioning::default(), &text("\"1\", \"2\""), false);
    assert!(imported(&before, &text("\"2\", \"1\""), false).0.is_empty());
}

#[test]
fn every_fault_of_a_file_is_said_with_its_line_and_key() {
    let found = faults(
        "[[carrier]]\nname = \"A\"\nsystem_id = \"sixteen-octets!!\"\npasword = \"x\"\nalphabet = \"gsm\"\nmax_binds = 0\n\
         [[account]]\nusername = \"a b\"\npassword = \"\"\ndids = [\"1\", \"one\", \"1\"]\nstate = \"activ\"\n",
    );
    let expected = [
        "f.toml:4:1: carrier[0].pasword: unknown key \"pasword\"; did you mean \"password\"?",
        "f.toml:3:1: carrier[0].system_id: has 1 to 15 printable",
        "f.toml:6:1: carrier[0].max_binds: 0 is not between 1 and 1000",
        "f.toml:5:1: carrier[0].alphabet: unknown alphabet \"gsm\"; did you mean \"gsm7\"?",
        "f.toml:8:1: account[0].username: is needed: 1 to 64 characters",
        "f.toml:10:14: account[0].dids[1]: \"one\": a number has digits only",
        "f.toml:11:1: account[0].state: unknown state \"activ\"; did you mean \"active\"?",
        "f.toml:9:1: account[0].password: a password has 1 to 128 octets",
        "f.toml:10:14: account[0].dids[1]: the number \"1\" stands at account[0].dids[0] already",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn a_password_comes_from_a_file_beside_it_and_never_shows() {
    let directory = std::env::temp_dir().join(format!("iwf-provisioning-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("pw"), "from-a-file\n").unwrap();
    let text = "[[carrier]]\nname = \"A\"\nsystem_id = \"a\"\npassword_file = \"pw\"\n";
    let document = Document::parse("f.toml", text.to_owned()).unwrap();
    let plan = Plan::of_file(document, &directory).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();

    let Change::PutCarrier(carrier) =
        &diff(&Provisioning::default(), &plan, "iwf", false).unwrap().changes[0]
    else {
        panic!("a carrier is added")
    };
    assert!(crate::credentials::verify(&carrier.password_hash, b"from-a-file"));
    assert_eq!(plan.warnings.len(), 1, "11 octets are more than SMPP gives");
    assert!(!format!("{plan:?}").contains("from-a-file"));
}

#[test]
fn a_profile_is_read_compared_and_said_setting_by_setting() {
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let profile = "\n[carrier.profile]\nnetworks = [\"192.0.2.0/24\", \"2001:db8::/32\"]\npart_wait = 60\npacked = true\n";
    let text = EXAMPLE.replacen("\n[[account]]", &format!("{profile}\n[[account]]"), 1);
    let (listed, after) = imported(&before, &text, false);
    assert_eq!(listed, ["changed carrier Carrier1: networks, packed, part_wait"]);
    assert_eq!(after.carriers[0].profile.differences().len(), 3);
    let (listed, _) = imported(&after, EXAMPLE, false);
    assert_eq!(
        listed,
        ["changed carrier Carrier1: networks, packed, part_wait"],
        "what is absent has its default"
    );
}

#[test]
fn a_setting_that_cannot_be_is_named_with_its_place() {
    let profile = "\n[carrier.profile]\nnetwork = \"192.0.2.0/24\"\npart_wait = 1.5\nnumbers = [\"2%2\"]\n";
    let text = EXAMPLE.replacen("\n[[account]]", &format!("{profile}\n[[account]]"), 1);
    let faults = faults(&text);
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert_eq!(
        faults[0],
        "f.toml:8:1: carrier[0].profile.network: unknown setting \"network\"; did you mean \"networks\"?"
    );
    assert!(
        faults.iter().any(|fault| fault.contains("profile.numbers: numbers can't be \"2%2\"")),
        "{faults:?}"
    );
}

#[test]
fn the_digest_of_an_account_is_read_compared_and_said() {
    let with = |word: &str| EXAMPLE.replace("\"secret\"", &format!("\"secret\"\ndigest = \"{word}\""));
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let (listed, after) = imported(&before, &with("sha-512-256"), false);
    assert_eq!(listed, ["changed account 111222333: digest"]);
    assert_eq!(after.accounts[0].digest, Some(Challenge::Sha512Trunc256));
    assert!(imported(&before, &with("default"), false).0.is_empty());
    assert_eq!(
        faults(&with("sha-512")),
        [
            "f.toml:10:1: account[0].digest: unknown digest \"sha-512\"; allowed are md5, sha-256, sha-512-256, both, default"
        ]
    );
}

#[test]
fn an_account_for_tls_alone_is_read_compared_and_said() {
    let with = |word: &str| EXAMPLE.replace("\"secret\"", &format!("\"secret\"\ntls_only = {word}"));
    let (_, before) = imported(&Provisioning::default(), EXAMPLE, false);
    let (listed, after) = imported(&before, &with("true"), false);
    assert_eq!(listed, ["changed account 111222333: tls_only"]);
    assert!(after.accounts[0].tls_only);
    assert!(imported(&before, &with("false"), false).0.is_empty());
}

#[test]
fn a_hash_that_was_not_kept_yet_needs_the_password_once_more() {
    let (_, mut before) = imported(&Provisioning::default(), EXAMPLE, false);
    before.accounts[0].ha1_sha512_256 = None;
    let asking = EXAMPLE.replace("password = \"secret\"", "digest = \"sha-512-256\"");
    let error = diff(&before, &plan(&asking), "iwf", false).unwrap_err().to_string();
    assert!(
        error.starts_with("f.toml:9:1: account[0].digest: sha-512-256 needs the password once more"),
        "{error}"
    );
    let (listed, after) = imported(&before, EXAMPLE, false);
    assert_eq!(listed, ["changed account 111222333: password"], "the same password, one hash more");
    assert!(after.accounts[0].ha1_sha512_256.is_some());
}

const ROUTING: &str = r#"
[[carrier]]
name = "env2"

[[connection]]
name = "env2-a"
carrier = "env2"
address = "env2.example:2775"
password = "secret"
binds = 2
vendor_errors = ["0x401=peer-unavailable"]

[[connection]]
name = "env2-b"
carrier = "env2"
receivers = true

[[route]]
name = "222"
to = ["222%", "!2225%"]
via = "env2-a*70 | env2-b*30"
"#;

#[test]
fn connections_and_routes_are_read_compared_and_said() {
    let (listed, once) = imported(&Provisioning::default(), ROUTING, false);
    let added = ["carrier env2", "connection env2-a", "connection env2-b", "route 222"];
    assert_eq!(listed, added.map(|what| format!("added {what}")));
    assert_eq!(once.routes[0].rule.connections().collect::<Vec<_>>(), ["env2-a", "env2-b"]);
    assert!(imported(&once, ROUTING, true).0.is_empty());

    let other = ROUTING.replace("binds = 2", "window = 50").replace("password = \"secret\"\n", "");
    let other = other
        .replace(" | env2-b*30", "")
        .replace("[[connection]]\nname = \"env2-b\"\ncarrier = \"env2\"\nreceivers = true\n", "");
    let (listed, twice) = imported(&once, &other, true);
    let expected =
        ["removed connection env2-b", "changed connection env2-a: binds, window", "changed route 222: via"];
    assert_eq!(listed, expected);
    let kept = twice.connections.iter().find(|connection| connection.name == "env2-a").unwrap();
    assert_eq!(&*kept.link.call.password, "secret", "without a password the one that is there stays");
}

#[test]
fn every_fault_of_a_connection_and_a_route_is_said_with_its_line_and_key() {
    let found = faults(
        "[[connection]]\nname = \"a b\"\nadress = \"x:1\"\n\
         [[connection]]\nname = \"c\"\ncarrier = \"v\"\naddress = \"x\"\npassword = [1]\n\
         [[route]]\nname = \"r\"\nto = \"2%2\"\n[[route]]\nname = \"r\"\nto = \"%\"\nvia = \"c\"\npriority = 1.5\n",
    );
    let expected = [
        "f.toml:2:1: connection[0].name: is needed: 1 to 64 ASCII characters without blanks",
        "f.toml:3:1: connection[0].adress: unknown setting \"adress\"; did you mean \"address\"?",
        "f.toml:1:1: connection[0].carrier: is needed: the name of the carrier at its other end",
        "f.toml:1:1: connection[0].address: is needed: where we bind; or `receivers = true`",
        "f.toml:7:1: connection[1].address: address can't be \"x\"",
        "f.toml:8:1: connection[1].password: is a text, a number, true, false or a list of texts",
        "f.toml:11:1: route[0].to: to can't be \"2%2\"",
        "f.toml:9:1: route[0].via: is needed: the connections that it leads to",
        "f.toml:16:1: route[1].priority: is a text, a number, true, false or a list of texts",
        "f.toml:13:1: route[1].name: the name \"r\" stands at route[0].name already",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

#[test]
fn what_a_connection_or_a_route_names_must_be_there() {
    let refused = |text: &str, current: &Provisioning, prune| {
        diff(current, &plan(text), "iwf", prune).unwrap_err().to_string()
    };
    let without = ROUTING.replace("[[carrier]]\nname = \"env2\"\n", "").replace("env2-b*30", "env3*30");
    let error = refused(&without, &Provisioning::default(), false);
    assert!(error.contains("connection[0].carrier: there is no carrier env2"), "{error}");
    assert!(error.contains("route[0].via: there is no connection env3"), "{error}");
    let (_, there) = imported(&Provisioning::default(), ROUTING, false);
    assert!(
        diff(&there, &plan(&ROUTING.replace("[[carrier]]\nname = \"env2\"\n", "")), "iwf", false).is_ok()
    );
    let error = refused(&without, &there, true);
    assert!(error.contains("there is no carrier env2"), "what is pruned is not there: {error}");
}

#[test]
fn a_carrier_that_does_not_bind_to_us_needs_no_password() {
    let (listed, before) = imported(&Provisioning::default(), "[[carrier]]\nname = \"v\"\n", false);
    assert_eq!((listed.len(), before.carriers[0].password_hash.as_str()), (1, ""));
    let binding = "[[carrier]]\nname = \"v\"\nsystem_id = \"v\"\n";
    let error = diff(&before, &plan(binding), "iwf", false).unwrap_err().to_string();
    assert!(error.contains("carrier[0].password: a carrier that binds to us needs a password"), "{error}");
    let (_, bound) = imported(&before, &format!("{binding}password = \"x\"\n"), false);
    let (_, unbound) = imported(&bound, "[[carrier]]\nname = \"v\"\n", false);
    assert_eq!(unbound.carriers[0].password_hash, "");
    let error = &faults("[[carrier]]\nname = \"v\"\npassword = \"x\"\n")[0];
    assert!(error.contains("carrier[0].system_id: is needed beside a password"), "{error}");
}
