"""JUnit XML: a suite for each rule, a test case for each resource it found something on.

A rule that looked and found nothing is a case that passed, one that could not look a case that was
skipped: a green run must not hide that nothing was checked.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TextIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from racelens.findings import Finding, Report
from racelens.render.plain import clean
from racelens.render.words import lines_of

_ALL = 1_000_000  # characters: a file need not be cut for a screen


def render(report: Report, out: TextIO) -> None:
    """Failures are findings that a gate can fail on: neither info nor suppressed."""
    by_rule: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in report.findings:
        by_rule[finding.rule][finding.resource].append(finding)
    root = Element("testsuites", name="racelens")
    skipped = {entry.rule: entry.reason for entry in report.skipped}
    looked = {entry.rule: entry for entry in report.coverage}
    for rule in sorted({*by_rule, *skipped, *looked}):
        suite = SubElement(root, "testsuite", name=_name(rule, by_rule[rule]))
        for resource, findings in by_rule[rule].items():
            _case(suite, rule, resource, findings)
        if not by_rule[rule]:
            case = SubElement(suite, "testcase", classname=f"racelens.{rule}", name="all resources")
            if rule in skipped:
                SubElement(case, "skipped", message=_text(skipped[rule]))
            elif not looked[rule].checked:
                SubElement(case, "skipped", message=_text(looked[rule].reason))
        _count(suite)
    _count(root)
    indent(root)
    out.write('<?xml version="1.0" encoding="utf-8"?>\n')
    out.write(tostring(root, encoding="unicode") + "\n")


def _name(rule: str, findings: dict[str, list[Finding]]) -> str:
    return next((f"{rule} {f.name}" for some in findings.values() for f in some), rule)


def _case(suite: Element, rule: str, resource: str, findings: list[Finding]) -> None:
    name = _text(resource) or "no resource named"
    case = SubElement(suite, "testcase", classname=f"racelens.{rule}", name=name)
    failing = [f for f in findings if f.suppressed is None and f.severity != "info"]
    for finding in failing:
        title = f"{finding.confidence}: {finding.title}"
        failure = SubElement(case, "failure", type=f"{rule} {finding.name}", message=_text(title))
        failure.text = _told(finding)
    rest = [f for f in findings if f not in failing]
    known = [f.suppressed for f in rest if f.suppressed]
    if known and not failing:
        SubElement(case, "skipped", message=_text(f"{known[0].by}: {known[0].reason}"))
    if rest:
        SubElement(case, "system-out").text = "\n\n".join(map(_told, rest))


def _told(finding: Finding) -> str:
    rows = [
        finding.story,
        f"sure: {finding.confidence}: {finding.reason}",
        f"lost: {finding.lost}",
        f"guard: {finding.fix}",
        f"lines: {', '.join(lines_of(finding))}",
        f"finding: {finding.id}",
    ]
    return "\n".join(_text(row) for row in rows)


def _text(text: str) -> str:
    return clean(text, _ALL)


def _count(element: Element) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    element.set("failures", str(len(element.findall(".//failure"))))
    element.set("skipped", str(len(element.findall(".//skipped"))))
    element.set("errors", "0")
