"""Settings from the environment: what is wrong is said by the name of its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas import settings as settings_module
from schemas.settings import HELP, Settings, load, redis_options, shown, unknown, variable


def test_without_variables_all_is_as_documented() -> None:
    """Loopback, no password, one engine."""
    assert load({}) == Settings()
    assert (Settings().kafka, Settings().api_host) == ("127.0.0.1:9092", "127.0.0.1")


def test_variables_win() -> None:
    """Each in the type of its setting; an empty text is a value."""
    given = load({"CC_PARTITIONS": "8", "CC_CHECKPOINT_S": "0.5", "CC_PREFIX": "a."})
    assert (given.partitions, given.checkpoint_s, given.prefix) == (8, 0.5, "a.")
    assert load({"CC_PREFIX": ""}).prefix == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CC_PARTITIONS", "four"),
        ("CC_PARTITIONS", ""),
        ("CC_PARTITIONS", "4.0"),
        ("CC_PARTITIONS", "0"),
        ("CC_KAFKA_REPLICAS", "0"),
        ("CC_CHECKPOINT_S", "soon"),
        ("CC_CHECKPOINT_S", "nan"),
        ("CC_CHECKPOINT_S", "inf"),
        ("CC_CHECKPOINT_S", "0"),
        ("CC_CLOSE_DELAY_S", "-1"),
        ("CC_CLOCK", "sun"),
        ("CC_TIME_ZONE", "Nowhere/Else"),
        ("CC_TIME_ZONE", "../../etc/passwd"),
        ("CC_TIME_ZONE", ""),
        ("CC_PREFIX", "a b"),
        ("CC_PREFIX", "a:b"),
        ("CC_PREFIX", "x" * 101),
        ("CC_KAFKA_SECURITY", "plaintext"),
        ("CC_KAFKA_SECURITY", "SASL_SSL"),
        ("CC_KAFKA_MECHANISM", "MAGIC"),
        ("CC_KAFKA_KEY_FILE", "key.pem"),
        ("CC_API_TOKEN_FILE", "/no/such/file"),
    ],
)
def test_a_bad_value_names_its_variable(name: str, value: str) -> None:
    """Before anything has started."""
    with pytest.raises(ValueError, match=name):
        load({name: value})


@pytest.mark.parametrize("name", ["CC_CLOSE_DELAY_S", "CC_EARLY_LIMIT_S", "CC_LATE_LIMIT_H"])
def test_none_is_a_delay_too(name: str) -> None:
    """0 is fine where it means at once."""
    load({name: "0"})


def test_a_secret_comes_from_a_file_as_well(tmp_path: Path) -> None:
    """As orchestrators mount them; the line's end is not part of it. Not from both."""
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    env = {"CC_API_TOKEN_FILE": str(file)}
    assert load(env).api_token == "s3cret"
    with pytest.raises(ValueError, match="CC_API_TOKEN and CC_API_TOKEN_FILE"):
        load({**env, "CC_API_TOKEN": "other"})


def test_no_secret_is_ever_shown() -> None:
    """Neither by itself, nor in an address, nor in a log of all settings."""
    given = Settings(
        api_token="s3cret", kafka_password="s3cret", redis="redis://me:s3cret@host:6379/0"
    )
    assert "s3cret" not in repr(given)
    assert all("s3cret" not in shown(given, name) for name in Settings.__struct_fields__)
    assert shown(given, "redis") == "redis://me:***@host:6379/0"
    assert shown(Settings(), "api_token") == ""


def test_an_error_does_not_show_a_secret() -> None:
    """The variable is enough."""
    with pytest.raises(ValueError, match="CC_KAFKA_SECURITY") as error:
        load({"CC_KAFKA_SECURITY": "SASL_SSL", "CC_KAFKA_PASSWORD": "s3cret"})
    assert "s3cret" not in str(error.value)


def test_a_misspelt_variable_is_found() -> None:
    """It would change nothing, in silence."""
    env = {"CC_PARTITION": "8", "CC_PARTITIONS": "8", "CC_API_TOKEN_FILE": "x", "PATH": "/bin"}
    assert unknown(env) == ["CC_PARTITION"]


def test_redis_gets_what_its_address_does_not_hold() -> None:
    """Certificates only where there is TLS."""
    given = Settings(redis="rediss://host", redis_password="p", redis_ca_file="ca.pem")
    assert redis_options(given) == {"password": "p", "ssl_ca_certs": "ca.pem"}
    assert redis_options(Settings(redis_ca_file="ca.pem")) == {}


def test_every_setting_is_explained() -> None:
    """The README's table is made from these."""
    assert set(HELP) == set(Settings.__struct_fields__)
    assert variable("close_delay_s") == "CC_CLOSE_DELAY_S"
    assert set(Settings.__struct_fields__) >= settings_module.SECRETS


@pytest.mark.parametrize("weights", ["40,20,20", "40,20,20,-1", "0,0,0,0", "a,b,c,d", ""])
def test_weights_that_weigh_nothing_are_refused(weights: str) -> None:
    """Four numbers, not all of them zero."""
    with pytest.raises(ValueError, match="CC_PERFORMANCE_WEIGHTS"):
        load({"CC_PERFORMANCE_WEIGHTS": weights})


def test_weights_may_have_fractions_and_zeros() -> None:
    """Only their ratio counts."""
    assert load({"CC_PERFORMANCE_WEIGHTS": "0.5,0,1,2"}).performance_weights == "0.5,0,1,2"
