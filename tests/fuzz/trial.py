"""An input of the program, what came of it, and the promise that every input is held to."""

from __future__ import annotations

import os
import re
import resource
import signal
import time
import traceback
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from tests.running import run

LONGEST_MESSAGE = 2000  # characters
MOST_SECONDS = 2.0  # of CPU
MOST_MEGABYTES = 500.0
STUCK = 20.0  # seconds of CPU after which an input is given up

_COLORS = re.compile(r"\x1b\[[\d;]*m")
_MARKS_OF_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_PEAK = Path("/proc/self/clear_refs")


class StuckError(BaseException):
    """An input has taken so much CPU that it is given up; nothing in the program catches this."""


@dataclass(frozen=True)
class Outcome:
    """The end of one run: its status and streams, Python's warnings, CPU seconds and memory."""

    status: int
    stdout: bytes
    stderr: str
    warned: tuple[str, ...] = ()
    raised: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


Judge = Callable[[Outcome], str]


def _content(_: Outcome) -> str:
    return ""


@dataclass(frozen=True)
class Trial:
    """One input: arguments, standard input and files beside it.

    `judge` knows the truth about this input: it returns the fault of an outcome that keeps the
    promise and is wrong nevertheless, or an empty text. An input with a judge is not shrunk.
    """

    arguments: tuple[str, ...]
    stdin: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    judge: Judge = _content


@dataclass(frozen=True)
class Failure:
    """A broken promise: its kind, the same for all inputs that fail alike, and the details."""

    kind: str
    details: str = ""


def attempt(trial: Trial) -> Outcome:
    """Run the program on an input, in this process and in the current folder."""
    for name, content in trial.files.items():
        Path(name).write_bytes(content)
    if _PEAK.exists():
        _PEAK.write_text("5")  # the peak of the memory starts anew
    before = _megabytes()
    start = time.process_time()
    try:
        with warnings.catch_warnings(record=True) as caught, _given_up_after(STUCK):
            warnings.simplefilter("always")
            result = run(*trial.arguments, stdin=trial.stdin)
    except StuckError:
        return Outcome(-1, b"", "", raised="stuck", seconds=time.process_time() - start)
    finally:
        for name in trial.files:
            Path(name).unlink(missing_ok=True)
    escaped = result.exception if not isinstance(result.exception, SystemExit) else None
    return Outcome(
        result.exit_code,
        result.stdout_bytes,
        result.stderr,
        tuple(f"{w.category.__name__} at {_place(w.filename, w.lineno)}" for w in caught),
        _raised(escaped) if escaped else "",
        time.process_time() - start,
        _megabytes() - before,
    )


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    def give_up(_: int, __: FrameType | None) -> None:
        raise StuckError

    signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _place(file: str, line: int | None) -> str:
    return f"{'/'.join(Path(file).parts[-2:])}:{line}"


def _raised(error: BaseException) -> str:
    """Return the type of an error, and the deepest place in attncli where it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if f"{os.sep}attncli{os.sep}" in frame.filename]
    last = (ours or frames)[-1] if frames else None
    return type(error).__name__ + (f" at {_place(last.filename, last.lineno)}" if last else "")


def _deepest(outcome: Outcome) -> str:
    """Return the error of a run with --debug, and the deepest place in attncli in its traceback."""
    frames = re.findall(r'File "(.*/attncli/.*)", line (\d+)', outcome.stderr)
    error = re.findall(r"^([\w.]+Error)\b", outcome.stderr, re.MULTILINE)
    place = f" at {_place(frames[-1][0], int(frames[-1][1]))}" if frames else ""
    return outcome.raised or f"{error[-1] if error else 'unknown'}{place}"


def failures(trial: Trial, outcome: Outcome) -> list[Failure]:
    """Return a failure for each part of the promise that an outcome breaks."""
    if outcome.raised == "stuck":
        return [Failure("more than 2 s of CPU", f"given up after {outcome.seconds:.0f} s")]
    found = [*_of_status(trial, outcome), *_of_text(trial, outcome)]
    found += [Failure(f"Python's {warning}") for warning in dict.fromkeys(outcome.warned)]
    if outcome.seconds > MOST_SECONDS:
        found.append(Failure("more than 2 s of CPU", f"{outcome.seconds:.1f} s"))
    if outcome.megabytes > MOST_MEGABYTES:
        found.append(Failure("more than 500 MB", f"{outcome.megabytes:.0f} MB"))
    wrong = trial.judge(outcome)
    return [*found, Failure(*wrong.split("\n", 1))] if wrong else found


def _of_status(trial: Trial, outcome: Outcome) -> Iterator[Failure]:
    if outcome.raised:
        yield Failure(f"raised {outcome.raised}")
    elif outcome.status not in (0, 1, 2):
        yield Failure(f"status {outcome.status}")
    if outcome.status == 2 and outcome.stdout:
        yield Failure("output beside status 2", outcome.stdout[:200].decode(errors="replace"))
    errors = re.findall(r"^Error: ", outcome.stderr, re.MULTILINE)
    if len(errors) != (outcome.status == 2):
        yield Failure(f"{len(errors)} errors with status {outcome.status}", outcome.stderr[:300])
    if "has a fault" in outcome.stderr:
        bare = replace(trial, arguments=(*trial.arguments, "--debug"), judge=_content)
        yield Failure(f"fault: {_deepest(attempt(bare))}", outcome.stderr[:300])
    if "not enough memory" in outcome.stderr and "--memory" not in trial.arguments:
        yield Failure("memory ran out", outcome.stderr[:300])


def _of_text(trial: Trial, outcome: Outcome) -> Iterator[Failure]:
    messages = re.split(r"^(?=Error|Warning|Note)", outcome.stderr, flags=re.MULTILINE)
    longest = max(map(len, messages))
    if longest > LONGEST_MESSAGE:
        shown = re.sub(r"['\"].*", "…", outcome.stderr[:120].split("\n")[0])
        yield Failure("message over 2,000 characters", f"{longest} characters: {shown}")
    if re.search(r"^Traceback|\w+Warning: ", outcome.stderr, re.MULTILINE):
        yield Failure("a traceback or warning of Python", outcome.stderr[:300])
    is_binary = outcome.stdout.startswith((b"PK\x03\x04", b"%PDF-"))
    text = "" if is_binary else outcome.stdout.decode(errors="replace")
    if "--color" in trial.arguments:
        text = _COLORS.sub("", text)
    for stream, shown in (("stdout", text), ("stderr", outcome.stderr)):
        if raw := _raw(shown):
            yield Failure(f"a raw control character on {stream}", ascii(raw))
    is_nan = trial.arguments[0] == "compute" and re.search(r"(?<!\w)nan(?!\w)", text)
    if is_nan and "Warning: " not in outcome.stderr and b"nan" not in _given(trial).lower():
        yield Failure("NaN without a warning")


def _raw(text: str) -> str:
    """Return the first character that controls a terminal, or nothing."""
    if text.isprintable():
        return ""
    rest = re.sub(r"[\n\t]", "", text)
    marks = _MARKS_OF_DIRECTION.search(rest)
    controls = (c for c in rest if not c.isprintable() and unicodedata.category(c) == "Cc")
    return marks[0] if marks else next(controls, "")


def _given(trial: Trial) -> bytes:
    arguments = " ".join(trial.arguments).encode(errors="replace")
    return b" ".join([arguments, trial.stdin, *trial.files.values()])


MOST_ATTEMPTS = 60


def shrunk(trial: Trial, kind: str) -> Trial:
    """Return a smaller input that fails alike, found in a few dozen runs, or the same input."""
    if trial.judge is not _content or "CPU" in kind or "MB" in kind:
        return trial
    left = MOST_ATTEMPTS
    size = 0.5
    while left > 0 and size > 0.02:
        for smaller in _smaller(trial, size):
            left -= 1
            if any(f.kind == kind for f in failures(smaller, attempt(smaller))):
                trial = smaller
                break
            if left <= 0:
                break
        else:
            size /= 2
    return trial


def _smaller(trial: Trial, size: float) -> Iterator[Trial]:
    """Yield inputs without one argument, or without one part of this share of the content."""
    if size == 0.5:
        for i in range(1, len(trial.arguments)):
            yield replace(trial, arguments=trial.arguments[:i] + trial.arguments[i + 1 :])
    length = max(1, int(len(trial.stdin) * size))
    for i in range(0, len(trial.stdin) if len(trial.stdin) > 1 else 0, length):
        yield replace(trial, stdin=trial.stdin[:i] + trial.stdin[i + length :])
