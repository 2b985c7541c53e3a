"""What went wrong with a Grafana, in words that say what to do."""

from __future__ import annotations

from typing import Any

from grafana_client.client import GrafanaException, GrafanaTimeoutError

AGAIN = "What is done stays done: run it again."
_WORDS = {
    400: "Grafana does not accept what was sent",
    401: "the token is missing or wrong (CC_GRAFANA_TOKEN)",
    403: "the token's role does not allow it: it needs Admin for data sources, Editor for dashboards",
    404: "there is nothing at this address: is CC_GRAFANA_URL right, with its path?",
    409: "somebody else makes the same thing at this moment, or its name is taken",
    412: "it was changed in Grafana at this moment, or its title is taken in the folder",
    429: "Grafana has too many requests",
}


class PushError(Exception):
    """The push ends here; the message says why and what to do."""


def explained(error: Exception, doing: str) -> PushError:
    """An error of client or wire while ``doing`` something."""
    if isinstance(error, GrafanaTimeoutError):
        return PushError(f"{doing}: Grafana did not answer in time. {AGAIN}")
    if isinstance(error, GrafanaException):
        status = error.status_code
        if status >= 500:
            return PushError(f"{doing}: Grafana failed ({status}: {said(error)}). {AGAIN}")
        words = _WORDS.get(status, "Grafana refused")
        return PushError(f"{doing}: {words} ({status}: {said(error)}).")
    return PushError(f"{doing}: no connection to Grafana (CC_GRAFANA_URL): {_short(str(error))}.")


def said(error: GrafanaException) -> str:
    """Grafana's own words, on one line; of a data source's failed test, the plugin's reason."""
    told: Any = error.response
    if isinstance(told, dict):
        details = told.get("details")
        reason = details.get("verboseMessage") if isinstance(details, dict) else ""
        told = reason or told.get("message")
    return _short(str(told or error.message))


def _short(text: str) -> str:
    return " ".join(text.split())[:200].rstrip(".")
