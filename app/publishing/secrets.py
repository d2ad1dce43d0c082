"""Tokens, keys and passwords in a text, by the forms that those who give them out document.

Finds what has a form of its own and what is called a key. A secret without either, such as a password in a sentence,
is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """What a kind of secret looks like.

    Args:
        what: it is.
        marks: small letters of which every secret of the kind has one; most texts have none, and are read no further.
        pattern: a group in it is the secret, without one all of it is.
    """

    what: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]


FORMS = tuple(
    Form(what, marks, re.compile(pattern))
    for what, marks, pattern in (
        ("a token of Hugging Face", ("hf_", "api_org_"), r"(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{30,}"),
        ("a key of OpenAI", ("sk-",), r"\bsk-(?:proj|svcacct|admin|None)-[\w-]{20,}|\bsk-\w{20}T3BlbkFJ\w{20}"),
        ("a key of Anthropic", ("sk-ant-",), r"\bsk-ant-[a-z]+\d*-[\w-]{20,}"),
        ("a key of OpenRouter", ("sk-or-",), r"\bsk-or-v1-[0-9a-f]{64}"),
        ("a key of Google", ("aiza", "ya29.", "gocspx-"), r"AIza[\w-]{35}|\bya29\.[\w-]{30,}|GOCSPX-[\w-]{28}"),
        ("an access key of AWS", ("akia", "asia", "abia", "acca"), r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
        ("a secret key of AWS", ("aws",), r"(?i)aws.{0,20}secret.{0,20}[\"'=: ]([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"),
        ("a key of Azure storage", ("accountkey=",), r"AccountKey=([A-Za-z0-9+/]{86}==)"),
        ("a token of GitHub", ("gh", "github_pat_"), r"\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{60,}"),
        ("a token of GitLab", ("glpat-",), r"\bglpat-[\w-]{20,}"),
        (
            "a token of Slack",
            ("xox", "hooks.slack"),
            r"\bxox[abeoprs]-[\w-]{20,}|hooks\.slack\.com/services/T\w+/B\w+/\w+",
        ),
        ("a token of PyPI", ("pypi-ageichlwas5vcmc",), r"\bpypi-AgEIcHlwaS5vcmc[\w-]{50,}"),
        ("a key of Weights & Biases", ("wandb",), r"(?i)wandb\w*[\"']?\s*[=:]\s*[\"']?([0-9a-f]{40})\b"),
        ("a private key", ("private key",), r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"),
        ("a JSON web token", ("eyj",), r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
        ("a password in an address", ("://",), r"://[^\s/:@\"'<>{}]+:([^\s/@\"'<>{}]+)@[\w.-]+"),
        (
            "a value that is called a key",
            ("key", "token", "passw"),
            r"(?i)(?:api_?key|secret_?key|access_?token|auth_?token|hf_token|hub_token|password|passwd)[\"']?\s*[=:]\s*"
            r"(?:[\"']([^\s\"']{8,})[\"']|((?=[^\s\"']*\d)(?=[^\s\"']*[A-Za-z])[A-Za-z0-9+/_.-]{16,}))",
        ),
    )
)


def found_secrets(text: str) -> Iterator[tuple[int, str, str]]:
    """Place in the text, what it is, and the secret itself, of each."""
    small = text.lower()
    for form in FORMS:
        if not any(mark in small for mark in form.marks):
            continue
        for match in form.pattern.finditer(text):
            secret = next((group for group in match.groups() if group), match.group())
            yield match.start(), form.what, secret


def masked(secret: str) -> str:
    """A secret so that it can be found again and is not told to whoever reads the terminal."""
    return f"{secret[:4]}… ({len(secret)} characters)"
