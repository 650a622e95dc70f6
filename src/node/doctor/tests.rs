use std::time::Duration;

use iwf_model::Timestamp;
use iwf_store::usrloc::{Product, UsrlocReport};

use super::registrar::freshness;
use super::{Finding, Weight};

fn written(ago: i64) -> Option<Finding> {
    let now = Timestamp::from_micros(1_795_276_902_000_000);
    let span = Duration::from_secs(ago.unsigned_abs());
    let newest = if ago < 0 { now.after(span) } else { now.before(span) };
    let report = UsrlocReport { product: Product::Kamailio, version: 9, contacts: 1, newest: Some(newest) };
    freshness(&report, now)
}

#[test]
fn a_clock_that_is_not_utc_is_told_with_its_offset() {
    let finding = written(-(3600 + 5)).unwrap();
    assert_eq!(finding.weight, Weight::Bad);
    assert!(finding.text.contains("utc_offset_minutes to about 60"), "{finding}");
}

#[test]
fn a_registrar_that_writes_late_is_told() {
    let finding = written(3 * 3600).unwrap();
    assert_eq!(finding.weight, Weight::Note);
    assert!(finding.text.contains("3 hours ago") && finding.text.contains("db_mode"), "{finding}");
}

#[test]
fn a_registrar_that_writes_as_it_goes_is_not() {
    assert_eq!((written(0), written(-60), written(3600)), (None, None, None));
}
