//! Wrong passwords and binds without end (interworking.md G, 8 and 47).

use iwf_sim::carrier::CarrierError;

use crate::house::{House, account};

const RBINDFAIL: u32 = 0x0D;

#[tokio::test]
async fn who_was_wrong_waits_and_then_gets_in_with_the_right_password() {
    let house = House::open(&[]).await;
    let wrong = house.bind_plain("wrong").await;
    assert!(matches!(wrong, Err(CarrierError::Refused(RBINDFAIL))), "{wrong:?}");
    assert!(house.bind_plain("secret1").await.is_ok());
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"denied\"}").await, 1.0);
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await, 1.0);
    assert!(house.bind_plain("secret1").await.is_ok());
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await, 1.0, "forgiven");
}

#[tokio::test]
async fn a_carrier_that_binds_again_and_again_is_slowed_and_not_refused() {
    let carrier =
        "[[carrier]]\nname = \"C\"\nsystem_id = \"carrier1\"\npassword = \"secret1\"\nmax_binds = 1\n";
    let house = House::open_to(&[carrier, &account()].concat(), &[]).await;
    for _ in 0..11 {
        house.bind_plain("secret1").await.unwrap().unbind().await.unwrap();
        house.counts("iwf_smpp_binds{kind=\"transceiver\"}", 0.0).await;
    }
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"accepted\"}").await, 11.0);
    assert_eq!(house.metric("iwf_smpp_bind_requests_total{result=\"postponed\"}").await, 1.0);
}
