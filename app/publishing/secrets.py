"""Tokens, keys and passwords in a text, by the forms that those who give them out document.

Finds what has a form of its own and what is called a key. A secret without either, such as a password in a sentence,
is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator


SECRETS = {
    "a token of Hugging Face": r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}\b",
    "a key of OpenAI": r"\bsk-(?:proj|svcacct|admin|None)-[\w-]{20,}|\bsk-\w{20}T3BlbkFJ\w{20}\b",
    "a key of Anthropic": r"\bsk-ant-[a-z]+\d*-[\w-]{20,}",
    "a key of OpenRouter": r"\bsk-or-v1-[0-9a-f]{64}\b",
    "a key of Google": r"\bAIza[\w-]{35}(?![\w-])|\bya29\.[\w-]{30,}|\bGOCSPX-[\w-]{28}",
    "an access key of AWS": r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b",
    "a secret key of AWS": r"(?i)aws.{0,20}secret.{0,20}[\"'=: ]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    "a key of Azure storage": r"\bAccountKey=[A-Za-z0-9+/]{86}==",
    "a token of GitHub": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{60,}\b",
    "a token of GitLab": r"\bglpat-[\w-]{20,}",
    "a token of Slack": r"\bxox[abeoprs]-[\w-]{20,}|\bhooks\.slack\.com/services/T\w+/B\w+/\w+",
    "a token of PyPI": r"\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}",
    "a key of Weights & Biases": r"(?i)\bwandb\w*[\"']?\s*[=:]\s*[\"']?([0-9a-f]{40})\b",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a JSON web token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "a password in an address": r"\b[a-z][a-z0-9+.-]*://[^\s/:@\"'<>{}]+:([^\s/@\"'<>{}]+)@[\w.-]+",
    "a value that is called a key": (
        r"(?i)\b\w*(?:api_?key|secret_?key|access_?token|auth_?token|hf_token|hub_token|passwo?r?d)[\"']?\s*[=:]\s*"
        r"(?:[\"']([^\s\"']{8,})[\"']|((?=[^\s\"']*\d)(?=[^\s\"']*[A-Za-z])[A-Za-z0-9+/_.-]{16,}))"
    ),
}
"""What is looked for, by what it is; a group in the expression is the secret, without one all of it is."""
_PATTERNS = {what: re.compile(pattern) for what, pattern in SECRETS.items()}


def found_secrets(text: str) -> Iterator[tuple[int, str, str]]:
    """Place in the text, what it is, and the secret itself, of each."""
    for what, pattern in _PATTERNS.items():
        for match in pattern.finditer(text):
            secret = next((group for group in match.groups() if group), match.group())
            yield match.start(), what, secret


def masked(secret: str) -> str:
    """A secret so that it can be found again and is not told to whoever reads the terminal."""
    return f"{secret[:4]}… ({len(secret)} characters)"
