"""What tests share is shared on one chain."""

import boa

from tests.spec.till import once_per_chain


def test_what_is_shared_belongs_to_the_chain_on_which_it_was_made() -> None:
    made = once_per_chain(lambda name: [name])
    with boa.swap_env(boa.Env()):
        there = made("a")
        assert made("a") is there
        assert made("b") is not there
    here = made("a")
    assert here is not there
    assert made("a") is here
