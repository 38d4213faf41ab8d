"""Good manners between processes: pipes, signals, colour, and what belongs on which stream."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from tests.histories import records, stamp, write

from .conftest import LOST, Cli
from .running import COMMAND, FIXTURES, PATIENCE, ROOT, Ended, called, environment, racelens

ESCAPE = "\x1b"


# ── readers that leave ────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log whose JSON report is far larger than a pipe holds."""
    histories = [records(LOST, f"order:{n}") for n in range(400)]
    lines = [
        record | {"ts": stamp(100 * number + 10 * step), "request_id": f"{record['request_id']}{number}"}
        for number, history in enumerate(histories)
        for step, record in enumerate(history)
    ]  # fmt: skip
    write(tmp_path_factory.mktemp("crowded"), {"log.jsonl": lines})
    return tmp_path_factory.getbasetemp() / "crowded0" / "log.jsonl"


def _piped(command: str, reader: str) -> tuple[str, str, str]:
    """What `command | reader` leaves: the reader's output, the command's exit code, all of stderr."""
    script = f"set +o pipefail; {{ {command}; echo $? >&3; }} | {reader}"
    read, write_ = os.pipe()
    with os.fdopen(read) as codes:
        done = subprocess.run(
            ["bash", "-c", f"exec 3>&{write_}; {script}"],
            pass_fds=[write_],
            env=environment(),
            cwd=FIXTURES,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        os.close(write_)
        return done.stdout, codes.read().strip(), done.stderr


PYTHON = f"{sys.executable} -m racelens"


def test_head_ends_quietly_on_much_output(crowded: Path) -> None:
    out, code, err = _piped(f"{PYTHON} scan {crowded} -f json", "head -1")
    assert out == "{\n"
    assert err == ""
    assert code == "0"


@pytest.mark.parametrize("command", ["scan shop/api-2.jsonl", "inspect shop/api-2.jsonl"])
def test_reader_gone_before_the_first_byte(command: str) -> None:
    out, code, err = _piped(f"{{ sleep 0.1; {PYTHON} {command}; }}", "true")
    assert out == ""
    assert err == ""
    assert code == "0"


@pytest.mark.parametrize("command", ["explain RL101", "--help"])
def test_reader_of_help_gone(command: str) -> None:
    _, code, err = _piped(f"{{ sleep 0.1; {PYTHON} {command}; }}", "true")
    assert err == ""
    assert code == "0"


def test_a_full_disk_behind_standard_output() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "scan", "shop"],
            cwd=FIXTURES,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


# ── Ctrl-C ────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _reading(*args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A scan that has begun to read its standard input and waits for more."""
    running = subprocess.Popen(
        [*COMMAND, "scan", "-", *args],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdin
    # More than a pipe holds: once written, most of it has been read.
    log = (FIXTURES / "shop" / "api-2.jsonl").read_bytes()
    running.stdin.write(log * (1 + 200_000 // len(log)))
    running.stdin.flush()
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def test_interrupt_while_reading() -> None:
    with _reading() as running:
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert b"Traceback" not in err


def test_interrupt_prints_what_it_has() -> None:
    """Design, section 8: "Ctrl-C prints what it has, 130"."""
    with _reading() as running:
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=PATIENCE)
    assert out.decode().startswith("RACES FOUND")


def test_interrupt_before_anything_is_loaded(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def impatient(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("racelens.catalogue.select", impatient)
    ended = cli("scan", "x")
    assert ended.code == 130
    assert "Traceback" not in ended.err


# ── which stream ──────────────────────────────────────────────────────────────────────────────


def test_notices_go_to_standard_error() -> None:
    ended = called("scan", "shop", "-f", "json", cwd=FIXTURES)
    assert ended.out.startswith("{")
    assert ended.err.startswith("note: left out, no JSON lines: shop/README.md")


def test_no_progress_in_a_pipe() -> None:
    ended = called("scan", "shop/api-2.jsonl", cwd=FIXTURES)
    assert ended.err == ""
    assert "\r" not in ended.out


@pytest.mark.parametrize("format_", ["text", "json"])
def test_the_end_of_a_report_ends_its_line(format_: str, cli: Cli, lost: Path) -> None:
    out = cli("scan", lost, "-f", format_).out
    assert out.endswith("\n")
    assert not out.endswith("\n\n")


# ── colour and width ──────────────────────────────────────────────────────────────────────────


@cache
def _piped_away(command: str, **env: str) -> Ended:
    return racelens(*command.split(), env=env)


@pytest.mark.parametrize("command", ["scan shop", "inspect shop", "explain RL101"])
def test_no_colour_in_a_pipe(command: str) -> None:
    ended = _piped_away(command)
    assert ESCAPE not in ended.out + ended.err


def test_no_colour_beats_forced_colour() -> None:
    both = racelens("scan", "shop", env={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert not re.search(r"\x1b\[[\d;]*3\d", both)


def test_json_is_never_coloured() -> None:
    ended = racelens("scan", "shop", "-f", "json", env={"FORCE_COLOR": "1"})
    assert ESCAPE not in ended.out


def test_forced_colour_does_not_break_lines() -> None:
    forced = racelens("scan", "shop", env={"FORCE_COLOR": "1", "COLUMNS": "40"}).out
    assert ESCAPE in forced
    assert re.sub(r"\x1b\[[\d;]*m", "", forced) == _piped_away("scan shop").out


@pytest.mark.parametrize("command", ["scan shop", "inspect shop", "explain RL101"])
def test_no_line_is_broken_in_a_pipe(command: str) -> None:
    assert _piped_away(command, COLUMNS="40").out == _piped_away(command).out


@cache
def _on_a_terminal(columns: int, *args: str, **env: str) -> str:
    """The output when standard output is a terminal of so many columns."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *args],
        cwd=FIXTURES,
        env=environment(**{"COLUMNS": str(columns), "TERM": "xterm-256color"} | env),
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=subprocess.DEVNULL,
    ) as running:
        os.close(slave)
        said = b"".join(iter(lambda: _chunk(master), b""))
        os.close(master)
        running.wait(PATIENCE)
    return said.decode().replace("\r\n", "\n")


def _chunk(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux: the other end was closed
        return b""


@pytest.mark.parametrize("columns", [60, 80])
def test_prose_fits_a_terminal(columns: int) -> None:
    """What can be broken is: only commands, paths and table rows may run over."""
    said = re.sub(r"\x1b\[[\d;]*m", "", _on_a_terminal(columns, "scan", "shop"))
    prose = [line for line in said.splitlines() if re.match(r" {4}(why|sure|lost|guard| {10}\S)", line)]  # fmt: skip
    assert len(prose) > 10
    assert max(map(len, prose)) <= columns


@pytest.mark.parametrize(
    ("command", "columns"),
    [("scan shop", 80), ("scan shop", 120), ("scan guarded", 80), ("scan sparse", 80)],
)
def test_everything_fits_a_terminal(command: str, columns: int) -> None:
    said = re.sub(r"\x1b\[[\d;]*m", "", _on_a_terminal(columns, *command.split()))
    assert [line for line in said.splitlines() if len(line) > columns] == []


def test_a_terminal_gets_colour_unless_it_declines() -> None:
    assert ESCAPE in _on_a_terminal(80, "scan", "shop")
    assert not re.search(r"\x1b\[[\d;]*3\d", _on_a_terminal(80, "scan", "shop", NO_COLOR="1"))


@pytest.mark.parametrize("command", ["scan shop", "scan guarded", "explain RL101"])
@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_without_colour_every_word_and_sign_is_still_there(
    command: str, env: dict[str, str]
) -> None:
    coloured = _on_a_terminal(80, *command.split())
    plain = _on_a_terminal(80, *command.split(), **env)
    assert coloured != plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == re.sub(r"\x1b\[[\d;]*m", "", plain)


def test_hues_mean_one_thing() -> None:
    """Red is harm, green is looked and fine; a verdict of one has none of the other in its line."""
    raced = _on_a_terminal(80, "scan", "shop").splitlines()
    clean = _on_a_terminal(80, "scan", "guarded").splitlines()
    assert re.match(r"\x1b\[1;31mRACES FOUND", raced[0])
    assert re.match(r"\x1b\[1;32mNO RACES FOUND", clean[0])
    hues = {
        hue: [line for line in raced + clean if re.search(rf"\x1b\[(1;)?{code}m *[^ \x1b]", line)]
        for hue, code in (("red", 31), ("green", 32), ("yellow", 33))
    }
    assert all(re.search(r"RACES FOUND|●|○|✗|31m[RWCED]|═|is gone|twice|at once|again|not been", line) for line in hues["red"])  # fmt: skip
    assert all(re.search(r"NO RACES FOUND|✓|cleared", line) for line in hues["green"])
    assert all(re.search(r"●|○|–|unchecked|skipped|undecided|╵|end unknown", line) for line in hues["yellow"])  # fmt: skip


def test_colour_can_be_forced_either_way() -> None:
    assert ESCAPE in racelens("scan", "shop", env={"CLICOLOR_FORCE": "1"}).out
    assert ESCAPE not in racelens("scan", "shop", env={"CLICOLOR_FORCE": "0"}).out


def test_a_dumb_terminal_gets_none() -> None:
    assert ESCAPE not in _on_a_terminal(80, "scan", "shop", TERM="dumb")


# ── quick answers ─────────────────────────────────────────────────────────────────────────────

QUICK = [
    ["--help"],
    ["--version"],
    ["scan", "--help"],
    ["explain"],
    ["explain", "RL101"],
    ["explain", "nonsense"],
    ["scan"],
    ["scan", "--nonsense"],
    ["scan", "x", "--select", "nonsense"],
    ["scan", "x", "--map", "nonsense"],
    ["scan", "x", "-o", "r.xlsx"],
    ["scan", "x", "-f", "nonsense"],
]


def test_quick_answers_do_not_load_polars() -> None:
    """One process each, all at once: what is imported once cannot be taken back."""
    probe = (
        "import sys; from racelens.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('LOADED', *{'polars', 'orjson'} & set(sys.modules), file=sys.stderr)"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", probe, *args],
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for args in QUICK
    ]
    ends = [running.communicate(timeout=PATIENCE)[1].splitlines()[-1] for running in started]
    assert dict(zip(map(" ".join, QUICK), ends, strict=True)) == dict.fromkeys(
        map(" ".join, QUICK), "LOADED"
    )


def test_version() -> None:
    assert re.fullmatch(r"racelens \d+\.\d+\S*\n", racelens("--version").out)
