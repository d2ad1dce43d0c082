"""What the Hub refuses, and a connection that breaks, as one sentence that says what to do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


TOKENS = "https://huggingface.co/settings/tokens"


def signed_in(api: Any) -> str:
    """The name that the token belongs to.

    Args:
        api: huggingface_hub's `HfApi`.

    Raises:
        ValueError: there is no token, or the Hub does not take it.
        ConnectionError: the Hub cannot be reached.
    """
    from huggingface_hub.errors import LocalTokenNotFoundError

    with refusals(api, "whose token it is", None):
        try:
            return str(api.whoami()["name"])
        except LocalTokenNotFoundError:
            raise ValueError(
                f"There is no token for {api.endpoint}: set HF_TOKEN to one that may write ({TOKENS}), or run "
                "`hf auth login`."
            ) from None


@contextmanager
def refusals(api: Any, repository: str, user: str | None) -> Iterator[None]:
    """Raise ValueError or ConnectionError with one sentence for errors of huggingface_hub within the block.

    Args:
        api: huggingface_hub's `HfApi`.
        repository: that is written to.
        user: whose token it is; None where that is asked.
    """
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    try:
        yield
    except OfflineModeIsEnabled:
        raise ConnectionError("HF_HUB_OFFLINE is set, so nothing is sent: unset it.") from None
    except (HTTPError, OSError, RuntimeError) as error:  # RuntimeError is what Xet's client raises
        cause = _cause(error)
        if isinstance(cause, HfHubHTTPError):
            raise _refusal(api.endpoint, repository, user, cause) from error
        if isinstance(cause, OSError) and cause.filename is not None:
            raise cause from error  # of a file of this machine
        said = str(cause) or type(cause).__name__
        raise ConnectionError(
            f"The connection to {api.endpoint} broke ({said}): run the command again, and what has arrived is not "
            "sent a second time."
        ) from error


def _cause(error: BaseException) -> BaseException:
    """What is behind the RuntimeError by which huggingface_hub names the file that was being sent."""
    while isinstance(error, RuntimeError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def _refusal(endpoint: str, repository: str, user: str | None, error: Any) -> Exception:
    status = error.response.status_code
    said = " ".join((error.server_message or str(error)).split())
    if status == 401:
        from huggingface_hub.constants import HF_TOKEN_PATH

        where = "in HF_TOKEN" if os.environ.get("HF_TOKEN") else f"that `hf auth login` left in {HF_TOKEN_PATH}"
        return ValueError(
            f"{endpoint} does not take the token {where}: set HF_TOKEN to one that may write ({TOKENS}), or run "
            "`hf auth login --force`."
        )
    if status == 403:
        return ValueError(
            f"The token of {user} may not write to {repository} ({said}): take a token that may ({TOKENS}), or name a "
            "repository of your own."
        )
    return ConnectionError(f"{endpoint} refused {repository} ({status}: {said}).")
