"""`audio-reasoner serve`: a model behind OpenAI's protocol, its thinking by section."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from app.asking.loading import DEMO_MODEL


KEY = "AUDIO_REASONER_API_KEY"
HERE = ("127.0.0.1", "::1", "localhost")


def serve(
    model: Annotated[str, typer.Argument(help="A model folder, or its name on the Hub.")] = DEMO_MODEL,
    revision: Annotated[str | None, typer.Option(help="The commit of a model on the Hub, to pin its code.")] = None,
    host: Annotated[str, typer.Option(help="The address to serve at; 0.0.0.0 for all there are.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port.")] = 8000,
    name: Annotated[
        str | None, typer.Option(help="What requests call the model; its folder's name if left out.")
    ] = None,
    allow_urls: Annotated[
        bool, typer.Option("--allow-urls", help="Fetch recordings from public http(s) addresses, as audio_url.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="Answer so many requests together.")] = 8,
    waiting: Annotated[
        int, typer.Option(min=1, help="So many requests may wait; further ones are refused (503).")
    ] = 32,
    requests_per_minute: Annotated[int, typer.Option(min=1, help="Of one client's address; then 429.")] = 120,
    max_request_mb: Annotated[int, typer.Option(min=1, help="The largest body, in MiB; base64 takes 4/3.")] = 32,
    max_audio_seconds: Annotated[float, typer.Option(min=1, help="All recordings of one request together.")] = 300,
    max_prompt_tokens: Annotated[int, typer.Option(min=1, help="Of a prompt; a second of audio takes 25.")] = 10_000,
    max_new_tokens: Annotated[
        int, typer.Option(min=1, help="Of an answer, where the model's own limit is not lower.")
    ] = 2048,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds from a request's arrival to its answer's end.")] = 300,
    upload_timeout: Annotated[float, typer.Option(min=1, help="Seconds in which a body has to arrive.")] = 60,
    trust_proxy: Annotated[
        list[str] | None,
        typer.Option(help="The address of a proxy that says who its clients are (X-Forwarded-For); once for each."),
    ] = None,
) -> None:
    """Answer OpenAI clients at /v1, with the sections apart from the response; Ctrl-C ends it.

    Where AUDIO_REASONER_API_KEY is set, clients have to send it as their API key.

    Example: audio-reasoner serve demo/model --port 8000
    """
    import prometheus_client  # noqa: F401  # said at once where it is missing, and not after a model has been loaded

    from app.serving.limits import Limits
    from app.serving.server import bound, load, make_server, make_service

    limits = Limits(
        request_bytes=max_request_mb * 2**20,
        audio_seconds=max_audio_seconds,
        prompt_tokens=max_prompt_tokens,
        new_tokens=max_new_tokens,
        batch=batch,
        waiting=waiting,
        requests_per_minute=requests_per_minute,
        timeout=timeout,
        upload_timeout=upload_timeout,
    )
    key = os.environ.get(KEY)
    if key is not None and not key.strip():
        raise ValueError(f"{KEY} is set to nothing: set it to a key, or unset it to let everybody ask.")
    place = bound(host, port)  # said at once where it cannot be had
    served = load(model, revision, name)
    service = make_service(served, limits, allow_urls, key and key.strip())
    reach = "this machine alone" if host in HERE else "every machine that reaches this address"
    shown = f"[{host}]" if ":" in host else host
    asked = f"with the key in {KEY}" if key else "without a key"
    typer.echo(f"{served.name} answers at http://{shown}:{place.getsockname()[1]}/v1, to {reach}, {asked}.")
    if key is None and host not in HERE:
        typer.secho(f"Anybody who reaches it may ask: set {KEY}.", err=True, fg=typer.colors.YELLOW)
    make_server(service, limits, host, port, trust_proxy).run(sockets=[place])
