"""Client of Assay: votes of many annotators in, soft labels and annotator reliability out.

    from assay_client import Assay

    assay = Assay("https://assay.example.org", key)
    project = assay.project("mail")
    project.upload_votes("votes.csv")
    project.start_run().wait()
    project.download("soft-labels", "soft-labels.csv")

Python 3.9 and later, nothing but the standard library. README.md beside this file tells the rest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as _datetime
import decimal as _decimal
import enum as _enum
import http.client
import ipaddress
import json
import math
import os
import random
import re
import socket
import ssl
import threading
import time
import urllib.parse
import uuid
import zlib
from dataclasses import dataclass, field
from typing import (
    IO, Any, Callable, Dict, Iterable, Iterator, List, Mapping, NoReturn, Optional, Sequence, Tuple, TypedDict, Union, cast,
)

__version__ = "0.1.0"
__all__ = [
    "Assay", "Project", "Run", "AssayError", "Refused", "Unavailable", "RowsRejected", "RunFailed", "WaitTimeout",
    "Result", "Rejected", "Download", "NextItems", "Lease", "SoftLabel", "AnnotatorRow", "ItemRow", "VoteRow",
]

# The most rows of one call, by the service's limits, and the most bytes: half of what a GraphQL body may have.
ROWS_PER_CALL = 10_000
BYTES_PER_CALL = 8 * 1024 * 1024
_CHUNK = 64 * 1024
# Without a word from the service, waits double from the first of these to the second; a Retry-After beyond the third is left to the caller.
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS, _LONGEST_ASKED_WAIT_SECONDS = 0.25, 20.0, 120.0

Json = Any
FileLike = Union[str, "os.PathLike[str]", bytes, bytearray, IO[bytes]]
Row = Any
"""A dict, a tuple in the order of the fields, a namedtuple or a dataclass."""
Rows = Any
"""An iterable of rows, or a DataFrame of pandas or polars."""


# ---------------------------------------------------------------------------------------------------- errors


class AssayError(Exception):
    """All that this module raises about the service. No message of it contains the key."""

    #: Of rows that were sent in several calls, the last of which failed: what became of those before.
    result: Optional[Result] = None


class Refused(AssayError):
    """The service refuses a call. ``code`` is one of docs/api.md: INVALID_INPUT, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, LIMIT_EXCEEDED, INTERNAL."""

    def __init__(self, message: str, *, code: str, field: Optional[str] = None, request_id: Optional[str] = None, status: Optional[int] = None,
                 line: Optional[int] = None, details: Optional[Dict[str, Json]] = None) -> None:
        super().__init__(f"{message} ({code}{f', request {request_id}' if request_id else ''})")
        self.message = message
        self.code = code
        self.field = field
        self.request_id = request_id
        self.status = status
        #: Of an upload that broke off: the line, and all of the answer, which counts what was stored before.
        self.line = line
        self.details: Dict[str, Json] = details or {}


class Unavailable(AssayError):
    """The service did not answer, or asked to come later, as often as was tried. What was sent may be sent again under ``idempotency_key`` where there is one."""

    def __init__(self, message: str, *, attempts: int, code: Optional[str] = None, request_id: Optional[str] = None,
                 retry_after: Optional[float] = None, idempotency_key: Optional[str] = None) -> None:
        super().__init__(message)
        self.attempts = attempts
        self.code = code
        self.field: Optional[str] = None
        self.request_id = request_id
        #: Seconds, where the service told them.
        self.retry_after = retry_after
        self.idempotency_key = idempotency_key


class RowsRejected(AssayError):
    """Some rows were rejected; all others are stored. ``result`` tells which and why."""

    def __init__(self, result: Result) -> None:
        first = result.rejected[0]
        place = f"row {first.index}" if first.index is not None else f"line {first.line}" if first.line is not None else first.at or "a row"
        super().__init__(f"{result.rejected_count} of {result.rows} rows are rejected, the others are stored; the first, {place}: {first.message} ({first.code})")
        self.result: Result = result

    @property
    def rejected(self) -> List[Rejected]:
        return self.result.rejected


class RunFailed(AssayError):
    """A run that was waited for is FAILED or CANCELLED."""

    def __init__(self, run: Run) -> None:
        why = run.data.get("failure") or ("it was cancelled" if run.status == "CANCELLED" else "the service tells no reason")
        super().__init__(f"run {run.id} of {run.method} is {run.status}: {why}")
        self.run = run
        self.status = run.status


class WaitTimeout(AssayError, TimeoutError):
    """A run did not end within the time that the caller gave it; it goes on."""


# ---------------------------------------------------------------------------------------------------- what calls give back


@dataclass(frozen=True)
class Rejected:
    """A row that is not stored."""

    code: str
    message: str
    #: Its place in the caller's iterable, from 0; None for rows of a file.
    index: Optional[int] = None
    #: Where it begins in the file, from 1; None for rows of an iterable.
    line: Optional[int] = None
    #: Its place in a file of another platform, such as ``/17/annotations/0``.
    at: Optional[str] = None
    #: As the caller gave it.
    row: Row = None


@dataclass
class Result:
    """What became of rows. ``rejected`` has all that the service told one by one, ``rejected_count`` counts all: a file's first 10,000 are told."""

    rows: int = 0
    created: int = 0
    superseded: int = 0
    duplicate: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: List[Rejected] = field(default_factory=list)
    #: Rows with neither class nor outcome, though there is such a column: nobody answered, and they are passed over.
    unanswered: int = 0
    warnings: List[str] = field(default_factory=list)
    #: Columns that mean nothing here.
    unread_columns: List[str] = field(default_factory=list)
    #: Calls that the service had answered before under the same idempotency key.
    replayed: int = 0
    #: Of an upload: the answer as it came.
    answer: Dict[str, Json] = field(default_factory=dict)

    def _reject(self, rejected: Rejected) -> None:
        self.rejected.append(rejected)
        self.rejected_count += 1


@dataclass(frozen=True)
class Download:
    path: str
    bytes: int
    #: The run whose results the file has, and the point of the log as of which it shows votes, gold or predictions.
    run: Optional[str]
    watermark: Optional[str]


class Lease(TypedDict, total=False):
    """An item that is given to an annotator for a time. ``strategy`` and what follows are None to a key of one annotator."""

    id: str
    item: str
    payload: Json
    leasedAt: str
    expiresAt: str
    strategy: Optional[str]
    score: Optional[float]
    kind: Optional[str]
    votes: Optional[int]


class NextItems(List[Lease]):
    """Leases; where there are fewer than were asked for, ``reason`` (see docs/assignment.md) says why, and ``retry_after`` when to ask again, in seconds."""

    reason: Optional[str] = None
    message: Optional[str] = None
    retry_after: Optional[int] = None


class SoftLabel(TypedDict, total=False):
    item: str
    consensus: str
    confidence: float
    entropy: float
    votes: int
    tie: bool
    live: bool
    #: By class.
    probabilities: Dict[str, float]


class AnnotatorRow(TypedDict, total=False):
    annotator: str
    kind: str
    status: str
    votes: int
    quality: Optional[float]
    #: value, low, high
    accuracy: Optional[Dict[str, float]]


class ItemRow(TypedDict, total=False):
    item: str
    payload: Json
    state: str
    flagged: bool
    voteCount: int


VoteRow = TypedDict("VoteRow", {
    "item": str, "annotator": str, "class": Optional[str], "outcome": str, "voteId": Optional[str], "time": Optional[str],
    "durationMs": Optional[int], "comment": Optional[str], "guidelineVersion": Optional[str], "receivedAt": str, "state": str,
}, total=False)


# ---------------------------------------------------------------------------------------------------- bodies


class _Body:
    """What is sent: bytes or a file, from its beginning each time it is opened."""

    def __init__(self, source: FileLike) -> None:
        self._source = source
        self._start: Optional[int] = None
        self._opened = False
        if isinstance(source, (str, os.PathLike, bytes, bytearray)):
            self.is_repeatable = True
        elif hasattr(source, "read"):
            self.is_repeatable = bool(getattr(source, "seekable", lambda: False)())
            if self.is_repeatable:
                self._start = source.tell()
        else:
            raise TypeError(f"a file is a path, bytes or a file object opened with 'rb', not {type(source).__name__}")

    def pieces(self) -> Iterator[bytes]:
        source = self._source
        if isinstance(source, (bytes, bytearray)):
            view = memoryview(source)
            for at in range(0, len(view), _CHUNK):
                yield bytes(view[at:at + _CHUNK])
        elif isinstance(source, (str, os.PathLike)):
            with open(source, "rb") as opened:
                yield from self._read(opened)
        else:
            if self._start is not None:
                source.seek(self._start)
            elif self._opened:
                raise AssayError("a stream that cannot be rewound is sent once")
            self._opened = True
            yield from self._read(source)

    @staticmethod
    def _read(opened: IO[bytes]) -> Iterator[bytes]:
        while True:
            try:
                piece = opened.read(_CHUNK)
            except OSError as error:
                # Not to be taken for a fault of the connection, after which the file would be sent again.
                raise AssayError(f"the file cannot be read on: {error}") from None
            if isinstance(piece, str):
                raise TypeError("the file is opened as text; open it with 'rb'")
            if not piece:
                return
            yield piece


def _format_of(head: bytes) -> str:
    """As the service tells it: Parquet by its first bytes, NDJSON by an object or a list, all else CSV."""
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(31).decompress(head, 4096)
        except zlib.error:
            return "csv"
    if head[:4] == b"PAR1":
        return "parquet"
    return "ndjson" if (head[3:] if head.startswith(b"\xef\xbb\xbf") else head).lstrip()[:1] in (b"{", b"[") else "csv"


_CONTENT_TYPES = {"csv": "text/csv", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}


# ---------------------------------------------------------------------------------------------------- one exchange


class _Broken(Exception):
    """A connection that failed; ``is_unsent`` where it never stood, so that nothing can have been done."""

    def __init__(self, cause: BaseException, is_unsent: bool) -> None:
        super().__init__(str(cause) or type(cause).__name__)
        self.cause = cause
        self.is_unsent = is_unsent


class _Answer:
    """An answer whose body is still to be read."""

    def __init__(self, wire: _Wire, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, is_cut: bool) -> None:
        self._wire, self._connection, self._response, self._is_cut = wire, connection, response, is_cut
        self.status = response.status

    def header(self, name: str) -> Optional[str]:
        return self._response.getheader(name)

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes. Raises _Broken where it ends before its end mark, or has none that tells."""
        try:
            yield from self._pieces()
        except _Broken:
            self.close()
            raise
        self._response.close()
        self._wire.give_back(self._connection, self._response, self._is_cut)

    def _pieces(self) -> Iterator[bytes]:
        response = self._response
        is_chunked, length = bool(response.chunked), response.length
        if not is_chunked and length is None:
            raise _Broken(AssayError("the answer has neither a length nor an end mark, so that half of it could not be told from the whole"), False)
        left = length or 0
        while is_chunked or left > 0:
            try:
                piece = response.read1(_CHUNK) if is_chunked else response.read(min(left, _CHUNK))
            except (OSError, http.client.HTTPException) as error:
                raise _Broken(error, False) from None
            if not piece:
                break
            left -= len(piece)
            yield piece
        # A body of a told length that ends early is no error to http.client.
        if not is_chunked and left > 0:
            raise _Broken(AssayError(f"{left} bytes of the answer did not come"), False)

    def read(self) -> bytes:
        """The body as a whole. A refusal that repeats what was sent does so without the key, also where variables of a traceback are shown."""
        text = b"".join(self.pieces())
        return text if self.status == 200 and b'"error' not in text else self._wire.hide(text.decode("utf-8", "replace")).encode()

    def close(self) -> None:
        """Ends the connection where the body was not read whole."""
        if not self._response.isclosed():
            self._connection.close()
            self._response.close()


class _Wire:
    """Connections to one address. Those that are free are used again; several threads may call."""

    def __init__(self, url: urllib.parse.SplitResult, timeout: float, authorization: Callable[[], str], hide: Callable[[str], str]) -> None:
        self._free: List[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._url, self._timeout, self._authorization, self.hide = url, timeout, authorization, hide
        self._tls = ssl.create_default_context() if url.scheme == "https" else None

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: Union[None, bytes, _Body], *, is_fresh: bool, answer_timeout: Optional[float]) -> _Answer:
        """One exchange, up to the answer's headers. ``is_fresh``: on a new connection, since one that lay idle may have ended unseen."""
        while True:
            connection, is_used = self._take(is_fresh)
            try:
                return self._exchange(connection, method, target, headers, body, answer_timeout)
            except _Broken as broken:
                connection.close()
                # It may just have lain idle too long: that counts as no attempt.
                if is_used and not isinstance(broken.cause, socket.timeout) and (not isinstance(body, _Body) or body.is_repeatable):
                    continue
                raise
            except BaseException:
                connection.close()
                raise

    def _exchange(self, connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str], body: Union[None, bytes, _Body], answer_timeout: Optional[float]) -> _Answer:
        if connection.sock is None:
            try:
                connection.connect()
            except ssl.SSLCertVerificationError as error:
                raise AssayError(f"the certificate of {self._url.hostname} is not to be trusted: {error.verify_message}") from None
            except OSError as error:
                raise _Broken(error, True) from None
        assert connection.sock is not None
        connection.sock.settimeout(self._timeout)
        is_cut = False
        try:
            try:
                self._send(connection, method, target, headers, body)
            except (BrokenPipeError, ConnectionResetError):
                # Whoever refuses a body need not read it: the refusal may be there.
                is_cut = True
            if answer_timeout is not None:
                connection.sock.settimeout(answer_timeout)
            response = connection.getresponse()
            if connection.sock is not None:
                connection.sock.settimeout(self._timeout)
        except (OSError, http.client.HTTPException) as error:
            raise _Broken(error, False) from None
        return _Answer(self, connection, response, is_cut)

    def _send(self, connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str], body: Union[None, bytes, _Body]) -> None:
        connection.putrequest(method, self._url.path.rstrip("/") + target, skip_accept_encoding=True)
        # Made here and held nowhere: what shows variables of a traceback shows no key.
        connection.putheader("Authorization", self._authorization())
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("User-Agent", f"assay-client-python/{__version__}")
        for name, value in headers.items():
            connection.putheader(name, value)
        if isinstance(body, _Body):
            connection.putheader("Transfer-Encoding", "chunked")
            connection.endheaders()
            for piece in body.pieces():
                connection.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            connection.send(b"0\r\n\r\n")
            return
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)

    def _take(self, is_fresh: bool) -> Tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._free and not is_fresh:
                return self._free.pop(), True
        host, port = cast(str, self._url.hostname), self._url.port
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls), False
        return http.client.HTTPConnection(host, port, timeout=self._timeout), False

    def give_back(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, is_cut: bool) -> None:
        if is_cut or response.will_close or connection.sock is None:
            connection.close()
            return
        with self._lock:
            if len(self._free) < 8:
                self._free.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            free, self._free = self._free, []
        for connection in free:
            connection.close()

    __del__ = close


# ---------------------------------------------------------------------------------------------------- the service

# Mutations that heed an idempotency key. Others might be done twice if they were sent again.
_KEYED_MUTATIONS = frozenset([
    "createProject", "submitVotes", "withdrawVotes", "setGold", "removeGold", "submitPredictions", "startRun", "drawGoldSample", "setAnnotatorPriors",
    "copyAnnotatorPriors", "removeAnnotatorPriors", "requestAgreement", "requestAnnotatorAgreement", "requestAnnotatorActivity",
    "deleteProject"
])
_TOKEN = re.compile(r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\n]|\\.)*"|#[^\n]*|\.\.\.|[_A-Za-z]\w*|[{}()\[\]:@$]', re.S)


class Assay:
    """One service and one key to it. Calls block; several threads may share one.

    ``timeout``: seconds without a byte after which a connection is given up.
    ``retries``: how often a call that is safe to send again is sent again.
    ``allow_plain_http``: send the key unencrypted to a host other than this machine.
    """

    def __init__(self, url: str, key: str, *, timeout: float = 60.0, retries: int = 5, allow_plain_http: bool = False) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the url is an address such as https://assay.example.org, without names, passwords and parameters in it")
        if parts.scheme == "http" and not allow_plain_http and not _is_loopback(parts.hostname):
            raise ValueError(f"the key would go to {parts.hostname} unencrypted; take https, or say allow_plain_http=True where the way there is safe")
        # Never shown: http.client tells the value of a header that it refuses.
        if not isinstance(key, str) or not re.fullmatch(r"[\x21-\x7e]{1,500}", key):
            raise ValueError("the key is empty or has characters in it that no key has; it begins with assay_")
        if retries < 0 or timeout <= 0:
            raise ValueError(f"retries is {retries} and timeout {timeout}; retries is 0 or more, timeout more than 0 seconds")
        self.url = urllib.parse.urlunsplit(parts)
        self.retries = retries
        self._wire = _Wire(parts, timeout, lambda: "Bearer " + key, lambda text: text.replace(key, "[key]"))

    def __repr__(self) -> str:
        return f"Assay({self.url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an Assay holds a key and is not pickled; make one from url and key where it is needed")

    def __enter__(self) -> Assay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes connections that lie idle; a later call opens new ones."""
        self._wire.close()

    # -- GraphQL

    def query(self, document: str, variables: Optional[Mapping[str, Json]] = None, *, idempotency_key: Optional[str] = None) -> Dict[str, Json]:
        """Any operation of schema.graphql; gives its data.

        Queries are sent again where that may help, and so are mutations that heed an idempotency key, of which one is made where none is given.
        Raises Refused with the service's code, and Unavailable.
        """
        kind, roots = _operation(document)
        may_repeat = kind == "query"
        if kind == "mutation" and len(roots) == 1 and roots[0] in _KEYED_MUTATIONS:
            idempotency_key = idempotency_key or _new_key()
            may_repeat = True
        return self._graphql(document, variables or {}, may_repeat=may_repeat, key=idempotency_key)

    def _graphql(self, document: str, variables: Mapping[str, Json], *, may_repeat: bool, key: Optional[str] = None) -> Dict[str, Json]:
        body = json.dumps({"query": document, "variables": variables}, allow_nan=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json, application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        attempt = _Attempts(self, may_repeat, key)
        while True:
            try:
                answer = self._wire.ask("POST", "/graphql", headers, body, is_fresh=not may_repeat, answer_timeout=None)
                text = answer.read()
            except _Broken as broken:
                attempt.broken(broken)
                continue
            parsed = _object(text)
            if answer.status == 200 and "errors" not in parsed and isinstance(parsed.get("data"), dict):
                return cast(Dict[str, Json], parsed["data"])
            attempt.refused(answer, text)

    # -- routes

    def _request(self, method: str, target: str, *, headers: Optional[Mapping[str, str]] = None, body: Union[None, bytes, _Body] = None,
                 may_repeat: bool, key: Optional[str] = None, answer_timeout: Optional[float] = None) -> Dict[str, Json]:
        sent = dict(headers or {})
        if key is not None:
            sent["Idempotency-Key"] = key
        attempt = _Attempts(self, may_repeat, key)
        if isinstance(body, _Body) and not body.is_repeatable:
            attempt = _Attempts(self, False, key, "what cannot be rewound is sent once; open it anew, and send it with this error's idempotency_key")
        while True:
            try:
                answer = self._wire.ask(method, target, sent, body, is_fresh=isinstance(body, _Body), answer_timeout=answer_timeout)
                text = answer.read()
            except _Broken as broken:
                attempt.broken(broken)
                continue
            parsed = _object(text)
            if answer.status == 200 and parsed:
                return parsed
            attempt.refused(answer, text)

    # -- projects

    def create_project(self, name: str, classes: Sequence[str], *, rules: Optional[Mapping[str, Json]] = None, idempotency_key: Optional[str] = None) -> Project:
        """``rules`` as ProjectRulesInput of schema.graphql has them: ``{"minVotes": 3, "confidence": 0.95}``."""
        created = self.query(
            "mutation ($input: CreateProjectInput!) { createProject(input: $input) { warnings project { %s } } }" % _PROJECT,
            {"input": {"name": name, "classes": list(classes), **({"rules": dict(rules)} if rules else {})}}, idempotency_key=idempotency_key,
        )["createProject"]
        return Project(self, created["project"], created["warnings"])

    def project(self, name_or_id: str) -> Project:
        """The project of that id, or else the one of that name. Raises Refused: NOT_FOUND, or CONFLICT where several have the name."""
        try:
            return Project(self, self.query("query ($id: ID!) { project(id: $id) { %s } }" % _PROJECT, {"id": name_or_id})["project"])
        except Refused as refusal:
            # What is no id at all is refused, too.
            if refusal.code not in ("NOT_FOUND", "INVALID_INPUT"):
                raise
        named = [project for project in self.projects() if project.name == name_or_id]
        if len(named) == 1:
            return named[0]
        if not named:
            raise Refused(f"there is no project of the name or id {name_or_id!r} that this key may see", code="NOT_FOUND")
        raise Refused(f"{len(named)} projects have the name {name_or_id!r}; take one by its id: {', '.join(project.id for project in named)}", code="CONFLICT")

    def projects(self) -> Iterator[Project]:
        """All that the key may see, read page by page."""
        pages = self._pages(
            "query ($first: Int!, $after: String) { projects(first: $first, after: $after) { nodes { %s } pageInfo { hasNextPage endCursor } } }" % _PROJECT,
            {}, lambda data: data["projects"], 100)
        return (Project(self, node) for node in pages)

    def _pages(self, document: str, variables: Mapping[str, Json], connection: Callable[[Dict[str, Json]], Dict[str, Json]], page_size: int) -> Iterator[Dict[str, Json]]:
        after: Optional[str] = None
        while True:
            page = connection(self.query(document, {**variables, "first": page_size, "after": after}))
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


class _Attempts:
    """How often one call was tried, and whether it is tried again. Each method waits, or raises what the caller is told."""

    def __init__(self, assay: Assay, may_repeat: bool, key: Optional[str], why_once: str = "it is not sent again, since it may have been done") -> None:
        self._assay, self._may_repeat, self._key, self._why_once = assay, may_repeat, key, why_once
        self.count = 0

    def broken(self, broken: _Broken) -> None:
        told = self._assay._wire.hide(str(broken))
        why = f"{self._assay.url} cannot be reached" if broken.is_unsent else "the connection broke off"
        self._again(f"{why}: {told}", may_repeat=self._may_repeat or broken.is_unsent)

    def refused(self, answer: _Answer, text: bytes) -> None:
        parsed = _object(text)
        refusal = _refusal(answer, parsed, self._assay._wire.hide)
        after = _seconds(answer.header("Retry-After"))
        if after is None:
            told = _told(parsed)[1].get("retryAfterSeconds")
            after = float(told) if isinstance(told, (int, float)) else None
        code, may_repeat = refusal.code, self._may_repeat
        if answer.status == 429:
            # Nothing of it was done. What cannot be read again is another matter.
            may_repeat = may_repeat or self._key is None
        elif code == "CONFLICT":
            # This very call, whose answer was lost, is still under way: the service tells when to ask again.
            if after is None or self._key is None:
                raise refusal from None
        elif code != "UNAVAILABLE" and not (answer.status in (502, 503, 504) and code != "LIMIT_EXCEEDED") and not (code == "LIMIT_EXCEEDED" and after is not None):
            raise refusal from None
        self._again(str(refusal), may_repeat=may_repeat, after=after, refusal=refusal)

    def progressed(self) -> None:
        """Whoever gets on is not counted against the attempts."""
        self.count = 0

    def _again(self, why: str, *, may_repeat: bool, after: Optional[float] = None, refusal: Optional[Refused] = None) -> None:
        self.count += 1
        code, request_id = (refusal.code, refusal.request_id) if refusal else (None, None)

        def give_up(end: str) -> Unavailable:
            return Unavailable(f"{why}; {end}", attempts=self.count, code=code, request_id=request_id, retry_after=after, idempotency_key=self._key)

        if not may_repeat:
            raise give_up(self._why_once) from None
        if self.count > self._assay.retries:
            raise give_up(f"given up after {self.count} attempts") from None
        if after is not None and after > _LONGEST_ASKED_WAIT_SECONDS:
            raise give_up(f"the service asks to come again in {after:.0f} s") from None
        longest = min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2 ** (self.count - 1))
        # Never before the time that was told, and not all at once.
        _sleep(after + random.uniform(0, _FIRST_WAIT_SECONDS) if after is not None else random.uniform(longest / 2, longest))


def _sleep(seconds: float) -> None:
    time.sleep(seconds)


def _told(parsed: Dict[str, Json]) -> Tuple[Optional[Dict[str, Json]], Dict[str, Json]]:
    """The first error of an answer, and where its code stands: GraphQL's errors have extensions, those of routes have not."""
    errors = parsed.get("errors")
    error: Json = errors[0] if isinstance(errors, list) and errors else parsed.get("error")
    if not isinstance(error, dict) or "message" not in error:
        return None, {}
    return error, error["extensions"] if isinstance(error.get("extensions"), dict) else error


def _refusal(answer: _Answer, parsed: Dict[str, Json], hide: Callable[[str], str]) -> Refused:
    """What the service says, in the form of either door; what stands between, such as a proxy, is told by its status."""
    error, told = _told(parsed)
    if error is not None:
        line = error.get("line")
        message = f"line {line}: {error['message']}" if isinstance(line, int) else str(error["message"])
        return Refused(message, code=str(told.get("code", "INTERNAL")), field=told.get("field"), request_id=told.get("requestId"), status=answer.status,
                       line=line if isinstance(line, int) else None, details={name: value for name, value in parsed.items() if name not in ("error", "errors", "data")})
    if 300 <= answer.status < 400:
        return Refused(hide(f"the address answers {answer.status} and sends on to {answer.header('Location')!r}; redirects are not followed, give that address itself"), code="INVALID_INPUT", status=answer.status)
    codes = {401: "UNAUTHENTICATED", 403: "FORBIDDEN", 404: "NOT_FOUND", 409: "CONFLICT", 413: "LIMIT_EXCEEDED", 429: "LIMIT_EXCEEDED", 502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "UNAVAILABLE"}
    return Refused(f"the answer has status {answer.status} and is none of Assay's", code=codes.get(answer.status, "INTERNAL" if answer.status >= 500 or answer.status < 300 else "INVALID_INPUT"), status=answer.status)


def _operation(document: str) -> Tuple[str, List[str]]:
    """Whether a document is a query or a mutation, and the fields at its root. More than one operation, or a spread at the root, counts as one that must not be repeated."""
    kind, roots, depth, parens = "", [], 0, 0
    operations, is_fragment, is_directive = 0, False, False
    for token in _TOKEN.findall(document):
        if token.startswith(("#", '"')):
            continue
        if token in "([":
            parens += 1
        elif token in ")]":
            parens -= 1
        elif parens > 0:
            continue
        elif token == "{":
            if depth == 0 and not is_fragment and operations == 0:
                kind, operations = "query", 1
            depth += 1
        elif token == "}":
            depth -= 1
            is_fragment = is_fragment and depth > 0
        # A second query leaves a document of queries what it is.
        elif depth == 0 and token in ("query", "mutation", "subscription") and not is_fragment and not kind.startswith(token):
            kind, operations = (token, 1) if operations == 0 else ("several", operations + 1)
        elif depth == 0 and token == "fragment":
            is_fragment = True
        elif depth == 1 and not is_fragment:
            if token == "...":
                roots.append("...")
            elif token == ":":
                roots.pop()  # it was an alias
            elif not is_directive and token != "@":
                roots.append(token)
        is_directive = token == "@"
    return kind, roots


def _object(text: bytes) -> Dict[str, Json]:
    try:
        parsed = json.loads(text)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _seconds(header: Optional[str]) -> Optional[float]:
    if header is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", header):
        return float(header)
    try:
        from email.utils import parsedate_to_datetime
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None


def _new_key() -> str:
    return f"py-{uuid.uuid4()}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _parameters(given: Mapping[str, Any]) -> str:
    """``?a=1&b=true`` of those that are there."""
    texts = {name: ("true" if value else "false") if isinstance(value, bool) else str(value) for name, value in given.items() if value is not None}
    return "?" + urllib.parse.urlencode(texts, quote_via=urllib.parse.quote) if texts else ""


# ---------------------------------------------------------------------------------------------------- rows


_VOTE_FIELDS: Dict[str, Tuple[str, ...]] = {
    "item": ("task",), "annotator": ("worker", "performer"), "class": ("label", "class_"), "outcome": (), "voteId": (),
    "time": (), "durationMs": (), "comment": (), "guidelineVersion": (),
}
_ITEM_FIELDS: Dict[str, Tuple[str, ...]] = {"item": ("task", "id"), "payload": ()}
_GOLD_FIELDS: Dict[str, Tuple[str, ...]] = {"item": ("task",), "class": ("label", "gold", "class_"), "reason": ()}
_PREDICTION_FIELDS: Dict[str, Tuple[str, ...]] = {"item": ("task",), "probabilities": ()}
_OUTCOMES = ("CLASS", "SKIP", "UNSURE", "CANNOT_LABEL")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d(?:\.\d{1,9})?)?\s*([Zz]|[+-]\d\d:?\d\d)?")


class _Fault(Exception):
    """A row that cannot be sent: the service would refuse all of the call for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def _given_rows(source: Rows) -> Iterator[Row]:
    """Rows of an iterable, or of a DataFrame, told by what it can do: polars iterates by itself, pandas by its columns."""
    if isinstance(source, (str, bytes, Mapping)):
        raise TypeError(f"rows are an iterable of rows or a DataFrame, not {type(source).__name__}; a file goes by upload_votes and its like, one row in a list")
    if hasattr(source, "iter_rows"):
        return iter(source.iter_rows(named=True))
    if hasattr(source, "itertuples"):
        if not hasattr(source, "columns"):
            return iter(source.itertuples())
        columns = [str(column) for column in source.columns]
        return (dict(zip(columns, values)) for values in source.itertuples(index=False, name=None))
    if hasattr(source, "to_dict"):
        return iter(source.to_dict("records"))
    return iter(source)


def _is_none(value: Any) -> bool:
    """None, NaN, NaT, pandas' NA, and the empty text of csv.DictReader."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str):
        return value == ""
    if isinstance(value, (float, _decimal.Decimal)) or (hasattr(value, "dtype") and getattr(value, "ndim", 1) == 0):
        return bool(value != value)
    return False


def _plain(value: Any) -> Any:
    """A number of numpy as Python's own, and a member of an enum as its value."""
    if isinstance(value, _enum.Enum):
        return _plain(value.value)
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        return value.item()
    return value


def _text(name: str, value: Any) -> str:
    value = _plain(value)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise _Fault("WRONG_TYPE", f"{name} is {value}, which JSON writes otherwise than Python; give the text that is meant")
    if isinstance(value, float) and value.is_integer() and abs(value) < 2 ** 53:
        return str(int(value))  # what pandas makes of whole numbers beside a cell without a value
    if isinstance(value, (int, float, _decimal.Decimal, uuid.UUID)):
        return str(value)
    raise _Fault("WRONG_TYPE", f"{name} is of type {type(value).__name__}; it must be text")


def _moment(value: Any) -> str:
    if isinstance(value, _datetime.datetime):
        value = value.isoformat()
    matched = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if matched is None:
        raise _Fault("WRONG_TYPE", f"time {value!r} is no moment such as 2026-01-31T12:00:00Z; give such a text or a datetime")
    day, minute, rest, zone = matched.groups()
    try:
        _datetime.datetime.fromisoformat(f"{day}T{minute}{(rest or ':00')[:3]}")
    except ValueError:
        raise _Fault("WRONG_TYPE", f"time {value!r} is no day and hour that there is") from None
    zone = "Z" if zone is None or zone in "zZ" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    return f"{day}T{minute}{rest or ':00'}{zone}"


def _whole(name: str, value: Any) -> int:
    value = _plain(value)
    try:
        number = int(value)
        if isinstance(value, bool) or (not isinstance(value, str) and number != value):
            raise ValueError
    except (TypeError, ValueError, OverflowError):
        raise _Fault("WRONG_TYPE", f"{name} {value!r} is not a whole number") from None
    if not 0 <= number < 2 ** 31:
        raise _Fault("OUT_OF_RANGE", f"{name} {number} is out of range; it must be from 0 to {2 ** 31 - 1}")
    return number


class _Columns:
    """Finds the fields of rows: by the caller's map, by the name to the letter, or by one that is nearly so or an alias."""

    def __init__(self, fields: Mapping[str, Tuple[str, ...]], mapped: Optional[Mapping[str, str]], also: Sequence[str] = ()) -> None:
        self._fields, self._also = fields, set(also)
        self._mapped = dict(mapped or {})
        unknown = [name for name in self._mapped if name not in fields]
        if unknown:
            raise ValueError(f"there is no field {unknown[0]!r} to map; there are: {', '.join(fields)}")
        self._known: Dict[Tuple[str, ...], Dict[str, str]] = {}
        self.unread: List[str] = []

    def of(self, row: Row) -> Dict[str, Any]:
        """The row's fields by our names, with those that it has."""
        if dataclasses.is_dataclass(row) and not isinstance(row, type):
            row = {one.name: getattr(row, one.name) for one in dataclasses.fields(row)}
        elif hasattr(row, "_asdict"):
            row = row._asdict()
        if isinstance(row, Mapping):
            names = tuple(row)
            found = self._known.get(names)
            if found is None:
                found = self._known[names] = self._find([name for name in names if isinstance(name, str)])
            return {ours: row[theirs] for ours, theirs in found.items()}
        if isinstance(row, (tuple, list)):
            if not 0 < len(row) <= len(self._fields):
                raise _Fault("MALFORMED", f"the row has {len(row)} values; in this order there may be: {', '.join(self._fields)}")
            return dict(zip(self._fields, row))
        raise _Fault("MALFORMED", f"a row is a dict, a tuple or a dataclass, not {type(row).__name__}")

    def _find(self, names: List[str]) -> Dict[str, str]:
        found: Dict[str, str] = {}
        near = {_near(name): name for name in reversed(names)}
        for ours, aliases in self._fields.items():
            if ours in self._mapped:
                theirs: Optional[str] = self._mapped[ours] if self._mapped[ours] in names else None
            else:
                theirs = next((name for name in (ours, *aliases) if name in names), None) or next((near[_near(name)] for name in (ours, *aliases) if _near(name) in near), None)
            if theirs is not None:
                found[ours] = theirs
        used = set(found.values())
        for name in names:
            if name in self._also:
                found[name] = name
            elif name not in used and name not in self.unread and len(self.unread) < 20:
                self.unread.append(name)
        return found


def _near(name: str) -> str:
    return name.strip().lower().replace("_", "")


def _required(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if _is_none(value):
        raise _Fault("MISSING", f"{name} is missing or empty")
    return _text(name, value)


def _vote(row: Mapping[str, Any]) -> Optional[Dict[str, Json]]:
    """A VoteInput; None for a row in which nobody answered."""
    has_answer = [name for name in ("class", "outcome") if name in row]
    if has_answer and all(_is_none(row[name]) for name in has_answer):
        return None
    vote: Dict[str, Json] = {"item": _required(row, "item"), "annotator": _required(row, "annotator")}
    for name, value in row.items():
        if name in vote or _is_none(value):
            continue
        if name == "time":
            vote[name] = _moment(value)
        elif name == "durationMs":
            vote[name] = _whole(name, value)
        else:
            vote[name] = _text(name, value)
    if vote.get("outcome", "CLASS") not in _OUTCOMES:
        raise _Fault("OUT_OF_RANGE", f"outcome {vote['outcome']!r} is not one of {', '.join(_OUTCOMES)}")
    return vote


def _item(row: Mapping[str, Any]) -> Dict[str, Json]:
    payload = row.get("payload")
    return {"item": _required(row, "item"), **({} if payload is None or _is_none(payload) else {"payload": payload})}


def _gold(row: Mapping[str, Any]) -> Dict[str, Json]:
    answer = {"item": _required(row, "item"), "class": _required(row, "class")}
    return answer if _is_none(row.get("reason")) else {**answer, "reason": _text("reason", row["reason"])}


def _prediction(classes: Sequence[str]) -> Callable[[Mapping[str, Any]], Dict[str, Json]]:
    """Probabilities as a list in the order of the classes, as a dict by class, or in columns p_<class>."""

    def read(row: Mapping[str, Any]) -> Dict[str, Json]:
        item, given = _required(row, "item"), row.get("probabilities")
        try:
            if given is None:
                numbers = [row[f"p_{name}"] for name in classes]
            elif isinstance(given, Mapping):
                unknown = [name for name in given if name not in classes]
                if unknown:
                    raise _Fault("UNKNOWN_CLASS", f"class {unknown[0]!r} is not among {', '.join(map(repr, classes))}")
                numbers = [given[name] for name in classes]
            else:
                numbers = list(given)
            numbers = [float(_plain(number)) for number in numbers]
            if not all(map(math.isfinite, numbers)):
                raise ValueError
            return {"item": item, "probabilities": numbers}
        except KeyError as missing:
            raise _Fault("WRONG_LENGTH", f"there is no probability of {missing}") from None
        except (TypeError, ValueError):
            raise _Fault("NOT_A_PROBABILITY", f"the probabilities of item {item!r} are not all numbers") from None

    return read


@dataclass
class _Batch:
    """Rows of one call, also as JSON, and each one's place among the caller's rows and the row itself."""

    texts: List[str] = field(default_factory=list)
    sent: List[Dict[str, Json]] = field(default_factory=list)
    places: List[Tuple[int, Row]] = field(default_factory=list)
    is_last: bool = False


def _batches(rows: Iterator[Row], columns: _Columns, read: Callable[[Mapping[str, Any]], Optional[Dict[str, Json]]], result: Result) -> Iterator[_Batch]:
    """Batches that the same rows make again in the same way, so that idempotency keys fit. Rows that cannot be sent are noted in the result."""
    batch, size = _Batch(), 0
    for index, row in enumerate(rows):
        result.rows += 1
        try:
            sent = read(columns.of(row))
            text = "" if sent is None else json.dumps(sent, allow_nan=False, separators=(",", ":"))
        except _Fault as fault:
            result._reject(Rejected(fault.code, str(fault), index=index, row=row))
            continue
        except (TypeError, ValueError, RecursionError) as error:
            result._reject(Rejected("MALFORMED", f"the row cannot be written as JSON: {error}", index=index, row=row))
            continue
        if sent is None:
            result.unanswered += 1
            continue
        # The next row is there before a batch goes out: so that the last one is known as such.
        if batch.texts and (len(batch.texts) == ROWS_PER_CALL or size + len(text) > BYTES_PER_CALL):
            yield batch
            batch, size = _Batch(), 0
        batch.texts.append(text)
        batch.sent.append(sent)
        batch.places.append((index, row))
        size += len(text) + 1
    result.unread_columns = columns.unread
    if batch.texts:
        batch.is_last = True
        yield batch


@contextlib.contextmanager
def _telling(result: Result, key: str) -> Iterator[None]:
    """An error of one of several calls tells what became of the rows before, and under which key all may be sent again."""
    try:
        yield
    except AssayError as error:
        error.result = result
        if isinstance(error, Unavailable):
            error.idempotency_key = key
        raise


def _raise_or_give(result: Result, on_rejected: str) -> Result:
    result.rejected.sort(key=lambda one: (one.index if one.index is not None else one.line or 0))
    if on_rejected == "raise" and result.rejected_count > 0:
        raise RowsRejected(result)
    return result


def _check_on_rejected(on_rejected: str) -> None:
    if on_rejected not in ("raise", "collect"):
        raise ValueError(f"on_rejected is {on_rejected!r}; it is 'raise' or 'collect'")


# ---------------------------------------------------------------------------------------------------- a project

_PROJECT = "id name classes createdAt archivedAt"
_RUN = "id status method methodVersion options seed watermark phase iteration iterationDone logLikelihood failure createdAt startedAt finishedAt voteCount itemCount annotatorCount makeCurrent"
_ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


class Project:
    """A project of the service. ``data`` has what was asked about it when the handle was made."""

    def __init__(self, assay: Assay, data: Dict[str, Json], warnings: Sequence[str] = ()) -> None:
        self.assay = assay
        self.data = data
        #: Of createProject: classes that are easily taken for each other.
        self.warnings: List[str] = list(warnings)

    @property
    def id(self) -> str:
        return cast(str, self.data["id"])

    @property
    def name(self) -> str:
        return cast(str, self.data["name"])

    @property
    def classes(self) -> List[str]:
        return cast(List[str], self.data["classes"])

    def __repr__(self) -> str:
        return f"Project({self.name!r}, id={self.id!r})"

    def _target(self, rest: str) -> str:
        return f"/projects/{urllib.parse.quote(self.id, safe='')}/{rest}"

    # -- votes

    def submit_votes(self, rows: Rows, *, map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None) -> Result:
        """Votes of an iterable or a DataFrame, in calls of up to 10,000, each under an idempotency key of its own: a call that is sent again counts nothing twice.

        Rows are dicts or dataclasses with ``item``, ``annotator`` and ``class`` (or ``label``), or ``outcome`` (SKIP, UNSURE, CANNOT_LABEL), and if need be ``voteId``, ``time``,
        ``durationMs``, ``comment``, ``guidelineVersion``; or tuples in this order. ``map={"item": "task_id"}`` tells other names. None, NaN and "" are no value.
        Rejected rows do not keep others from being stored: they are in ``result.rejected`` with their index; ``on_rejected="raise"`` then raises RowsRejected at the end.
        With an ``idempotency_key`` of the caller's the same rows may be sent again within a day, also by another process.
        """
        _check_on_rejected(on_rejected)
        result, prefix = Result(), idempotency_key or _new_key()
        document = "mutation ($input: SubmitVotesInput!) { submitVotes(input: $input) { replayed warnings counts { created superseded duplicate } results(only: [REJECTED]) { index code message } } }"
        for number, batch in enumerate(_batches(_given_rows(rows), _Columns(_VOTE_FIELDS, map), _vote, result)):
            with _telling(result, prefix):
                answer = self.assay.query(document, {"input": {"projectId": self.id, "votes": batch.sent}}, idempotency_key=f"{prefix}.{number}")["submitVotes"]
            for name, count in answer["counts"].items():
                setattr(result, name, getattr(result, name) + count)
            for one in answer["results"]:
                index, row = batch.places[one["index"]]
                result._reject(Rejected(one["code"], one["message"], index=index, row=row))
            result.warnings.extend(warning for warning in answer["warnings"] if warning not in result.warnings)
            result.replayed += answer["replayed"]
        return _raise_or_give(result, on_rejected)

    def withdraw_votes(self, votes: Sequence[Mapping[str, str]], *, idempotency_key: Optional[str] = None) -> List[Dict[str, Json]]:
        """Up to 10,000, each by ``{"voteId": ...}`` or ``{"item": ..., "annotator": ...}``; gives status, code and message of each."""
        answer = self.assay.query("mutation ($input: WithdrawVotesInput!) { withdrawVotes(input: $input) { results { index status code message } } }",
                                  {"input": {"projectId": self.id, "votes": [dict(vote) for vote in votes]}}, idempotency_key=idempotency_key)
        return cast(List[Dict[str, Json]], answer["withdrawVotes"]["results"])

    # -- files

    def upload_votes(self, file: FileLike, *, format: Optional[str] = None, map: Optional[Mapping[str, str]] = None, wide: bool = False, from_: Optional[str] = None,
                     options: Optional[Mapping[str, Any]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None, answer_timeout: float = 3600.0) -> Result:
        """A file of votes, by path, as bytes or opened with 'rb': CSV, NDJSON (both plain or gzip) or Parquet, never held in memory as a whole.

        ``format`` is told by the file's first bytes where it is left out. ``wide``: a row an item and a column an annotator. ``from_``: a file of another platform, with
        ``options`` as docs/importing.md has them (``{"question": "sentiment", "dryRun": True}``).
        A connection that breaks is made anew and the upload goes on behind the rows that are stored; after Unavailable the same call with its ``idempotency_key`` does so, too.
        ``answer_timeout``: seconds to wait for the answer once all is sent.
        """
        parameters = {**(options or {}), "from": from_} if from_ is not None else dict(options or {})
        return self._upload("votes", file, format=format, map=map, parameters={**parameters, "wide": wide or None}, is_foreign=from_ is not None,
                            on_rejected=on_rejected, idempotency_key=idempotency_key, answer_timeout=answer_timeout)

    def upload_items(self, file: FileLike, *, format: Optional[str] = None, map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None, answer_timeout: float = 3600.0) -> Result:
        """Columns ``item`` and ``payload`` (in CSV a cell of JSON). Otherwise as ``upload_votes``."""
        return self._upload("items", file, format=format, map=map, parameters={}, on_rejected=on_rejected, idempotency_key=idempotency_key, answer_timeout=answer_timeout)

    def upload_gold(self, file: FileLike, *, format: Optional[str] = None, map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None, answer_timeout: float = 3600.0) -> Result:
        """Columns ``item``, ``class`` and ``reason``; needs project:admin. Otherwise as ``upload_votes``."""
        return self._upload("gold", file, format=format, map=map, parameters={}, on_rejected=on_rejected, idempotency_key=idempotency_key, answer_timeout=answer_timeout)

    def upload_predictions(self, file: FileLike, *, model: str, version: str, out_of_sample: Optional[bool] = None, training_watermark: Optional[Union[int, str]] = None, complete: bool = True,
                           format: Optional[str] = None, map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None, answer_timeout: float = 3600.0) -> Result:
        """Columns ``item`` and ``p_<class>`` for each class, or ``probabilities``. Otherwise as ``upload_votes``."""
        return self._upload("predictions", file, format=format, map=map, parameters=_version(model, version, out_of_sample, training_watermark, complete),
                            on_rejected=on_rejected, idempotency_key=idempotency_key, answer_timeout=answer_timeout)

    def _upload(self, table: str, file: FileLike, *, format: Optional[str], map: Optional[Mapping[str, str]], parameters: Mapping[str, Any], on_rejected: str,
                idempotency_key: Optional[str], answer_timeout: float, is_foreign: bool = False) -> Result:
        _check_on_rejected(on_rejected)
        if is_foreign and (format or map or parameters.get("wide")):
            raise ValueError("format, map and wide are for files without from_, which knows the columns of a platform")
        body, key = _FileBody(file), idempotency_key or _new_key()
        told = {} if is_foreign else {"format": format or body.format, "map": ",".join(f"{ours}={theirs}" for ours, theirs in map.items()) if map else None}
        answer = self.assay._request("POST", self._target(table + _parameters({**told, **parameters})), body=body, may_repeat=True, key=key, answer_timeout=answer_timeout,
                                     headers={"Content-Type": _CONTENT_TYPES.get(str(told.get("format")), "application/octet-stream")})
        return _raise_or_give(_foreign_result(answer) if is_foreign else _upload_result(answer), on_rejected)

    # -- items, gold and predictions by rows

    def add_items(self, rows: Rows, *, map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None) -> Result:
        """``item`` and ``payload``, any JSON up to 64 KiB. Items that are there stay as they are (``unchanged``). Rows as in ``submit_votes``."""
        return self._send_rows("items", rows, _Columns(_ITEM_FIELDS, map), _item, lambda _: {}, on_rejected, idempotency_key)

    def set_gold(self, rows: Rows, *, map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None) -> Result:
        """``item``, ``class`` and ``reason``; needs project:admin. Rows as in ``submit_votes``."""
        return self._send_rows("gold", rows, _Columns(_GOLD_FIELDS, map), _gold, lambda _: {}, on_rejected, idempotency_key)

    def remove_gold(self, items: Sequence[str], *, idempotency_key: Optional[str] = None) -> List[Dict[str, Json]]:
        """Up to 10,000; gives status, code and message of each."""
        answer = self.assay.query("mutation ($input: RemoveGoldInput!) { removeGold(input: $input) { results { index status code message } } }",
                                  {"input": {"projectId": self.id, "rows": list(items)}}, idempotency_key=idempotency_key)
        return cast(List[Dict[str, Json]], answer["removeGold"]["results"])

    def submit_predictions(self, rows: Rows, *, model: str, version: str, out_of_sample: Optional[bool] = None, training_watermark: Optional[Union[int, str]] = None, complete: bool = True,
                           map: Optional[Mapping[str, str]] = None, on_rejected: str = "raise", idempotency_key: Optional[str] = None) -> Result:
        """``item`` and ``probabilities``: a list in the order of the project's classes, or a dict by class; or columns ``p_<class>``. The version is complete with the last of the rows."""
        columns = _Columns(_PREDICTION_FIELDS, map, also=[f"p_{name}" for name in self.classes])
        return self._send_rows("predictions", rows, columns, _prediction(self.classes),
                               lambda is_last: _version(model, version, out_of_sample, training_watermark, complete and is_last), on_rejected, idempotency_key)

    def _send_rows(self, table: str, rows: Rows, columns: _Columns, read: Callable[[Mapping[str, Any]], Optional[Dict[str, Json]]], parameters: Callable[[bool], Dict[str, Any]],
                   on_rejected: str, idempotency_key: Optional[str]) -> Result:
        """By the route of files, which takes numbers as they are written, in calls of up to 10,000 rows, a line each."""
        _check_on_rejected(on_rejected)
        result, prefix = Result(), idempotency_key or _new_key()
        for number, batch in enumerate(_batches(_given_rows(rows), columns, read, result)):
            with _telling(result, prefix):
                answer = self.assay._request("POST", self._target(table + _parameters({"format": "ndjson", **parameters(batch.is_last)})), headers={"Content-Type": _CONTENT_TYPES["ndjson"]},
                                             body="".join(f"{text}\n" for text in batch.texts).encode(), may_repeat=True, key=f"{prefix}.{number}")
            told = _upload_result(answer)
            for name in ("created", "updated", "unchanged"):
                setattr(result, name, getattr(result, name) + getattr(told, name))
            result.replayed += told.replayed
            result.warnings.extend(warning for warning in told.warnings if warning not in result.warnings)
            for one in told.rejected:
                index, row = batch.places[cast(int, one.line) - 1]
                result._reject(Rejected(one.code, one.message, index=index, row=row))
        return _raise_or_give(result, on_rejected)

    # -- runs

    def start_run(self, method: Optional[str] = None, options: Optional[Mapping[str, Json]] = None, *, seed: int = 0, watermark: Optional[str] = None, make_current: bool = True,
                  idempotency_key: Optional[str] = None, **more: Json) -> Run:
        """By the project's default method where none is named. ``more``: further fields of StartRunInput, such as ``methodVersion`` and ``predictions``."""
        given = {"method": method, "options": dict(options) if options is not None else None, "watermark": watermark, **more}
        started = self.assay.query("mutation ($input: StartRunInput!) { startRun(input: $input) { run { %s } } }" % _RUN,
                                   {"input": {"projectId": self.id, "seed": seed, "makeCurrent": make_current, **{name: value for name, value in given.items() if value is not None}}}, idempotency_key=idempotency_key)
        return Run(self.assay, started["startRun"]["run"])

    def run(self, id: str) -> Run:
        return Run(self.assay, self.assay.query("query ($id: ID!) { run(id: $id) { %s } }" % _RUN, {"id": id})["run"])

    @property
    def current_run(self) -> Optional[Run]:
        """The run whose results the project shows, asked anew each time; None before the first has succeeded."""
        data = self.assay.query("query ($id: ID!) { project(id: $id) { currentRun { %s } } }" % _RUN, {"id": self.id})["project"]["currentRun"]
        return None if data is None else Run(self.assay, data)

    # -- results, page by page

    def soft_labels(self, *, run: Optional[str] = None, order_by: Union[None, str, Mapping[str, str]] = None, filter: Optional[Mapping[str, Json]] = None, page_size: int = 500) -> Iterator[SoftLabel]:
        """Soft labels of a run, the current one where none is named. ``order_by``: ``"ENTROPY DESC"`` or as SoftLabelOrder; ``filter``: as SoftLabelFilter, ``{"confidence": {"max": 0.8}}``.

        For all of a large project ``rows("soft-labels")`` is faster.
        """
        if isinstance(order_by, str):
            words = order_by.split()
            order_by = {"field": words[0].upper(), "direction": words[1].upper() if len(words) > 1 else "ASC"} if 1 <= len(words) <= 2 else {"field": order_by}
        arguments = {"run": ("ID", run), "orderBy": ("SoftLabelOrder", dict(order_by) if order_by else None), "filter": ("SoftLabelFilter", dict(filter) if filter else None)}
        return (_soft_label(node) for node in self._nodes("softLabels", _SOFT_LABEL, page_size, arguments))

    def live_soft_labels(self, *, page_size: int = 500) -> Iterator[SoftLabel]:
        """As they are now: the labels of items whose votes or gold answers changed after the current run read them."""
        return (_soft_label(node) for node in self._nodes("liveSoftLabels", _SOFT_LABEL, page_size))

    def annotators(self, *, status: Optional[str] = None, page_size: int = 500) -> Iterator[AnnotatorRow]:
        nodes = self._nodes("annotators", "externalId kind status votes quality accuracy { value low high }", page_size, {"status": ("AnnotatorStatus", status)})
        return (cast(AnnotatorRow, _named(node, "annotator")) for node in nodes)

    def items(self, *, page_size: int = 500) -> Iterator[ItemRow]:
        return (cast(ItemRow, _named(node, "item")) for node in self._nodes("items", "externalId payload state flagged voteCount", page_size))

    def votes(self, *, page_size: int = 500) -> Iterator[VoteRow]:
        """The whole log in the order of writing, ended votes included: ``state`` tells which stand. ``rows("votes")`` gives those that do, and faster."""
        fields = "item { externalId } annotator { externalId } class outcome voteId time durationMs comment guidelineVersion receivedAt state"
        return (cast(VoteRow, {**node, "item": node["item"]["externalId"], "annotator": node["annotator"]["externalId"]}) for node in self._nodes("votes", fields, page_size))

    def _nodes(self, connection: str, fields: str, page_size: int, arguments: Optional[Mapping[str, Tuple[str, Json]]] = None) -> Iterator[Dict[str, Json]]:
        given = {name: told for name, told in (arguments or {}).items() if told[1] is not None}
        declared = "".join(f", ${name}: {type_}" for name, (type_, _) in given.items())
        passed = "".join(f", {name}: ${name}" for name in given)
        document = (f"query ($id: ID!, $first: Int!, $after: String{declared}) {{ project(id: $id) {{ {connection}(first: $first, after: $after{passed}) "
                    f"{{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }} }}")
        return self.assay._pages(document, {"id": self.id, **{name: value for name, (_, value) in given.items()}}, lambda data: data["project"][connection], page_size)

    # -- results as files

    def download(self, table: str, path: Union[str, "os.PathLike[str]"], *, format: str = "csv", run: Optional[str] = None, watermark: Optional[Union[int, str]] = None,
                 history: bool = False, model: Optional[str] = None, version: Optional[str] = None) -> Download:
        """A table of docs/api.md (``soft-labels``, ``annotators``, ``votes``, ...) into a file, which is under its name once it is whole, and not before.

        A transfer that breaks off goes on where it stopped, as long as the file is the same; else it begins anew.
        """
        target = os.fspath(path)
        part = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{uuid.uuid4().hex[:12]}.part")
        stream = _Stream(self, table, format, run=run, watermark=watermark, history=history or None, model=model, version=version)
        try:
            with open(part, "xb") as opened:
                for piece in stream.pieces():
                    if piece is None:
                        opened.seek(0)
                        opened.truncate()
                    else:
                        opened.write(piece)
                opened.flush()
                os.fsync(opened.fileno())
                size = opened.tell()
            os.replace(part, target)
        except BaseException:
            if os.path.exists(part):
                os.unlink(part)
            raise
        return Download(target, size, stream.run, stream.watermark)

    def rows(self, table: str, *, run: Optional[str] = None, watermark: Optional[Union[int, str]] = None, history: bool = False, model: Optional[str] = None, version: Optional[str] = None) -> Iterator[Dict[str, Json]]:
        """The rows of a table, as they come. A transfer that breaks off goes on where it stopped; where that cannot be, Unavailable is raised rather than rows told twice."""
        stream = _Stream(self, table, "ndjson", run=run, watermark=watermark, history=history or None, model=model, version=version)
        rest, has_given = b"", False
        for piece in stream.pieces():
            if piece is None:
                if has_given:
                    raise Unavailable(f"the transfer of {table} broke off and cannot go on, since they are shown as they are when they are read; ask anew", attempts=1)
                rest = b""
                continue
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                if line:
                    has_given = True
                    yield json.loads(line)
        if rest.strip():
            yield json.loads(rest)

    # -- labelling

    def next_items(self, annotator: str, *, count: int = 1, lease_seconds: Optional[int] = None, policy: Optional[str] = None) -> NextItems:
        """Items that this annotator should label next, leased to them. Sent once: asked twice, more would be leased."""
        given = {"leaseSeconds": lease_seconds, "policy": policy}
        answer = self.assay.query(
            "mutation ($input: NextItemsInput!) { nextItems(input: $input) { leases { id item payload leasedAt expiresAt strategy score kind votes } empty { reason message retryAfterSeconds } } }",
            {"input": {"projectId": self.id, "annotator": annotator, "count": count, **{name: value for name, value in given.items() if value is not None}}})["nextItems"]
        leases, empty = NextItems(answer["leases"]), answer["empty"]
        if empty is not None:
            leases.reason, leases.message, leases.retry_after = empty["reason"], empty["message"], empty["retryAfterSeconds"]
        return leases

    def heartbeat(self, annotator: str, leases: Iterable[Union[str, Lease]], *, lease_seconds: Optional[int] = None) -> List[Dict[str, Json]]:
        """Keeps leases alive; gives each one's status, expiresAt, code and message. Said twice it does no harm, so that it is sent again."""
        return self._leases("heartbeat", "HeartbeatInput", annotator, leases, {"leaseSeconds": lease_seconds} if lease_seconds is not None else {}, may_repeat=True)

    def release(self, annotator: str, leases: Iterable[Union[str, Lease]]) -> List[Dict[str, Json]]:
        """Gives items back."""
        return self._leases("releaseItems", "LeasesInput", annotator, leases, {}, may_repeat=False)

    def skip(self, annotator: str, leases: Iterable[Union[str, Lease]]) -> List[Dict[str, Json]]:
        """Gives items back with a SKIP of the annotator, to whom they are not given again."""
        return self._leases("skipItems", "LeasesInput", annotator, leases, {}, may_repeat=False)

    def _leases(self, field_name: str, input_type: str, annotator: str, leases: Iterable[Union[str, Lease]], more: Dict[str, Json], *, may_repeat: bool) -> List[Dict[str, Json]]:
        ids = [lease if isinstance(lease, str) else lease["id"] for lease in leases]
        if not ids:
            return []
        data = self.assay._graphql("mutation ($input: %s!) { %s(input: $input) { results { index status expiresAt code message } } }" % (input_type, field_name),
                                   {"input": {"projectId": self.id, "annotator": annotator, "leases": ids, **more}}, may_repeat=may_repeat)
        return cast(List[Dict[str, Json]], data[field_name]["results"])


_SOFT_LABEL = "item { externalId } consensus confidence entropy votes tie live classes probabilities"


def _soft_label(node: Dict[str, Json]) -> SoftLabel:
    classes = node.pop("classes")
    return cast(SoftLabel, {**node, "item": node["item"]["externalId"], "probabilities": dict(zip(classes, node["probabilities"]))})


def _named(node: Dict[str, Json], name: str) -> Dict[str, Json]:
    """The node with the caller's own id under the word that rows have for it."""
    external = node.pop("externalId")
    return {name: external, **node}


def _version(model: str, version: str, out_of_sample: Optional[bool], training_watermark: Optional[Union[int, str]], complete: bool) -> Dict[str, Any]:
    return {"model": model, "version": version, "outOfSample": out_of_sample, "trainingWatermark": training_watermark, "complete": complete}


class _FileBody(_Body):
    """A file whose format its first bytes tell."""

    def __init__(self, source: FileLike) -> None:
        super().__init__(source)
        if self.is_repeatable:
            pieces = self.pieces()
            head = next(pieces, b"")
            cast(Any, pieces).close()
        else:
            head = cast(IO[bytes], source).read(_CHUNK)
            if isinstance(head, str):
                raise TypeError("the file is opened as text; open it with 'rb'")
        self._head = b"" if self.is_repeatable else head
        self.format = _format_of(head)

    def pieces(self) -> Iterator[bytes]:
        if getattr(self, "_head", b""):
            yield self._head
        yield from super().pieces()


def _upload_result(answer: Dict[str, Json]) -> Result:
    counts = {name: int(answer.get(name, 0)) for name in ("rows", "created", "superseded", "duplicate", "updated", "unchanged", "unanswered")}
    return Result(**counts, rejected_count=int(answer.get("rejected", 0)), rejected=[Rejected(one["code"], one["message"], line=one["line"]) for one in answer.get("rejects", [])],
                  warnings=[f"line {one['line']}: {one['message']}" for one in answer.get("warnings", [])], unread_columns=list(answer.get("unreadColumns", [])),
                  replayed=int(bool(answer.get("replayed"))), answer=answer)


def _foreign_result(answer: Dict[str, Json]) -> Result:
    """Of a file of another platform, what became of its votes; ``answer`` has its items, gold, predictions and what was passed over."""
    votes, rejected = answer["votes"], [Rejected(one["code"], one["message"], at=f"{one['file']}, {one['at']}") for one in answer["refusals"]]
    refused = sum(answer["refused"].values())
    return Result(rows=votes["found"] + refused, created=votes["created"], superseded=votes["superseded"], duplicate=votes["duplicate"],
                  rejected_count=refused, rejected=rejected, warnings=list(answer["notes"]), answer=answer)


class _Stream:
    """A download that goes on where it broke off, as far as the service can: under the etag, run and watermark of its first answer."""

    def __init__(self, project: Project, table: str, format: str, **choices: Any) -> None:
        if not re.fullmatch(r"[a-z-]+", table) or not re.fullmatch(r"[a-z]+", format):
            raise ValueError(f"there is no table {table!r} as {format!r}; tables are soft-labels, annotators, votes and others of docs/api.md, formats csv and ndjson")
        self._project, self._file, self._choices = project, f"{table}.{format}", choices
        self._etag: Optional[str] = None
        self._taken = self._begun = 0
        self.run: Optional[str] = None
        self.watermark: Optional[str] = None

    def pieces(self) -> Iterator[Optional[bytes]]:
        """Bytes of the file; None says that it begins anew, and what came is to be forgotten."""
        assay = self._project.assay
        attempt = _Attempts(assay, True, None)
        while True:
            answer: Optional[_Answer] = None
            try:
                answer = assay._wire.ask("GET", self._target(), self._headers(), None, is_fresh=False, answer_timeout=None)
                if answer.status != 200:
                    text = answer.read()
                    if answer.status == 409 and self._taken > 0:
                        # Another file by now: what was read of the first is no beginning of it.
                        self._forget()
                        yield None
                        attempt.broken(_Broken(AssayError("the file has changed meanwhile"), False))
                    else:
                        attempt.refused(answer, text)
                    continue
                if self._taken == 0:
                    self._etag, self.run, self.watermark = answer.header("ETag"), answer.header("X-Assay-Run"), answer.header("X-Assay-Watermark")
                for piece in answer.pieces():
                    self._taken += len(piece)
                    yield piece
                    if self._etag is not None:
                        attempt.progressed()
                return
            except _Broken as broken:
                if self._etag is None and self._taken > 0:
                    self._forget()
                    yield None
                attempt.broken(broken)
            finally:
                if answer is not None:
                    answer.close()

    def _target(self) -> str:
        choices = dict(self._choices)
        if self._taken > 0:
            pinned = {"run": self.run, "watermark": self.watermark, "skipBytes": self._taken}
            choices.update({name: value for name, value in pinned.items() if value is not None})
        return self._project._target(self._file + _parameters(choices))

    def _headers(self) -> Dict[str, str]:
        return {"If-Match": cast(str, self._etag)} if self._taken > 0 else {}

    def _forget(self) -> None:
        self._taken, self._etag = 0, None
        self._begun += 1
        if self._begun > self._project.assay.retries + 1:
            raise Unavailable(f"{self._file} broke off {self._begun} times and was another one each time", attempts=self._begun)


# ---------------------------------------------------------------------------------------------------- a run


class Run:
    """One execution of a method. ``data`` is what the service last told: status, phase, iteration, failure and so on."""

    def __init__(self, assay: Assay, data: Dict[str, Json]) -> None:
        self.assay = assay
        self.data = data

    @property
    def id(self) -> str:
        return cast(str, self.data["id"])

    @property
    def status(self) -> str:
        return cast(str, self.data["status"])

    @property
    def method(self) -> str:
        return cast(str, self.data["method"])

    def __repr__(self) -> str:
        return f"Run({self.id!r}, method={self.method!r}, status={self.status!r})"

    def refresh(self) -> Run:
        self.data = self.assay.query("query ($id: ID!) { run(id: $id) { %s } }" % _RUN, {"id": self.id})["run"]
        return self

    def wait(self, timeout: Optional[float] = None, *, poll: float = 0.2, progress: Optional[Callable[[Run], None]] = None) -> Run:
        """Until the run has succeeded: asks every ``poll`` seconds, and ever less often up to every 5 s. ``progress`` is called whenever something is new.

        Raises RunFailed where it failed or was cancelled, and WaitTimeout after ``timeout`` seconds; the run goes on then.
        """
        until = None if timeout is None else time.monotonic() + timeout
        told: Optional[Dict[str, Json]] = None
        while True:
            self.refresh()
            if progress is not None and self.data != told:
                told = dict(self.data)
                progress(self)
            if self.status == "SUCCEEDED":
                return self
            if self.status in _ENDED:
                raise RunFailed(self)
            left = poll if until is None else until - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"run {self.id} is {self.status} after {timeout} s, and goes on")
            _sleep(min(poll, left))
            poll = min(5.0, max(poll, 0.01) * 1.5)

    def cancel(self) -> Run:
        self.data = self.assay.query("mutation ($input: CancelRunInput!) { cancelRun(input: $input) { run { %s } } }" % _RUN, {"input": {"id": self.id}})["cancelRun"]["run"]
        return self

    def make_current(self) -> Run:
        """Has the project show this run's results."""
        self.data = self.assay.query("mutation ($input: SetCurrentRunInput!) { setCurrentRun(input: $input) { run { %s } } }" % _RUN, {"input": {"id": self.id}})["setCurrentRun"]["run"]
        return self
