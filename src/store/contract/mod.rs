//! The tests that every [`Store`] must pass, whatever it is made of.
//!
//! An implementation shows a [`Place`] and calls [`store_contract!`](crate::store_contract).

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod access;
mod history;
mod messages;
mod notices;
mod provisioning;
mod receipts;
mod routing;
mod runs;
pub(crate) mod sample;
mod upstream;

use std::future::Future;

use crate::{Store, StoreError};

pub use access::*;
pub use history::*;
pub use messages::*;
pub use notices::*;
pub use provisioning::*;
pub use receipts::*;
pub use routing::*;
pub use runs::*;
pub use upstream::*;

/// Where a store is kept: opened several times, it remembers.
pub trait Place: Send + Sync {
    /// The implementation.
    type Store: Store;

    /// A place that nothing was stored in.
    fn new() -> Self;

    /// Opens it for a node that has no other; waits until a former one has let go.
    /// `queue_limit` writes may be queued before an `Accept` is refused.
    fn open(&self, queue_limit: usize) -> impl Future<Output = Self::Store> + Send;

    /// Tries to open it for a node.
    fn try_open(&self) -> impl Future<Output = Result<Self::Store, StoreError>> + Send;

    /// Opens it for a command line, beside a node or not.
    fn open_beside(&self) -> impl Future<Output = Self::Store> + Send;
}

/// One test for each promise of the contract, run in the given [`Place`].
#[macro_export]
macro_rules! store_contract {
    ($place:ty) => {
        $crate::store_contract! { $place:
            an_accepted_message_is_there_after_reopening,
            waiting_messages_come_by_id_in_pages,
            waiting_messages_to_one_recipient_are_its_own,
            what_a_start_looks_at_first_comes_by_itself,
            due_messages_come_by_time,
            writes_of_one_message_keep_their_order,
            a_second_finish_changes_nothing,
            a_finish_of_an_unknown_message_writes_nothing,
            a_taken_id_is_refused_and_harms_no_other_batch,
            a_full_queue_refuses_messages_and_nothing_else,
            an_empty_batch_succeeds,
            what_was_queued_before_a_flush_is_durable,
            a_flush_waits_for_what_is_kept_of_a_refused_batch,
            a_postponed_message_keeps_its_story,
            a_changed_message_is_another_under_its_id,
            changes_and_attempts_keep_their_order,
            a_change_of_an_ended_message_changes_nothing,
            records_come_by_id_in_pages,
            usage_counts_each_message_once,
            a_dropped_commit_is_written,
            a_receipt_lives_until_it_is_closed,
            a_receipt_closed_twice_is_told_once,
            a_message_without_a_receipt_leaves_none,
            a_reader_is_awaited_from_the_end_of_the_message,
            a_message_is_read_once,
            nobody_is_awaited_for_ever,
            a_notice_is_queued_once_with_the_end_of_its_text,
            a_text_may_begin_and_end_and_be_told_in_one_batch,
            a_notice_that_is_over_leaves_nothing,
            an_app_hears_once_that_its_text_was_read,
            what_another_system_took_does_not_wait_and_is_due_at_its_own_time,
            what_was_taken_is_found_by_its_names,
            what_became_of_a_part_is_kept,
            what_was_taken_long_ago_is_forgotten,
            a_receipt_that_belongs_to_nothing_is_kept,
            an_environment_has_one_name,
            registrations_are_kept_until_they_lapse,
            the_last_word_on_a_contact_counts,
            a_closed_store_starts_clean,
            a_start_counts_what_waits_for_each_recipient,
            an_unclean_end_puts_what_waits_in_doubt,
            a_doubt_stays_in_the_story_when_written_on,
            a_closed_store_takes_no_writes,
            a_second_node_is_refused,
            a_tool_provisions_while_the_node_writes,
            provisioning_reads_back,
            the_same_provisioning_again_is_no_new_revision,
            ids_stay_and_are_never_given_twice,
            a_taken_number_changes_nothing,
            a_taken_system_id_changes_nothing,
            numbers_and_system_ids_may_move_in_one_list,
            removing_what_is_not_there_changes_nothing,
            a_change_of_another_revision_changes_nothing,
            messages_of_a_removed_account_stay,
            connections_and_routes_read_back,
            ids_of_connections_and_routes_stay_and_are_never_given_twice,
            what_names_something_that_is_not_there_is_refused,
            what_is_named_is_not_removed,
            carriers_need_not_bind_to_us,
            thousands_of_routes_change_in_one_list,
            the_history_tells_who_changed_what_and_when,
            the_history_keeps_no_password,
            a_revision_is_undone_as_a_whole,
            what_was_changed_again_is_not_undone,
            a_password_is_not_brought_back,
            accounts_and_carriers_get_back_what_they_had,
            tokens_are_kept_until_they_are_removed,
            a_token_is_not_replaced,
            an_answer_is_kept_for_a_day,
            answers_go_with_their_token,
        }
    };
    ($place:ty: $($test:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $test() {
                $crate::contract::$test(<$place as $crate::contract::Place>::new()).await;
            }
        )+
    };
}
