//! What `iwf carrier probe` tells of a carrier that is bound.

use std::process::Command;

use iwf_sim::carrier::{Coding, Submission};

use crate::house::House;

fn probe(house: &House, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iwf"));
    command.args(["carrier", "probe"]).args(arguments).arg("--data").arg(house.installation.data());
    let output = command.output().unwrap();
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn a_carrier_is_told_of_with_what_departs_from_its_profile() {
    let house = House::open(&[]).await;
    let (done, said) = probe(&house, &["Carrier1"]);
    assert!(done && said.contains("It is not bound.") && said.contains("Nothing was seen yet."), "{said}");

    let carrier = house.bind_plain("secret1").await.unwrap();
    let plain = Submission::new("ACME", "111", "hello");
    carrier.submit(&plain).await.unwrap();
    let asking = Submission { registered_delivery: 0x11, coding: Coding::Ucs2, ..plain.clone() };
    carrier.submit(&asking).await.unwrap();
    assert!(carrier.submit(&Submission { to: "999".to_owned(), ..plain }).await.is_err());

    let (done, said) = probe(&house, &["Carrier1"]);
    assert!(done, "{said}");
    for part in [
        "1 bind: 0 ended",
        "transceiver, SMPP 3.4, from 127.0.0.1",
        "3 submits, 3 of them looked at",
        "data_coding 0x08",
        "source_addr_ton/npi 5/0",
        "1 submits ask for intermediate notifications",
        "answered with EsmeRinvdstadr: its destinations are nobody's here",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    assert!(!said.contains("ACME") && !said.contains("999"), "neither senders nor numbers: {said}");

    carrier.unbind().await.unwrap();
    let (_, json) = probe(&house, &["Carrier1", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&report["submits"], &report["looked_at"]), (&3.into(), &3.into()));
    let (done, said) = probe(&house, &["Nobody"]);
    assert!(!done && said.contains("knows no carrier Nobody"), "{said}");
}
