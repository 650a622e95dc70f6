//! The command line as an admin uses it: the real binary, a data directory of its own for each test.
#![expect(clippy::unwrap_used, reason = "a test that can't be set up fails")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

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

/// A directory that is gone when the test ends.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("iwf-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Runs `iwf` with its data in here.
    fn iwf(&self, arguments: &[&str]) -> Ran {
        self.iwf_with(arguments, &[], "")
    }

    fn iwf_with(&self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_iwf"))
            .args(arguments)
            .env("IWF_DATA", self.0.join("data"))
            .envs(variables.iter().copied())
            .current_dir(&self.0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that asks for nothing may be gone before it is told anything.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::of(&child.wait_with_output().unwrap())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a command said, and its exit code.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.out
    }

    #[track_caller]
    fn failed(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        self.err
    }
}

#[test]
fn the_same_file_twice_changes_nothing_the_second_time() {
    let directory = Directory::new();
    let file = directory.file("accounts.toml", EXAMPLE);
    let first = directory.iwf(&["import", &file]).done();
    assert_eq!(first, "added carrier Carrier1\nadded account 111222333\n");
    assert_eq!(directory.iwf(&["import", &file]).done(), "nothing changed\n");
}

#[test]
fn a_broken_file_names_line_and_key_and_changes_nothing() {
    let directory = Directory::new();
    let file = directory.file("accounts.toml", EXAMPLE);
    directory.iwf(&["import", &file]).done();
    let broken =
        EXAMPLE.replace("\"secret1\"", "\"another\"").replace("[\"111222333\"]", "[\"111\", \"one\"]");
    let file = directory.file("broken.toml", &broken);

    let said = directory.iwf(&["import", &file]).failed();

    assert!(
        said.contains("broken.toml:10:16: account[0].dids[1]: \"one\": a number has digits only"),
        "{said}"
    );
    let file = directory.file("accounts.toml", EXAMPLE);
    assert_eq!(directory.iwf(&["import", &file]).done(), "nothing changed\n");
}

#[test]
fn import_removes_only_when_told_to_and_can_say_so_first() {
    let directory = Directory::new();
    let file = directory.file("accounts.toml", EXAMPLE);
    directory.iwf(&["import", &file]).done();
    let file = directory.file("less.toml", &EXAMPLE[..EXAMPLE.find("[[account]]").unwrap()]);
    assert_eq!(directory.iwf(&["import", &file]).done(), "nothing changed\n");
    let dry = directory.iwf(&["import", &file, "--prune", "--dry-run"]).done();
    assert_eq!(dry, "would have removed account 111222333\n");
    assert_eq!(directory.iwf(&["import", &file, "--prune"]).done(), "removed account 111222333\n");
}

#[test]
fn a_carrier_is_added_shown_changed_and_removed() {
    let directory = Directory::new();
    let add = ["carrier", "add", "Carrier 2", "--system-id", "c2", "--rate", "50"];
    let added = directory.iwf_with(&add, &[], "secret2\n");
    assert!(!format!("{added:?}").contains("secret2"), "{added:?}");
    assert_eq!(added.done(), "added carrier Carrier 2\n");
    assert!(directory.iwf_with(&add, &[], "x\n").failed().contains("there is a carrier Carrier 2 already"));

    let set = ["carrier", "set", "Carrier 2", "--enabled", "false", "--password", "secret2"];
    assert_eq!(directory.iwf(&set).done(), "changed carrier Carrier 2: enabled\n");

    let listed = directory.iwf(&["carrier", "list"]).done();
    assert_eq!(
        listed,
        "NAME       SYSTEM_ID  ENABLED  MAX_BINDS  RATE  WINDOW  ALPHABET\n\
         Carrier 2  c2         no       10         50/s  1000    gsm7\n"
    );
    let json = directory.iwf(&["carrier", "list", "--json"]).done();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["system_id"], &json[0]["rate"]), (&"c2".into(), &50.into()));

    assert_eq!(directory.iwf(&["carrier", "remove", "Carrier 2"]).done(), "removed carrier Carrier 2\n");
    let said = directory.iwf(&["carrier", "remove", "Carrier 2"]).failed();
    assert_eq!(said, "there is no carrier Carrier 2; `iwf carrier list` shows those there are\n");
}

#[test]
fn an_account_is_added_shown_changed_and_removed() {
    let directory = Directory::new();
    let add = ["account", "add", "alice", "--did", "1111,222333", "--password", "pw"];
    directory.iwf(&add).done();
    directory.iwf(&["account", "set", "alice", "--add-did", "3", "--remove-did", "1111"]).done();
    let listed = directory.iwf(&["account", "list"]).done();
    let head = "USERNAME  STATE   REALM  DIGEST   TLS  DIDS";
    assert_eq!(listed, format!("{head}\nalice     active  iwf    default  -    222333 3\n"));
    let said = directory.iwf(&["account", "set", "alice", "--digest", "sha-256"]).done();
    assert_eq!(said, "changed account alice: digest\n");
    assert!(directory.iwf(&["account", "list"]).done().contains("iwf    sha-256  -    222333 3"));
    let said = directory.iwf(&["account", "set", "alice", "--tls-only", "true"]).done();
    assert_eq!(said, "changed account alice: tls_only\n");
    assert!(directory.iwf(&["account", "list"]).done().contains("sha-256  only  222333 3"));
    let said = directory.iwf(&["account", "set", "alice", "--remove-did", "9"]).failed();
    assert_eq!(said, "account alice does not own the number 9\n");
    let said = directory.iwf(&["account", "add", "bob", "--did", "3", "--password", "pw"]).failed();
    assert!(said.contains("the number 3 belongs to account alice"), "{said}");
    directory.iwf(&["account", "remove", "alice"]).done();
    assert_eq!(directory.iwf(&["account", "list", "--json"]).done(), "[]\n");
}

#[test]
fn a_password_may_come_from_a_file_and_is_bounded() {
    let directory = Directory::new();
    let file = directory.file("pw", "from-a-file\n");
    directory.iwf(&["account", "add", "a", "--password-file", &file]).done();
    let same = directory.iwf(&["account", "set", "a", "--password", "from-a-file"]).done();
    assert_eq!(same, "nothing changed\n");
    let long = "x".repeat(65);
    let said = directory.iwf(&["carrier", "add", "c", "--system-id", "c", "--password", &long]).failed();
    assert_eq!(said, "password: a password has 1 to 64 octets and no control characters\n");
}

#[test]
fn check_says_what_it_took_a_file_for_and_every_fault() {
    let directory = Directory::new();
    let good = directory.file("accounts.toml", EXAMPLE);
    let said = directory.iwf(&["check", &good]).done();
    assert!(said.ends_with("accounts.toml: provisioning, no fault\n"), "{said}");

    let bad = directory.file("iwf.toml", "[smpp]\nlisen = []\n[admin]\nlisten = \"192.0.2.1:80\"\n");
    let said = directory.iwf(&["check", &good, &bad]).failed();
    assert!(
        said.contains("iwf.toml:2:1: smpp.lisen: unknown key \"lisen\"; did you mean \"listen\"?"),
        "{said}"
    );
    assert!(said.contains("iwf.toml:4:1: admin.listen: 192.0.2.1:80 is not a loopback address"), "{said}");
    assert!(said.contains("1 of 2 files must be put right"), "{said}");
}

#[test]
fn every_file_in_config_passes_the_check() {
    let directory = Directory::new();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
    let mut files = 0;
    for entry in std::fs::read_dir(config).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            directory.iwf(&["check", &path.display().to_string()]).done();
            files += 1;
        }
    }
    assert!(files >= 2);
}

#[test]
fn the_environment_wins_over_the_file() {
    let directory = Directory::new();
    let config = directory.file("iwf.toml", "[sip]\nrealm = \"from-file\"\n");
    let add = ["account", "add", "a", "--password", "x", "--config", &config];
    directory.iwf_with(&add, &[("IWF_SIP_REALM", "from-env")], "").done();
    assert!(directory.iwf(&["account", "list"]).done().contains("from-env"));

    let said = directory.iwf_with(&["serve"], &[("IWF_SMPP_LISTEN", "nowhere")], "").failed();
    assert!(said.starts_with("environment IWF_SMPP_LISTEN: smpp.listen[0]: \"nowhere\""), "{said}");
}

#[test]
fn what_is_not_there_is_said_with_the_way_out() {
    let directory = Directory::new();
    let said = directory.iwf(&["carrier", "list"]).failed();
    assert!(said.contains("holds no store yet: name the data directory"), "{said}");
    let said = directory.iwf(&["status"]).failed();
    assert!(said.starts_with("no node runs with its data in "), "{said}");
    let said = directory.iwf(&["import", "absent.toml"]).failed();
    assert!(said.starts_with("cannot read absent.toml: "), "{said}");

    let file = directory.file("accounts.toml", EXAMPLE);
    directory.iwf(&["import", &file]).done();
    let said = directory.iwf(&["message", "show", "123456789012345678"]).failed();
    assert!(said.starts_with("there is no message 123456789012345678 in this store"), "{said}");
    let said = directory.iwf(&["message", "show", "12"]).failed();
    assert_eq!(said, "12: a message id has 18 decimal digits\n");
}

#[test]
fn what_is_not_understood_exits_with_2() {
    let directory = Directory::new();
    assert_eq!(directory.iwf(&["carrier", "add"]).code, Some(2));
    assert_eq!(directory.iwf(&["no-such-command"]).code, Some(2));
}

#[test]
fn a_profile_is_set_shown_and_brought_back_setting_by_setting() {
    let directory = Directory::new();
    let add = ["carrier", "add", "A", "--system-id", "a", "--password", "x", "--profile", "packed=true"];
    directory.iwf(&add).done();
    let set =
        ["carrier", "set", "A", "--profile", "numbers=222%", "--profile", "outbind=192.0.2.7:2775 iwf pass"];
    assert_eq!(directory.iwf(&set).done(), "changed carrier A: numbers, outbind\n");
    let shown = directory.iwf(&["carrier", "show", "A"]).done();
    assert!(shown.contains("222%") && shown.contains("iwf ***") && !shown.contains("pass\n"), "{shown}");
    directory.iwf(&["carrier", "set", "A", "--profile", "packed=", "--profile", "outbind="]).done();
    let shown = directory.iwf(&["carrier", "show", "A", "--json"]).done();
    assert!(shown.contains("\"numbers\": \"222%\"") && !shown.contains("packed"), "{shown}");
    let said = directory.iwf(&["carrier", "set", "A", "--profile", "pack=true"]).failed();
    assert!(said.contains("did you mean \"packed\"?"), "{said}");
}

#[test]
fn connections_and_routes_are_added_shown_changed_and_removed() {
    let directory = Directory::new();
    directory.iwf(&["carrier", "add", "env2"]).done();
    let add = ["connection", "add", "env2-a", "--carrier", "env2", "--address", "192.0.2.7:2775"];
    let add = [&add[..], &["--password", "secret", "--enquire-link", "60"]].concat();
    assert_eq!(directory.iwf(&add).done(), "added connection env2-a\n");
    assert!(directory.iwf(&add).failed().contains("there is a connection env2-a already"));
    let add = ["route", "add", "222", "--to", "222%", "--to", "!2225%", "--via", "env2-a"];
    assert_eq!(directory.iwf(&add).done(), "added route 222\n");

    let shown = directory.iwf(&["connection", "show", "env2-a"]).done();
    assert!(shown.contains("enquire_link   60") && !shown.contains("secret"), "{shown}");
    let listed = directory.iwf(&["route", "list"]).done();
    assert!(listed.contains("222   yes      222%, !2225%  env2-a  100       -"), "{listed}");
    assert_eq!(
        directory.iwf(&["connection", "isolate", "env2-a"]).done(),
        "changed connection env2-a: state\n"
    );
    assert_eq!(directory.iwf(&["connection", "isolate", "env2-a"]).done(), "nothing changed\n");
    assert_eq!(
        directory.iwf(&["connection", "start", "env2-a"]).done(),
        "changed connection env2-a: state\n"
    );
    let set = ["connection", "set", "env2-a", "--enquire-link", "", "--window", "50"];
    assert_eq!(directory.iwf(&set).done(), "changed connection env2-a: window, enquire_link\n");
    assert_eq!(directory.iwf(&["route", "disable", "222"]).done(), "changed route 222: enabled\n");

    let said = directory.iwf(&["connection", "remove", "env2-a"]).failed();
    assert_eq!(said, "route 222 leads to connection env2-a; take it from there first\n");
    let said = directory.iwf(&["route", "set", "222", "--via", "env3"]).failed();
    assert_eq!(said, "via: there is no connection env3\n");
    let said = directory.iwf(&["route", "set", "222", "--to", ""]).failed();
    assert!(said.starts_with("to: is needed"), "{said}");
    assert!(
        directory.iwf(&["route", "show", "333"]).failed().contains("`iwf route list` shows those there are")
    );
    assert_eq!(directory.iwf(&["route", "remove", "222"]).done(), "removed route 222\n");
    assert_eq!(directory.iwf(&["connection", "remove", "env2-a"]).done(), "removed connection env2-a\n");
}

#[test]
fn a_change_of_a_route_is_told_and_undone() {
    let directory = Directory::new();
    directory.iwf(&["carrier", "add", "v"]).done();
    directory.iwf(&["connection", "add", "a", "--carrier", "v", "--receivers", "true"]).done();
    directory.iwf(&["route", "add", "r", "--to", "222%", "--via", "a"]).done();
    directory.iwf(&["route", "set", "r", "--to", "333%"]).done();

    let told = directory.iwf(&["history", "--kind", "route"]).done();
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[1].starts_with("4 ") && lines[1].ends_with("changed route r  to: 222% -> 333%"), "{told}");
    assert!(lines[2].ends_with("added route r    to=222%; via=a") && lines.len() == 3, "{told}");
    assert_eq!(directory.iwf(&["route", "undo", "--dry-run"]).done(), "would have changed route r: to\n");
    assert_eq!(directory.iwf(&["route", "undo"]).done(), "changed route r: to\n");
    let said = directory.iwf(&["route", "undo", "3"]).failed();
    assert!(said.contains("route r was changed again by revision 4; undo that first, or force it"), "{said}");
    assert_eq!(directory.iwf(&["route", "undo", "3", "--force"]).done(), "removed route r\n");
    let told = directory.iwf(&["history", "--name", "r", "--limit", "1", "--json"]).done();
    assert!(told.contains("\"fate\": \"removed\"") && told.contains("\"by\": \"local\""), "{told}");
}

#[test]
fn a_token_is_printed_once_listed_and_removed() {
    let directory = Directory::new();
    let token = directory.iwf(&["token", "add", "monitor", "--role", "read"]).done();
    assert!(token.starts_with("iwf_") && token.len() == "iwf_".len() + 16 + 1 + 64 + 1, "{token}");
    let said = directory.iwf(&["token", "add", "monitor", "--role", "admin"]).failed();
    assert_eq!(said, "there is a token monitor already; `iwf token remove` takes it away\n");
    assert_eq!(directory.iwf(&["token", "add", "x", "--role", "boss"]).code, Some(2));
    let listed = directory.iwf(&["token", "list"]).done();
    assert!(listed.contains("monitor  read") && !listed.contains(token.trim()), "{listed}");
    assert_eq!(directory.iwf(&["token", "remove", "monitor"]).done(), "removed token monitor\n");
    let said = directory.iwf(&["token", "remove", "monitor"]).failed();
    assert_eq!(said, "there is no token monitor; `iwf token list` shows those there are\n");
}
