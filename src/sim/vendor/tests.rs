use super::*;
use crate::carrier::{Carrier, CarrierError, CarrierOptions};

async fn vendor(ids: IdForm) -> (Vendor, Inbox) {
    Vendor::start(VendorOptions { ids, ..VendorOptions::new("me", "secret") }).await.unwrap()
}

fn text() -> Submission {
    Submission::new("1111", "222", "Good morning")
}

async fn customer(vendor: &Vendor) -> (Carrier, mpsc::Receiver<Receipt>) {
    Carrier::bind(vendor.address(), &CarrierOptions::new("me", "secret")).await.unwrap()
}

#[tokio::test]
async fn a_text_is_taken_under_an_id_and_told_of_in_any_form() {
    let (vendor, mut inbox) = vendor(IdForm::Hex).await;
    let (carrier, mut receipts) = customer(&vendor).await;
    let accepted = carrier.submit(&text()).await.unwrap();
    let taken = inbox.texts.recv().await.unwrap();
    assert_eq!((taken.text.text.as_str(), taken.ids[0].as_str()), ("Good morning", accepted.id.as_str()));
    let telling = Telling { id: Some(IdForm::Decimal), ..Telling::default() };
    assert_eq!(vendor.tell(&taken, &telling).await.unwrap(), [0u32; 0]);
    let receipt = receipts.recv().await.unwrap();
    assert_eq!(u64::from_str_radix(&accepted.id, 16).unwrap().to_string(), receipt.id);
    assert_eq!((receipt.source.as_str(), receipt.destination.as_str()), ("222", "1111"));
    assert_eq!(receipt.receipted_message_id, Some(receipt.id));
}

#[tokio::test]
async fn answers_come_in_turn_and_the_last_one_stays() {
    let (vendor, mut inbox) = vendor(IdForm::Decimal).await;
    let (carrier, mut receipts) = customer(&vendor).await;
    vendor.answer(&[Answer::Status(0x58), Answer::ReceiptFirst, Answer::Id("7f".to_owned())]);
    assert!(matches!(carrier.submit(&text()).await, Err(CarrierError::Refused(0x58))));
    let early = carrier.submit(&text()).await.unwrap();
    assert_eq!(receipts.recv().await.unwrap().id, early.id);
    for _ in 0..2 {
        assert_eq!(carrier.submit(&text()).await.unwrap().id, "7f");
    }
    assert_eq!(inbox.texts.recv().await.unwrap().ids, [early.id]);
    vendor.answer(&[Answer::HangUp]);
    assert!(carrier.submit(&text()).await.is_err());
    assert_eq!(vendor.complaints(), [""; 0]);
}

#[tokio::test]
async fn binds_are_refused_by_script_and_for_a_wrong_password() {
    let (vendor, _inbox) = vendor(IdForm::Decimal).await;
    vendor.refuse(&[0x08]);
    for (password, expected) in [("secret", Some(0x08)), ("wrong", Some(0x0D)), ("secret", None)] {
        let bound = Carrier::bind(vendor.address(), &CarrierOptions::new("me", password)).await;
        let refused = match bound {
            Err(CarrierError::Refused(status)) => Some(status),
            _ => None,
        };
        assert_eq!(refused, expected);
    }
}

#[tokio::test]
async fn a_text_and_a_receipt_go_over_binds_that_receive() {
    let (vendor, mut inbox) = vendor(IdForm::Decimal).await;
    let (texts, mut shown) = mpsc::channel(1);
    let with =
        |bind| CarrierOptions { bind, texts: Some(texts.clone()), ..CarrierOptions::new("me", "secret") };
    let (transmitter, _) =
        Carrier::bind(vendor.address(), &with(crate::carrier::Bind::Transmitter)).await.unwrap();
    let (_receiver, mut receipts) =
        Carrier::bind(vendor.address(), &with(crate::carrier::Bind::Receiver)).await.unwrap();
    vendor.bound(2).await.unwrap();
    transmitter.submit(&text()).await.unwrap();
    let taken = inbox.texts.recv().await.unwrap();
    vendor.tell(&taken, &Telling { elsewhere: true, ..Telling::default() }).await.unwrap();
    assert_eq!(receipts.recv().await.unwrap().stat, "DELIVRD");
    assert_eq!(vendor.send(&Submission::new("222", "1111", "Back")).await.unwrap(), 0);
    assert_eq!(shown.recv().await.unwrap().text, "Back");
}
