"""How Faust's own clients make themselves known."""

from __future__ import annotations

import ssl

import faust
import pytest

from agents.app import build, credentials
from schemas.settings import Settings


def settings(security: str) -> Settings:
    """With a name and a password."""
    return Settings(
        kafka_security=security,
        kafka_mechanism="SCRAM-SHA-256",
        kafka_username="engine",
        kafka_password="silver",
    )


def test_a_plain_broker_asks_for_nothing() -> None:
    """As on one's own machine."""
    assert credentials(settings("PLAINTEXT")) is None


@pytest.mark.parametrize("security", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_faust_gets_the_password_and_does_not_show_it(security: str) -> None:
    """The same as our own clients."""
    found = credentials(settings(security))
    assert isinstance(found, faust.SASLCredentials)
    assert found.protocol.value == security
    assert found.mechanism.value == "SCRAM-SHA-256"
    assert (found.username, found.password) == ("engine", "silver")
    assert (found.ssl_context is not None) == (security == "SASL_SSL")
    assert "silver" not in repr(found)


def test_faust_speaks_tls_without_a_password() -> None:
    """And verifies the broker."""
    found = credentials(settings("SSL"))
    assert isinstance(found, faust.SSLCredentials)
    assert found.context.verify_mode is ssl.CERT_REQUIRED


def test_the_app_uses_them() -> None:
    """And opens no web server of its own."""
    given = settings("SASL_PLAINTEXT")
    app = build(given)
    assert isinstance(app.conf.broker_credentials, faust.SASLCredentials)
    assert not app.conf.web_enabled
