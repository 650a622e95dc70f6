//! Proxies over TLS: whose certificate is believed (RFC 5922 4), and what happens when it is not.

use std::path::PathBuf;
use std::sync::Arc;

use iwf_sim::names::NameServer;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::house::House;
use crate::softswitch::{Say, Softswitch};

/// Somebody who signs certificates.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    fn sign(&self, params: &CertificateParams) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// What a server with a certificate like this speaks; `clients`: it asks who we are, and this one has to know us.
    fn server(&self, params: &CertificateParams, clients: Option<&Self>) -> TlsAcceptor {
        let (certificate, key) = self.sign(params);
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                roots.add(authority.certificate.der().clone()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let chain = vec![certificate.der().clone()];
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()))
    }

    /// A server that proves a name, or an address.
    fn server_of(&self, name: &str) -> TlsAcceptor {
        self.server(&CertificateParams::new(vec![name.to_owned()]).unwrap(), None)
    }
}

/// Files that are gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("iwf-proxy-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The value of a key that names the file.
    fn holds(&self, name: &str, content: &str) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, content).unwrap();
        format!("{:?}", file.display().to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A zone in which `switch.test` is served over TLS at these ports of `a.switch.test`, in this order.
fn zone(ports: &[u16]) -> String {
    let mut zone = "switch.test 60 NAPTR 10 10 s SIPS+D2T _sips._tcp.switch.test\n\
         a.switch.test 60 A 127.0.0.1\n"
        .to_owned();
    for (index, port) in ports.iter().enumerate() {
        zone += &format!("_sips._tcp.switch.test 60 SRV {} 0 {port} a.switch.test\n", index + 1);
    }
    zone
}

type Line = (&'static str, &'static str, String);

fn lines(authority: &Authority, folder: &Folder, uri: &str, names: Option<&NameServer>) -> Vec<Line> {
    let mut lines = vec![
        ("sip", "server_ca", folder.holds("ca.pem", &authority.certificate.pem())),
        ("sip.proxy", "uri", format!("{uri:?}")),
    ];
    lines.extend(names.map(|names| ("dns", "servers", format!("[\"{}\"]", names.address()))));
    lines
}

/// RFC 3263 4.1: a `sips` URI is carried over TLS alone; a `sip` one that names no transport goes as its domain says.
#[tokio::test]
async fn a_proxy_is_found_over_tls_and_proves_the_domain_of_the_uri() {
    let authority = Authority::new("ours");
    for (uri, folder) in [("sips:switch.test", "sips"), ("sip:switch.test;lr", "sip")] {
        let folder = Folder::new(folder);
        let mut proxy = Softswitch::over_tls(Say::Status("200 OK"), authority.server_of("switch.test")).await;
        let names = NameServer::start(&zone(&[proxy.address.port()])).await.unwrap();
        let mut house = House::open(&lines(&authority, &folder, uri, Some(&names))).await;
        house.delivers("111", "one").await;
        house.delivers("222", "two").await;
        let (one, two) = (proxy.gets().await, proxy.gets().await);
        assert_eq!((one.body(), two.body()), ("one", "two"));
        assert_eq!(one.line(), "MESSAGE sip:anna@switch.test SIP/2.0");
        assert!(one.header("Via").starts_with("SIP/2.0/TLS 127.0.0.1;"), "{one:?}");
    }
}

#[tokio::test]
async fn a_proxy_at_an_address_proves_the_address() {
    let (authority, folder) = (Authority::new("ours"), Folder::new("address"));
    let mut proxy = Softswitch::over_tls(Say::Status("200 OK"), authority.server_of("127.0.0.1")).await;
    let uri = format!("sip:{};transport=tls", proxy.address);
    let mut house = House::open(&lines(&authority, &folder, &uri, None)).await;
    house.delivers("111", "Hello").await;
    assert_eq!(proxy.gets().await.body(), "Hello");
}

/// RFC 5922 4: the name that was asked for, and not the one that the DNS led to. Who is not believed gets no text, and
/// the next in order does.
#[tokio::test]
async fn a_proxy_that_is_not_believed_is_told_of_and_passed_over() {
    let (authority, folder) = (Authority::new("ours"), Folder::new("passed"));
    let mut expired = CertificateParams::new(vec!["switch.test".to_owned()]).unwrap();
    (expired.not_before, expired.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let liars = [
        authority.server_of("a.switch.test"),
        authority.server(&expired, None),
        Authority::new("theirs").server_of("switch.test"),
        Authority::new("ours").server_of("switch.test"),
    ];
    let mut proxies = Vec::new();
    for tls in liars {
        proxies.push(Softswitch::over_tls(Say::Status("200 OK"), tls).await);
    }
    let good = authority.server_of("switch.test");
    proxies.push(Softswitch::over_tls(Say::Status("200 OK"), good).await);
    let ports: Vec<u16> = proxies.iter().map(|proxy| proxy.address.port()).collect();
    let names = NameServer::start(&zone(&ports)).await.unwrap();
    let mut house = House::open(&lines(&authority, &folder, "sips:switch.test", Some(&names))).await;
    let id = house.delivers("111", "Hello").await;
    assert_eq!(proxies.pop().unwrap().gets().await.body(), "Hello");
    let story = house.story(&id).await;
    for words in [
        "its certificate is for another name than switch.test; it names: a.switch.test, then ",
        "its certificate has expired",
        "its certificate is signed by nobody whom we trust, then ",
        " 200",
    ] {
        assert!(story.contains(words), "{words:?} is not in\n{story}");
    }
    proxies.iter_mut().for_each(Softswitch::got_nothing_more);
}

/// A proxy that says nothing has its time to shake hands; texts to others do not wait for it.
#[tokio::test]
async fn a_silent_proxy_is_passed_over_and_keeps_nobody_else_waiting() {
    let (authority, folder) = (Authority::new("ours"), Folder::new("silent"));
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut proxy = Softswitch::over_tls(Say::Status("200 OK"), authority.server_of("switch.test")).await;
    let ports = [silent.local_addr().unwrap().port(), proxy.address.port()];
    let names = NameServer::start(&zone(&ports)).await.unwrap();
    let mut house = House::open(&lines(&authority, &folder, "sips:switch.test", Some(&names))).await;
    let server = house.node.addresses().sip_udp[0];
    let (phone, mut shown) = house.phone("bob", server).await;
    let id = house.submit("111", "by the proxy").await;
    let (_waiting, _) = silent.accept().await.unwrap();
    let other = house.delivers("222", "by the phone").await;
    assert!(shown.recv().await.is_some() && other != id);
    assert_eq!(house.receipt().await.0, id);
    assert_eq!(proxy.gets().await.body(), "by the proxy");
    assert!(house.story(&id).await.contains("not reached: silent, then TLS"), "{}", house.story(&id).await);
    drop(phone);
}

/// RFC 8446 4.4.2.4: who wants a certificate may say so when we take the handshake for done; nothing was read then.
#[tokio::test]
async fn a_proxy_that_asks_who_we_are_is_shown_our_certificate() {
    let (authority, theirs, folder) =
        (Authority::new("ours"), Authority::new("theirs"), Folder::new("client"));
    let params = CertificateParams::new(vec!["switch.test".to_owned()]).unwrap();
    let asking = || authority.server(&params, Some(&theirs));
    let (certificate, key) = theirs.sign(&CertificateParams::new(vec!["iwf.test".to_owned()]).unwrap());
    for shows in [false, true] {
        let mut asks = Softswitch::over_tls(Say::Status("200 OK"), asking()).await;
        let mut other = Softswitch::over_tls(Say::Status("200 OK"), authority.server(&params, None)).await;
        let names = NameServer::start(&zone(&[asks.address.port(), other.address.port()])).await.unwrap();
        let mut lines = lines(&authority, &folder, "sips:switch.test", Some(&names));
        if shows {
            lines.push(("sip", "client_certificate", folder.holds("own.pem", &certificate.pem())));
            lines.push(("sip", "client_key", folder.holds("key.pem", &key.serialize_pem())));
        }
        let mut house = House::open(&lines).await;
        let id = house.delivers("111", "Hello").await;
        let (got, not) = if shows { (&mut asks, &mut other) } else { (&mut other, &mut asks) };
        assert_eq!(got.gets().await.body(), "Hello");
        not.got_nothing_more();
        let refused =
            house.story(&id).await.contains("does not take the certificate that we show, or wants one");
        assert_eq!(refused, !shows, "{}", house.story(&id).await);
    }
}
