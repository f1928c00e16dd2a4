"""TRANSFER on this network: one offer, many receivers, each child by itself."""

from __future__ import annotations

from tests.contracts.test_transfer import (  # noqa: F401
    test_100_children,
    test_a_changed_child_is_another_offer,
    test_a_child_is_spent_by_an_act_signed_before_its_parent_was_mined,
    test_all_offers_at_once,
    test_each_child_by_itself,
    test_maker_and_checker_on_both_sides,
    test_none_takes_effect,
    test_offers_do_not_block_each_other,
    test_only_the_holder_offers,
    test_only_the_receiver_accepts,
    test_places_in_the_array_cannot_be_swapped,
    test_unknown_ticket,
    test_values_that_cannot_be,
    test_who_may_not_receive,
    test_withdrawn_children_never_take_effect,
    ticket,
)
