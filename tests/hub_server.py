"""A server that speaks the Hub's protocol, for a repository's way there and back.

    with HubServer() as hub: ... HF_ENDPOINT=hub.address HF_TOKEN=hub.token HF_HUB_DISABLE_XET=1 ...

Real HTTP on a real socket: who one is, making repositories, branches, preupload, the LFS batch with uploads whole or
in parts and their verification, commits as ndjson, what a repository is, its tree, and files by revision with ETag,
ranges, and the redirect of a large file to another host that is shown no token. `uploads` are the LFS contents that
came; `drop_after` resets the connection in the middle of all uploads after so many. Contents are kept in memory.
Xet is offered with a folder for its store, which its client fills by itself; nothing is given back from there.
Follows the requests of huggingface_hub's `hf_api.py`, `_commit_api.py`, `lfs.py`, `file_download.py`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .hub_repositories import Entry, Refused, Repositories, Repository, is_large
from .served_app import ServedApp


USER, ORGANISATION = "tester", "org"
KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}
PREFIXES = {"model": "", "dataset": "datasets/", "space": "spaces/"}


class HubServer:
    """The server, in a thread of its own.

    Args:
        token: the one that may write.
        part_bytes: the size from which on a large file is sent in parts, and that of a part.
        xet: folder of the store of Xet, which its client takes for a server (`local://`); None to offer none.
    """

    def __init__(self, token: str = "hf_" + "t" * 34, part_bytes: int = 1_000_000, xet: Path | None = None) -> None:
        self.token, self.part_bytes, self.xet = token, part_bytes, xet
        self.repositories = Repositories((USER, ORGANISATION))
        self.uploads: list[str] = []
        """sha256 of each large file that was sent whole, in the order in which they came."""
        self.drop_after: int | None = None
        self.requests: list[str] = []
        """Method and path of each request."""
        self._parts: dict[tuple[str, int], bytes] = {}
        self._served = ServedApp(self._app())
        self.address = self._served.address
        # Another name of this machine, as the Hub's large files are on another host.
        self._files_address = f"http://localhost:{self._served.port}"

    def __enter__(self) -> HubServer:
        self._served.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._served.stop()

    def read(self, kind: str, name: str, revision: str = "main") -> dict[str, bytes]:
        """The files of a repository by path."""
        return self.repositories.read(kind, name, revision)

    def repository(self, kind: str, name: str) -> Repository:
        """A repository, with its commits and branches."""
        return self.repositories.get(kind, name, signed_in=True)

    def environment(self, token: str | None = None) -> dict[str, str]:
        """What a process needs to use this server."""
        found = {"HF_ENDPOINT": self.address, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        return found | ({} if token is None else {"HF_TOKEN": token})

    def _app(self) -> Starlette:
        about = "/api/{kinds}/{owner}/{name}"
        paths: list[tuple[str, str, Callable[[Request], Awaitable[Response]]]] = [
            ("GET", "/api/whoami-v2", self._whoami),
            ("POST", "/api/repos/create", self._create),
            ("POST", "/api/validate-yaml", self._validate),
            ("POST", about + "/preupload/{revision}", self._preupload),
            ("POST", about + "/commit/{revision}", self._commit),
            ("POST", about + "/branch/{branch}", self._branch),
            ("GET", about + "/refs", self._refs),
            ("GET", about, self._info),
            ("GET", about + "/revision/{revision}", self._info),
            ("GET", about + "/tree/{revision}", self._tree),
            ("GET", about + "/tree/{revision}/{folder:path}", self._tree),
            ("POST", about + "/paths-info/{revision}", self._paths_info),
            ("GET", about + "/xet-write-token/{revision}", self._xet_token),
            ("PUT", "/lfs/{oid}", self._put),
            ("PUT", "/lfs/{oid}/{part:int}", self._put),
            ("POST", "/lfs/{oid}/complete", self._complete),
            ("POST", "/lfs/{oid}/verify", self._verify),
            ("GET", "/large/{oid}", self._large),
        ]
        for kind, prefix in PREFIXES.items():
            place = f"/{prefix}{{owner}}/{{name}}"
            paths.append(("POST", place + ".git/info/lfs/objects/batch", self._of_kind(kind, self._batch)))
            paths.append(("GET", place + "/resolve/{revision}/{path:path}", self._of_kind(kind, self._resolve)))
        return Starlette(
            routes=[
                Route(path.replace("{kinds}", kinds), self._answering(answer, kind), methods=[method])
                for method, path, answer in paths
                for kinds, kind in (KINDS.items() if "{kinds}" in path else [("", None)])
            ]
        )

    def _of_kind(self, kind: str, answer: Callable[[Request], Awaitable[Response]]) -> Any:
        async def of_kind(http: Request) -> Response:
            http.path_params["kind"] = kind
            return await answer(http)

        return of_kind

    def _answering(self, answer: Callable[[Request], Awaitable[Response]], kind: str | None) -> Any:
        """An endpoint that counts its requests, refuses a wrong token, and says in the Hub's way what it refuses."""

        async def answering(http: Request) -> Response:
            self.requests.append(f"{http.method} {http.url.path}")
            if kind is not None:
                http.path_params["kind"] = kind
            try:
                given = http.headers.get("authorization")
                if given is not None and given != f"Bearer {self.token}":
                    raise Refused(401, "Invalid credentials in Authorization header")
                return await answer(http)
            except Refused as refused:
                headers = {"X-Error-Message": refused.message}
                headers |= {"X-Error-Code": refused.code} if refused.code else {}
                headers |= {"X-Repo-Commit": refused.commit} if refused.commit else {}
                return JSONResponse({"error": refused.message}, refused.status, headers)

        return answering

    def _signed_in(self, http: Request) -> bool:
        return "authorization" in http.headers

    def _must_sign_in(self, http: Request) -> None:
        if not self._signed_in(http):
            raise Refused(401, "Invalid username or password.")

    def _repository(self, http: Request) -> Repository:
        given = http.path_params
        return self.repositories.get(given["kind"], f"{given['owner']}/{given['name']}", self._signed_in(http))

    async def _whoami(self, http: Request) -> Response:
        self._must_sign_in(http)
        return JSONResponse({"type": "user", "name": USER, "orgs": [{"type": "org", "name": ORGANISATION}]})

    async def _create(self, http: Request) -> Response:
        self._must_sign_in(http)
        wanted = await http.json()
        kind = wanted.get("type") or "model"
        name = f"{wanted.get('organization') or USER}/{wanted['name']}"
        private = wanted.get("visibility") == "private" or bool(wanted.get("private"))
        address = {"url": f"{self.address}/{PREFIXES[kind]}{name}", "name": name}
        try:
            self.repositories.create(kind, name, private, wanted.get("sdk"))
        except Refused as refused:
            if refused.status != 409:
                raise
            return JSONResponse({"error": refused.message, **address}, 409)
        return JSONResponse(address)

    async def _validate(self, http: Request) -> Response:
        content = (await http.json())["content"]
        try:
            yaml.safe_load(content.split("---")[1] if content.startswith("---") else "")
        except yaml.YAMLError as error:
            return JSONResponse({"errors": [{"message": str(error)}], "warnings": []}, 400)
        return JSONResponse({"errors": [], "warnings": []})

    async def _preupload(self, http: Request) -> Response:
        self._must_sign_in(http)
        there = self._repository(http).commit_of(http.path_params["revision"]).files
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if is_large(file["path"], file["size"]) else "regular",
                "shouldIgnore": False,
                "oid": there[file["path"]].oid if file["path"] in there else None,
            }
            for file in (await http.json())["files"]
        ]
        return JSONResponse({"files": files})

    async def _commit(self, http: Request) -> Response:
        self._must_sign_in(http)
        repository = self._repository(http)
        lines = [json.loads(line) for line in (await http.body()).splitlines()]
        commit = self.repositories.commit(repository, http.path_params["revision"], lines, elsewhere=bool(self.xet))
        url = f"{self.address}/{PREFIXES[repository.kind]}{repository.name}/commit/{commit.oid}"
        return JSONResponse({"success": True, "commitOid": commit.oid, "commitUrl": url})

    async def _branch(self, http: Request) -> Response:
        self._must_sign_in(http)
        repository, branch = self._repository(http), http.path_params["branch"]
        if branch in repository.branches:
            raise Refused(409, f"Reference already exists: {branch}")
        repository.branches[branch] = repository.commit_of("main").oid
        return JSONResponse({})

    async def _refs(self, http: Request) -> Response:
        branches = self._repository(http).branches.items()
        found = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": oid} for name, oid in branches]
        return JSONResponse({"branches": found, "tags": [], "converts": []})

    async def _info(self, http: Request) -> Response:
        repository = self._repository(http)
        commit = repository.commit_of(http.path_params.get("revision", "main"))
        files = [{"rfilename": path} for path in sorted(commit.files)]
        found = {"_id": "0", "id": repository.name, "private": repository.private, "sha": commit.oid}
        found |= {"siblings": files, "tags": [], "downloads": 0, "likes": 0, "gated": False, "disabled": False}
        return JSONResponse(found | ({} if repository.sdk is None else {"sdk": repository.sdk}))

    async def _tree(self, http: Request) -> Response:
        files = self._repository(http).commit_of(http.path_params["revision"]).files
        folder = http.path_params.get("folder", "").strip("/")
        start = f"{folder}/" if folder else ""
        inside = {path.removeprefix(start): entry for path, entry in files.items() if path.startswith(start)}
        if folder and not inside:
            raise Refused(404, f"{folder} does not exist", "EntryNotFound")
        recursive = http.query_params.get("recursive", "").lower() in ("true", "1")
        shown = [
            _described(start + path, entry) for path, entry in sorted(inside.items()) if recursive or "/" not in path
        ]
        parents = {"/".join(path.split("/")[:depth]) for path in inside for depth in range(1, path.count("/") + 1)}
        folders = [_folder(start + name) for name in sorted(parents) if recursive or "/" not in name]
        return JSONResponse([*folders, *shown])

    async def _paths_info(self, http: Request) -> Response:
        files = self._repository(http).commit_of(http.path_params["revision"]).files
        wanted = await http.json() if "json" in http.headers.get("content-type", "") else await http.form()
        names = wanted["paths"] if isinstance(wanted, dict) else wanted.getlist("paths")
        found = [_described(path, files[path]) for path in names if path in files]
        found += [_folder(path) for path in names if any(name.startswith(f"{path}/") for name in files)]
        return JSONResponse(found)

    async def _batch(self, http: Request) -> Response:
        self._must_sign_in(http)
        self._repository(http)
        wanted = await http.json()
        answers = []
        for item in wanted["objects"]:
            oid, size = item["oid"], item["size"]
            answers.append({"oid": oid, "size": size})
            if oid in self.repositories.contents:
                continue
            place = f"{self.address}/lfs/{oid}"
            upload: dict[str, Any] = {"href": place}
            if size > self.part_bytes:
                parts = range(1, -(-size // self.part_bytes) + 1)
                header = {"chunk_size": str(self.part_bytes), **{str(part): f"{place}/{part}" for part in parts}}
                upload = {"href": f"{place}/complete", "header": header}
            answers[-1]["actions"] = {"upload": upload, "verify": {"href": f"{place}/verify"}}
        transfer = "multipart" if "multipart" in wanted["transfers"] else "basic"
        return JSONResponse({"transfer": transfer, "objects": answers})

    async def _xet_token(self, http: Request) -> Response:
        self._must_sign_in(http)
        self._repository(http)
        if self.xet is None:
            raise Refused(404, "there is no Xet here")
        return JSONResponse({"casUrl": f"local://{self.xet}", "accessToken": "x", "exp": int(time.time()) + 3600})

    async def _put(self, http: Request) -> Response:
        oid, part = http.path_params["oid"], http.path_params.get("part")
        received = bytearray()
        async for chunk in http.stream():
            received += chunk
            if self.drop_after is not None and len(self.uploads) >= self.drop_after and received:
                self._served.reset(http)
                return Response(status_code=500)
        if part is not None:
            self._parts[oid, part] = bytes(received)
            return Response(headers={"ETag": hashlib.md5(received).hexdigest()})
        return self._store(oid, bytes(received))

    async def _complete(self, http: Request) -> Response:
        oid = http.path_params["oid"]
        parts = [found["partNumber"] for found in (await http.json())["parts"]]
        return self._store(oid, b"".join(self._parts.pop((oid, part)) for part in parts))

    def _store(self, oid: str, content: bytes) -> Response:
        if hashlib.sha256(content).hexdigest() != oid:
            raise Refused(400, f"the content is not that of {oid}")
        self.uploads.append(oid)
        self.repositories.contents[oid] = content
        return Response()

    async def _verify(self, http: Request) -> Response:
        self._must_sign_in(http)
        wanted = await http.json()
        if len(self.repositories.contents.get(wanted["oid"], b"")) != wanted["size"]:
            raise Refused(404, "the object is not there, or of another size")
        return Response()

    async def _resolve(self, http: Request) -> Response:
        given = http.path_params
        commit, entry = self._repository(http).entry_of(given["revision"], given["path"])
        headers = {"X-Repo-Commit": commit.oid, "ETag": f'"{entry.oid}"'}
        if entry.large:
            headers |= {"X-Linked-Etag": f'"{entry.oid}"', "X-Linked-Size": str(entry.size)}
            return RedirectResponse(f"{self._files_address}/large/{entry.oid}", 302, headers)
        return _ranged(http, self.repositories.contents[entry.oid], headers)

    async def _large(self, http: Request) -> Response:
        if self._signed_in(http):
            raise Refused(400, "a token was shown to another host than the Hub's")
        oid = http.path_params["oid"]
        return _ranged(http, self.repositories.contents[oid], {"ETag": f'"{oid}"'})


def _described(path: str, entry: Entry) -> dict[str, Any]:
    """A file as `tree` and `paths-info` tell of it."""
    found: dict[str, Any] = {"type": "file", "path": path, "oid": entry.oid[:40], "size": entry.size}
    return found | ({"lfs": {"oid": entry.oid, "size": entry.size, "pointerSize": 134}} if entry.large else {})


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "oid": hashlib.sha1(path.encode()).hexdigest(), "size": 0}


def _ranged(http: Request, content: bytes, headers: dict[str, str]) -> Response:
    """The content, or the range of it that was asked for."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    wanted = http.headers.get("range", "")
    if not wanted.startswith("bytes="):
        return Response(content, headers=headers, media_type="application/octet-stream")
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    start = int(first) if first else max(0, len(content) - int(last))
    stop = min(len(content), int(last) + 1 if first and last else len(content))
    if start >= len(content):
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(content)}"
    return Response(content[start:stop], 206, headers, "application/octet-stream")
