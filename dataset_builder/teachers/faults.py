"""Everything that can go wrong with a call, by name, and what is done about each. Knows no SDK."""

from __future__ import annotations

from enum import Enum
from typing import Any

from .usage import Usage


class Fault(str, Enum):
    """Why a call of a teacher gave no answer. The value is what stands in a row with `status: error`."""

    RATE_LIMITED = "rate_limited"
    """429: too many requests or tokens. Asked again, after Retry-After where it is given."""
    SERVER_ERROR = "server_error"
    """5xx, 408, 409, or 200 with something that is no chat completion. Asked again."""
    CONNECTION = "connection"
    """Refused, reset or cut off in the middle. Asked again."""
    TIMEOUT = "timeout"
    """No whole response within the settings' `timeout`. Asked again."""
    BROKEN_JSON = "broken_json"
    """The text is not JSON. Another sample is asked for."""
    WRONG_SCHEMA = "wrong_schema"
    """The JSON does not fit the model that was asked for. Another sample is asked for."""
    EMPTY = "empty"
    """No text at all. Another sample is asked for."""
    CUT_OFF = "cut_off"
    """The text ended at the maximum of tokens. Another sample, which may be shorter, is asked for."""
    REFUSED = "refused"
    """The model declined, or a content filter stopped it. Final for this row."""
    BAD_REQUEST = "bad_request"
    """400, 413, 422: the endpoint does not take this request. Final for this row."""
    UNAUTHORIZED = "unauthorized"
    """401, 403: the key is missing, wrong or not allowed to. Stops the run."""
    NOT_FOUND = "not_found"
    """404: no such model or path. Stops the run."""
    NO_CREDIT = "no_credit"
    """402, or 429 with `insufficient_quota`: the account cannot pay. Stops the run."""


RETRIED = frozenset({Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.CONNECTION, Fault.TIMEOUT})
"""The request is sent again as it was, up to `retries` times."""
RESAMPLED = frozenset({Fault.BROKEN_JSON, Fault.WRONG_SCHEMA, Fault.EMPTY, Fault.CUT_OFF})
"""Another sample is asked for, up to `resamples` times."""
STOPPING = frozenset({Fault.UNAUTHORIZED, Fault.NOT_FOUND, Fault.NO_CREDIT})
"""Every further row would fail in the same way."""


class TeacherError(Exception):
    """A call that gave no answer.

    Args:
        kind: what went wrong.
        sentence: what was found and what to do, without the key and without the whole of the response.
        retry_after: seconds that the endpoint asked to wait, or None.
        usage: tokens that the call took all the same, or None.
    """

    def __init__(self, kind: Fault, sentence: str, retry_after: float | None = None, usage: Usage | None = None):
        super().__init__(f"{kind.value}: {sentence}")
        self.kind = kind
        self.sentence = sentence
        self.retry_after = retry_after
        self.usage = usage

    def __reduce__(self) -> tuple[Any, ...]:
        """For the way from a worker's process: it is made again of its four parts, not of its text."""
        return type(self), (self.kind, self.sentence, self.retry_after, self.usage)


class TeacherUnusable(TeacherError):
    """A fault that every row would meet: the run should stop, be mended and be started again."""


def as_raised(error: TeacherError) -> TeacherError:
    """The same error as a `TeacherUnusable` where its kind stops the run."""
    if error.kind in STOPPING and not isinstance(error, TeacherUnusable):
        return TeacherUnusable(error.kind, error.sentence, error.retry_after, error.usage)
    return error
