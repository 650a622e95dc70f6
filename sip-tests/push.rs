//! Push on the wire: RFC 8599.

use iwf_sip::Response;
use iwf_sip::uas::UasPolicy;

use crate::server::{App, Server, policy};

fn register(providers: &[&str], params: &str) -> (u16, Vec<String>) {
    let push = providers.iter().map(|provider| (*provider).to_owned()).collect();
    let mut server = Server::new(UasPolicy { push, ..policy() });
    let contact = format!("Contact: <sip:1@10.0.0.1;{params}>\r\n");
    let response = App::new("111222333").register(&mut server, &contact);
    (response.status(), caps(&response))
}

fn caps(response: &Response) -> Vec<String> {
    let fields = response.all().filter(|(_, name, _)| *name == "Feature-Caps");
    fields.map(|(_, _, value)| value.to_owned()).collect()
}

/// RFC 8599 4.1.1, 5.3: the 200 names the service that the app asked for, if it is one of ours.
#[test]
fn an_app_hears_that_it_will_be_woken() {
    let both = ["fcm", "apns"];
    let fcm = "pn-provider=FCM;pn-param=p;pn-prid=t";
    assert_eq!(register(&both, fcm), (200, vec!["*;+sip.pns=\"fcm\"".to_owned()]));
    let all = vec!["*;+sip.pns=\"fcm\"".to_owned(), "*;+sip.pns=\"apns\"".to_owned()];
    assert_eq!(register(&both, "pn-provider"), (200, all), "it asks which there are");
    assert_eq!(register(&both, "transport=udp"), (200, Vec::new()));
}

/// RFC 8599 5.3, 8: 555 where push is done, but not by this service. An app that leaves is not refused.
#[test]
fn a_service_that_there_is_not_is_555() {
    assert_eq!(register(&["fcm"], "pn-provider=apns;pn-prid=t").0, 555);
    let push = vec!["fcm".to_owned()];
    let mut server = Server::new(UasPolicy { push, ..policy() });
    let contact = "Contact: <sip:1@10.0.0.1;pn-provider=apns;pn-prid=t>";
    for leaves in [format!("{contact};expires=0\r\n"), format!("{contact}\r\nExpires: 0\r\n")] {
        assert_eq!(App::new("111222333").register(&mut server, &leaves).status(), 200);
    }
}

/// Apps send these parameters to every registrar: where nobody is woken they mean nothing.
#[test]
fn without_any_service_what_is_said_of_push_is_passed_over() {
    assert_eq!(register(&[], "pn-provider=apns;pn-prid=t"), (200, Vec::new()));
}
