"""A schedule as text, as markdown, or as a test that forces it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from string import Template
from typing import TextIO

from rich.text import Text

from racelens.findings import Clock
from racelens.render.conflict import draw
from racelens.render.layout import lettered, short_names
from racelens.render.markdown import code, fenced, prose
from racelens.render.plain import clean
from racelens.render.screen import Screen, row
from racelens.schedule import Schedule, Step

_VERB = {"hold": "hold it", "resume": "let it go on", "do": ""}
_VERIFY = "racelens verify 'runs/guarded-*.jsonl'"
_CLOCK = Clock(1, 1, 1, None, None)  # letters need no clock


def text(plan: Schedule, out: TextIO) -> None:
    """The numbered schedule, a column for each attempt."""
    screen = Screen(out)
    for line in _lines(plan, screen):
        screen.print(line)


def _lines(plan: Schedule, screen: Screen) -> Iterator[Text]:
    finding = plan.finding
    title = f"To force it again  {finding.rule} {finding.name}, {clean(finding.resource, 60)}"
    yield Text(title, style="bold")
    yield Text()
    yield from _table(plan, screen.drawn)
    yield Text()
    yield Text("Where to hold", style="bold")
    for hold in _holds(plan):
        yield from row("hold", hold, screen.page)
    yield Text()
    yield Text("How", style="bold")
    yield from row("drive", plan.drive, screen.page)
    yield from row("wrong", _lettered(plan, plan.wrong), screen.page)
    yield from row("guard", finding.fix, screen.page)
    yield from row("fixed", plan.fixed, screen.page)
    for label, command in _commands(finding.id):
        yield Text(f"  {label:11}").append(command, style="cyan")


def _commands(finding: str) -> Iterator[tuple[str, str]]:
    """From the report to the proof; the test keeps the log of each guarded run."""
    test = f"test_{finding}.py"
    yield "test", f"racelens repro {finding} REPORT.json -o {test}"
    yield "run", f"RACELENS_RUNS=runs pytest {test}"
    yield "check", _VERIFY


def _table(plan: Schedule, columns: int) -> Iterator[Text]:
    names = short_names([lane.actor or "–" for _, lane in plan.lanes])
    wide = max(22, min(34, (columns - 30) // max(len(plan.lanes), 1)))
    head = Text(f"  {'step':6}")
    for who, lane in plan.lanes:
        name = f"{who} {names[lane.actor or '–']}"
        head.append(f"{name:{wide}}", style="bold")
    yield head.append("in the log", style="dim")
    for number, step in enumerate(plan.steps, 1):
        line = Text(f"  {number:<6}")
        for who, _ in plan.lanes:
            cell = _cell(step) if who == step.who else ""
            line.append(f"{cell:{wide}}", style="" if step.kind == "do" else "bold yellow")
        line.append(clean(step.expect, 40), style="dim")
        line.rstrip()
        yield line


def _cell(step: Step) -> str:
    return clean(step.what, 30) if step.kind == "do" else _VERB[step.kind]


def _holds(plan: Schedule) -> Iterator[str]:
    for hold in plan.holds:
        where = f"in {clean(hold.process, 40)}, " if hold.process else ""
        yield (
            f"{where}hold {hold.who} between {clean(hold.after, 60)} and {clean(hold.before, 60)}. "
            f"The others needed {hold.needed_ms:.1f} ms in the log: {hold.delay_ms:,} ms are plenty."
        )
    if not plan.holds:
        yield "nobody: start the attempts in this order, the next once the one before is under way."


def _lettered(plan: Schedule, words: str) -> str:
    drawing = draw(plan.finding, _CLOCK)
    return lettered(words, drawing.tracks) if drawing else words


def markdown(plan: Schedule, out: TextIO) -> None:
    """The same for an incident document."""
    finding = plan.finding
    lines = [
        f"### To force it again: {finding.rule} {finding.name} on {code(finding.resource)}",
        "",
        *(f"{n}. **{s.who}** {prose(_sentence(s))}" for n, s in enumerate(plan.steps, 1)),
        "",
        *(
            f"* **{who}** is {code(lane.actor or 'a record without an id')}"
            for who, lane in plan.lanes
        ),
        *(f"* **hold** {prose(hold)}" for hold in _holds(plan)),
        f"* **drive** {prose(plan.drive)}",
        f"* **wrong** {prose(_lettered(plan, plan.wrong))}",
        f"* **guard** {prose(finding.fix)}",
        f"* **fixed** {prose(plan.fixed)}",
        "",
        *fenced(command for _, command in _commands(finding.id)),
    ]
    out.writelines(f"{line}\n" for line in lines)


def _sentence(step: Step) -> str:
    if step.kind == "hold":
        return f"is held {step.what}"
    return step.what if step.kind == "do" else "goes on"


def pytest(plan: Schedule, out: TextIO) -> None:
    """A test that runs as it is. What a log contains is only in strings and comments, made harmless."""
    kind = plan.kind or "open"
    order = _order(plan)
    resource = _safe(plan.finding.resource) or "resource:1"
    words = {
        "title": _safe(f"Forces {plan.finding.rule} {plan.finding.name} on {plan.finding.resource} again."),
        "story": _safe(_lettered(plan, plan.finding.story)),
        "file": f"test_{plan.finding.id}.py",
        "schedule": repr(order),
        "who": repr(tuple(dict.fromkeys(who for who, _ in order))),
        "resource": resource,
        "key": resource.partition(":")[2] or resource,
        "event": _safe(plan.finding.operations[0] if plan.finding.operations else "effect"),
        "base": _base(plan),
        "numbers": repr(_numbers(plan)),
        "creator": _creator(plan),
    }  # fmt: skip
    out.write("".join(Template(_asset(name)).substitute(words) for name in ("turns", kind)))


def _asset(name: str) -> str:
    path = files("racelens.render").joinpath("assets", "repro", f"{name}.txt")
    return path.read_text(encoding="utf-8")


def _safe(text: str) -> str:
    """Nothing that ends a string, an escape or an SQL literal."""
    return re.sub(r"[\\\"'`{}]", "_", clean(text, 200))


def _base(plan: Schedule) -> str:
    base = str(plan.finding.facts.get("base") or "1")
    return base if re.fullmatch(r"\d{1,9}", base) else "1"


def _order(plan: Schedule) -> list[tuple[str, str]]:
    """The steps that the test's store knows, each once, in the order of the finding."""
    parties = _parties(plan)
    if plan.kind == "versions":
        return _cycles(plan, parties)
    if plan.kind == "effects":
        return [(who, "look") for who in parties] + [(who, "effect") for who in parties]
    if plan.kind == "events":
        newest = sorted(parties, key=lambda who: -_numbers(plan)[who])
        return [(who, "write") for who in newest]
    if plan.kind == "visibility":
        creator = _creator(plan)
        late = next(who for who in parties if who != creator)
        return [(creator, "create"), (late, "read"), (creator, "commit")]
    return [(step.who, _safe(step.what)) for step in plan.steps if step.kind == "do"]


def _parties(plan: Schedule) -> list[str]:
    """Two attempts at least, in the order they acted; witnesses only where there are no others."""
    acting = [act.who for act in plan.acts if act.what != "read"] or [act.who for act in plan.acts]
    if plan.kind == "visibility":
        acting = [act.who for act in plan.acts]
    found = list(dict.fromkeys([*acting, *(who for who, _ in plan.lanes)]))
    spare = [letter for letter in "AB" if letter not in found]
    return (found + spare)[: max(2, len(set(acting)))]


def _cycles(plan: Schedule, parties: list[str]) -> list[tuple[str, str]]:
    """Each reads before the first of the others writes; the writes in their order."""
    writes = [act.who for act in plan.acts if act.what == "write" and act.who in parties]
    last = dict.fromkeys(reversed(writes))
    order = list(reversed(last)) or parties
    order += [who for who in parties if who not in order]
    return [(who, "read") for who in parties] + [(who, "write") for who in order]


def _numbers(plan: Schedule) -> dict[str, int]:
    """The event each attempt brings: by its version where that is a number, else as the log orders them."""
    parties = _parties(plan)
    told = {act.who: act.version for act in plan.acts if act.what == "write"}
    versions = [told.get(who) or "" for who in parties]
    if all(re.fullmatch(r"\d{1,9}", v) for v in versions) and len(set(versions)) == len(versions):
        return {who: int(told.get(who) or 0) for who in parties}
    return {who: len(parties) - index for index, who in enumerate(parties)}


def _creator(plan: Schedule) -> str:
    made = (act.who for act in plan.acts if act.what == "create")
    return next(made, _parties(plan)[0])


FORMATS: dict[str, Callable[[Schedule, TextIO], None]] = {
    "text": text,
    "markdown": markdown,
    "pytest": pytest,
}
