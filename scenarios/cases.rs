//! Every case of `cases/`, each a test of its own, so that they run side by side and a failing one is named.

use std::path::Path;

use iwf_scenarios::{Case, binary, run};

/// Makes a test of each file, and a list of them all.
macro_rules! cases {
    ($($road:ident { $($behaviour:ident)* })*) => {
        $(mod $road {
            $(#[test]
            fn $behaviour() {
                super::play(stringify!($road), stringify!($behaviour));
            })*
        })*
        const LISTED: &[(&str, &str)] = &[$($((stringify!($road), stringify!($behaviour)),)*)*];
    };
}

cases! {
    carrier_to_app {
        a_text_reaches_a_registered_app
        a_verification_code_reaches_a_registered_app
        a_message_to_an_offline_app_waits_for_its_registration
        a_message_that_nobody_takes_expires
        a_refusal_by_the_user_is_told
        an_unknown_number_is_refused_at_once
        all_devices_ring_and_one_receipt_is_told
        one_device_of_two_is_enough
        a_message_that_waits_survives_a_restart
        an_accepted_message_survives_a_kill
        a_delivery_in_doubt_is_repeated_with_the_same_call_id
        a_receipt_is_kept_until_a_receiver_binds
        a_wrong_password_does_not_bind
        every_alphabet_arrives_as_it_was_sent
        after_a_restart_no_text_goes_to_a_stranger
        an_app_behind_tcp_is_reached_by_its_connection
        a_device_that_fails_for_a_time_is_tried_again
        binary_content_is_refused
        several_binds_share_the_work
        a_long_text_comes_as_one_message
        a_wrong_digest_does_not_register
        a_receipt_on_failure_alone_is_silent_about_success
        three_parts_over_two_binds_are_one_text
        a_part_that_comes_twice_counts_once
        a_text_whose_part_is_missing_is_marked
        a_text_whose_part_is_missing_fails_if_the_carrier_wants_that
        a_long_text_survives_a_kill_between_its_parts
        a_long_text_waits_for_an_app_across_a_restart
        an_emoji_cut_in_two_is_whole_again
        long_texts_beyond_the_memory_wait_in_the_store
        a_scheduled_text_comes_at_its_time
        a_scheduled_text_survives_a_restart
        a_text_is_cancelled_before_its_time
        a_text_under_way_is_not_cancelled
        texts_are_cancelled_by_their_addresses
        a_text_is_replaced_while_it_waits
        a_text_takes_the_place_of_one_that_waits
        a_transaction_is_answered_by_its_end
        a_datagram_that_finds_nobody_ends_at_once
        an_ims_phone_says_itself_what_became_of_a_text
        an_ims_phone_that_refuses_a_text_is_believed
        an_ims_phone_that_does_not_report_gets_its_text_again
        an_ims_phone_that_is_full_gets_its_text_when_it_has_room
        a_text_under_way_follows_a_device_to_its_new_flow
        two_flows_of_one_device_get_one_copy
        a_carrier_hears_that_its_text_has_to_wait
        a_carrier_hears_that_the_app_is_there_again
        a_carrier_hears_that_its_text_was_read
        that_a_text_was_read_survives_a_kill
    }
    app_to_app {
        a_notice_goes_to_the_device_that_asked
        a_notice_survives_a_kill
        a_notice_that_its_app_refuses_is_over
        a_notice_waits_for_its_app
        an_app_hears_of_its_text_and_of_its_reader
        an_ims_phone_hears_what_became_of_its_text
        an_app_hears_that_its_text_came_too_late
        what_a_stranger_says_of_a_text_is_not_passed_on
    }
    app_to_carrier {
        an_ims_phone_sends_its_texts_as_short_messages
        an_ims_phone_and_an_app_write_to_each_other
        a_carrier_reaches_another_carrier
        a_carrier_that_is_too_slow_is_given_time
        a_long_text_goes_in_parts_as_payload
        a_long_text_goes_in_parts_as_sar
        a_long_text_goes_in_parts_as_udh16
        a_long_text_goes_in_parts_as_udh8
        a_refusal_by_the_carrier_is_told
        a_text_reaches_the_carrier_that_serves_the_number
        a_text_survives_a_kill
        a_text_waits_for_a_receiver
        a_text_whose_answer_was_lost_is_repeated
        an_app_hears_what_became_of_its_text
        arabic_and_emoji_arrive_uncut
    }
    env_to_env {
        a_carrier_hears_what_the_app_of_another_environment_did
        a_kill_of_the_other_environment_loses_nothing
        a_pair_of_binds_carries_both_directions
        a_receipt_waits_for_a_dead_link
        a_text_goes_to_the_receivers_that_the_other_environment_has_bound
        a_text_that_goes_in_a_circle_ends_on_both_sides
        a_text_waits_for_a_dead_link_and_arrives_once
        binds_that_the_other_environment_made_carry_both_directions
        texts_cross_a_slow_link_in_their_order
        texts_of_every_length_and_script_cross_uncut
        the_example_of_two_environments_does_what_it_says
        two_apps_in_two_environments_write_to_each_other
        what_the_other_environment_took_survives_a_kill_of_ours
    }
    to_vendor {
        a_decimal_id_is_matched_when_it_is_told_in_hexadecimal
        a_long_text_to_a_vendor_is_told_of_once
        a_receipt_after_our_restart_finds_its_text
        a_receipt_is_matched_in_every_form_of_its_id
        a_receipt_over_another_bind_finds_its_text
        a_receipt_that_comes_before_its_answer_is_not_lost
        a_receipt_that_comes_twice_is_told_once
        a_slow_vendor_is_waited_for
        a_text_that_waits_follows_a_route_that_is_changed
        a_text_whose_answer_was_lost_is_repeated
        a_throttling_vendor_is_given_time
        a_vendor_sends_a_text_and_hears_what_became_of_it
        a_vendor_that_refuses_our_binds_is_passed_over
        texts_that_wait_for_a_vendor_are_cancelled_by_their_addresses
        the_next_connection_is_tried_until_somebody_decides
        what_a_vendor_means_by_its_own_statuses_is_configured
    }
}

/// The folder and the stem of the file of a case.
fn file_of(road: &str, behaviour: &str) -> (String, String) {
    (road.replace('_', "-"), behaviour.replace('_', "-"))
}

fn play(road: &str, behaviour: &str) {
    let (road, behaviour) = file_of(road, behaviour);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases").join(road).join(behaviour + ".toml");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let case = Case::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be built");
    if let Err(failure) = runtime.block_on(run(&case, binary())) {
        panic!("{}\n{}\n{failure}", file.display(), case.story);
    }
}

#[test]
fn every_file_is_listed() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut found = Vec::new();
    for road in std::fs::read_dir(cases).unwrap().map(Result::unwrap) {
        for file in std::fs::read_dir(road.path()).unwrap().map(Result::unwrap) {
            let stem = file.path().file_stem().unwrap().to_string_lossy().into_owned();
            found.push((road.file_name().to_string_lossy().into_owned(), stem));
        }
    }
    let mut listed: Vec<_> = LISTED.iter().map(|(road, behaviour)| file_of(road, behaviour)).collect();
    found.sort();
    listed.sort();
    assert_eq!(found, listed);
}
