"""Requests of one client, counted."""

from __future__ import annotations

import pytest

from app.serving.rates import MOST_CLIENTS, Rates, client_of
from app.serving.refusals import Refusal


def test_a_client_may_ask_so_often_and_again_after_a_while():
    now = [0.0]
    rates = Rates(3, clock=lambda: now[0])
    for _ in range(3):
        rates.take("192.0.2.1")
    with pytest.raises(Refusal) as raised:
        rates.take("192.0.2.1")
    assert raised.value.status == 429 and raised.value.retry_after == 20
    rates.take("192.0.2.2")
    now[0] = 19.0
    with pytest.raises(Refusal):
        rates.take("192.0.2.1")
    now[0] = 20.0
    rates.take("192.0.2.1")
    with pytest.raises(Refusal):
        rates.take("192.0.2.1")


def test_a_network_of_ipv6_is_one_client():
    assert client_of("2001:db8:1:2:3:4:5:6") == client_of("2001:db8:1:2::9") != client_of("2001:db8:1:3::9")
    assert client_of("192.0.2.1") != client_of("192.0.2.2")


def test_clients_are_forgotten_and_not_those_who_ask():
    rates = Rates(1)
    for number in range(MOST_CLIENTS + 50):
        rates.take(f"client {number}")
    assert len(rates._buckets) == MOST_CLIENTS
    with pytest.raises(Refusal):
        rates.take(f"client {MOST_CLIENTS + 49}")
