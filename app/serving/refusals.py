"""Why a request is not answered: one sentence, in OpenAI's error format, under the status that its clients expect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


KINDS = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
HUNG_UP = 499  # nginx's number for a client that did not wait for its answer; nobody is sent it


@dataclass(eq=False)
class Refusal(Exception):
    """A request that is not answered, or not to its end.

    Args:
        status: of HTTP.
        message: one sentence that says what was found and what to do.
        code: a word for programs.
        param: the field of the request that is at fault.
        retry_after: seconds after which it may be tried again.
    """

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    retry_after: int | None = None

    def __str__(self) -> str:
        return self.message

    def body(self) -> dict[str, Any]:
        """What a client is sent."""
        kind = KINDS.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
