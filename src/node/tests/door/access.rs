//! From where a carrier may bind, and what it must show (interworking.md A.18, G 8 and 9).

use iwf_sim::carrier::{Carrier, CarrierError};
use tokio::time::timeout;

use crate::authority::Authority;
use crate::house::{Files, House, Line, PATIENCE, account};

const RBINDFAIL: u32 = 0x0D;

/// Carrier1 with this in its profile.
fn carrier(profile: &str) -> String {
    let carrier = "[[carrier]]\nname = \"Carrier1\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\n";
    format!("{carrier}[carrier.profile]\n{profile}\n{}", account())
}

fn is_refused(bound: &Result<Carrier, CarrierError>) -> bool {
    matches!(bound, Err(CarrierError::Refused(RBINDFAIL)))
}

/// A node that asks for certificates of this authority and lets in who has none.
fn asking(files: &Files, authority: &Authority) -> Vec<Line<'static>> {
    files.show(&authority.issue("localhost"));
    files.write("ca.pem", &authority.pem);
    let mut lines = files.lines();
    lines.push(("smpp.tls", "client_ca", files.named("ca.pem")));
    lines
}

#[tokio::test]
async fn a_carrier_binds_from_its_networks_only() {
    let house = House::open_to(&carrier("networks = [\"192.0.2.0/24\"]"), &[]).await;
    let bound = house.bind_plain("secret1").await;
    assert!(is_refused(&bound), "{bound:?}");
    house.counts("iwf_smpp_bind_requests_total{result=\"address\"}", 1.0).await;
    assert!(house.log().contains("reason=\"address\""), "{}", house.log());

    let networks = "networks = [\"192.0.2.0/24\", \"127.0.0.0/8\"]";
    let house = House::open_to(&carrier(networks), &[]).await;
    assert!(house.bind_plain("secret1").await.is_ok());
}

#[tokio::test]
async fn a_bind_that_is_no_longer_allowed_is_ended() {
    let house = House::open(&[]).await;
    let bound = house.bind_plain("secret1").await.unwrap();
    house.installation.import(&carrier("networks = [\"192.0.2.0/24\"]")).await.unwrap();
    assert!(timeout(PATIENCE, bound.closed()).await.is_ok(), "{}", house.log());
    assert!(is_refused(&house.bind_plain("secret1").await));
}

#[tokio::test]
async fn a_carrier_of_tls_only_does_not_bind_in_the_clear() {
    let (authority, files) = (Authority::new(), Files::new("tls-only"));
    files.show(&authority.issue("localhost"));
    let house = House::open_to(&carrier("tls_only = true"), &files.lines()).await;
    assert!(is_refused(&house.bind_plain("secret1").await));
    house.counts("iwf_smpp_bind_requests_total{result=\"clear\"}", 1.0).await;
    assert!(house.bind(&authority.client(None)).await.is_ok());
}

#[tokio::test]
async fn a_carrier_is_known_by_the_name_in_its_certificate() {
    let (authority, files) = (Authority::new(), Files::new("name"));
    let lines = asking(&files, &authority);
    let house = House::open_to(&carrier("certificate = \"name:smpp.carrier1.example\""), &lines).await;
    for (name, welcome) in
        [("SMPP.Carrier1.example", true), ("*.carrier1.example", true), ("smpp.carrier2.example", false)]
    {
        let bound = house.bind(&authority.client(Some(&authority.issue(name)))).await;
        assert_eq!(bound.is_ok(), welcome, "{name}: {bound:?}\n{}", house.log());
    }
    assert!(is_refused(&house.bind(&authority.client(None)).await), "the certificate is optional, not here");
    assert!(is_refused(&house.bind_plain("secret1").await));
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"certificate\"}").await, 3.0);
}

/// The certificate of the carrier stands among those that sign: no authority is needed.
#[tokio::test]
async fn a_carrier_is_known_by_the_digest_of_a_certificate_of_its_own() {
    let (authority, files) = (Authority::new(), Files::new("digest"));
    let (own, other) = (Authority::self_signed("carrier1"), Authority::self_signed("carrier1"));
    let lines = asking(&files, &authority);
    files.write("ca.pem", &[own.certificate.as_str(), &other.certificate].concat());
    let rule = format!("certificate = \"sha256:{}\"", own.digest());
    let house = House::open_to(&carrier(&rule), &lines).await;
    let bound = house.bind(&authority.client(Some(&own))).await;
    assert!(bound.is_ok(), "{bound:?}\n{}", house.log());
    assert!(is_refused(&house.bind(&authority.client(Some(&other))).await));
}
