"""Lines made fit to be shared: e-mails, addresses, tokens and names become `email-1`, `token-2` …

The same value always becomes the same mask, so that what is one stays one; ids, versions and times stay as they
are, so that a masked excerpt proves what the original proved. All else on the line keeps its bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from racelens.secrets import has_check_digit

# By the last part of a key, in lower case without separators.
_KEYS = {
    "email": "email mail emailaddress to from cc bcc recipient sender replyto",
    "token": "password passwd pwd secret token accesstoken refreshtoken idtoken apikey apitoken authorization "
    "cookie setcookie clientsecret privatekey credential credentials csrf csrftoken sessiontoken signature pin otp cvv cvc",
    "name": "user username login fullname firstname lastname surname givenname familyname displayname "
    "nickname customer customername owner author contact accountname cardholder nameoncard",
    "address": "ip ipaddress clientip remoteip remoteaddr remoteaddress xforwardedfor xrealip peer peeraddress "
    "address street street1 street2 addressline1 addressline2 postcode zip zipcode city phone phonenumber mobile tel",
    "number": "iban accountnumber cardnumber pan ssn taxid",
}
_KIND = {key: kind for kind, keys in _KEYS.items() for key in keys.split()}

# In running text, the longest first.
_PATTERNS = (
    ("token", re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)", re.S)),
    ("token", re.compile(r"\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")),
    ("token", re.compile(r"(?i)\b(?:bearer|basic|token)\s+([\w.~+/-]{8,}=*)")),
    ("token", re.compile(r"\b(?:sk|pk|rk|whsec|ghp|gho|ghs|github_pat|glpat|xox[abposr])[_-][\w-]{10,}")),
    ("token", re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bAIza[\w-]{30,}")),
    ("token", re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")),
    ("email", re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")),
    ("address", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")),
    ("address", re.compile(r"(?i)(?<![\w:.])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])")),
    ("address", re.compile(r"(?i)(?<![\w:.])(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6}(?![\w:])")),
    ("number", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("number", re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")),
    ("address", re.compile(r"(?<![\w-])\+\d(?:[ ()-]?\d){7,14}(?![\w-])")),
)  # fmt: skip
_PAIR = re.compile(
    r"(?i)(?<![\w.])([a-z][\w.-]*)(\s*(?:=>?|:)\s*)(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s,;&)\]}\"']+)"
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|(-?\d[\d.eE+-]*)')
_MASK = re.compile(r"(?:email|token|name|address|number)-\d+")
_NAME_IN_TEXT = 4  # characters: a shorter name is part of too many words


class Masks:
    """The masks given so far. One object is one excerpt."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}
        self.counts: dict[str, int] = {}

    def of(self, kind: str, value: str) -> str:
        """The mask of a value; a mask is its own."""
        if _MASK.fullmatch(value) or not value.strip():
            return value
        key = (kind, value.strip().casefold())
        if key not in self.known:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            self.known[key] = f"{kind}-{self.counts[kind]}"
        return self.known[key]

    @property
    def names(self) -> tuple[str, ...]:
        """What was masked as a name, the longest first."""
        found = [value for kind, value in self.known if kind == "name"]
        return tuple(sorted(found, key=lambda name: (-len(name), name)))


def masked(lines: Iterable[str]) -> list[str]:
    """The lines with what is private in them masked, consistently over all of them."""
    masks = Masks()
    once = [_line(line, masks) for line in lines]
    # A name that a field gives away may stand in the text of another line.
    return [_without_names(line, masks) for line in once]


def _line(line: str, masks: Masks) -> str:
    start = line.find("{")
    if start < 0 or '"' not in line:
        return _text(line, masks)
    return _text(line[:start], masks) + _json(line[start:], masks)


def _json(text: str, masks: Masks) -> str:
    """Strings and numbers of JSON, also of JSON that is cut off, each by the key it stands under."""
    out, last, key = [], 0, ""
    for match in _STRING.finditer(text):
        out.append(text[last : match.start()])
        last = match.end()
        if match[2] is not None:
            key = _decoded(match[1])
            out.append(_encoded(_text(key, masks), match[1]) + match[2])
        elif match[3] is not None:
            out.append(_number(match[3], key, masks))
        else:
            out.append(_encoded(_value(_decoded(match[1]), key, masks), match[1]))
    tail = text[last:]
    quote = tail.find('"')
    if quote < 0:
        return "".join(out) + tail
    # A string that does not end: the line was cut.
    return "".join(out) + tail[: quote + 1] + _value(tail[quote + 1 :], key, masks)


def _decoded(body: str) -> str:
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError:
        return body


def _encoded(value: str, body: str) -> str:
    """The value as a JSON string; as it was written where nothing changed."""
    if value == _decoded(body):
        return f'"{body}"'
    return json.dumps(value, ensure_ascii=body.isascii())


def _number(digits: str, key: str, masks: Masks) -> str:
    kind = _kind(key)
    if kind in ("token", "address", "number"):
        return json.dumps(masks.of(kind, digits))
    # An id that passes by chance is masked, consistently, and nothing is lost.
    is_card = re.fullmatch(r"\d{15,16}", digits) and has_check_digit(digits)
    return json.dumps(masks.of("number", digits)) if is_card else digits


def _value(value: str, key: str, masks: Masks) -> str:
    kind = _kind(key)
    if kind == "email" and "@" not in value:
        kind = None  # `to` and `from` also name states and services
    if kind:
        return masks.of(kind, value)
    return _line(value, masks) if value.lstrip().startswith("{") else _text(value, masks)


def _kind(key: str) -> str | None:
    last = re.split(r"[./]", key)[-1]
    return _KIND.get(re.sub(r"[^a-z0-9]", "", last.lower()))


def _text(text: str, masks: Masks) -> str:
    """Running text: what looks private, and `key=value` pairs."""
    for kind, pattern in _PATTERNS:
        text = pattern.sub(lambda match, kind=kind: _found(match, kind, masks), text)  # type: ignore[misc]
    return _PAIR.sub(lambda match: _pair(match, masks), text)


def _found(match: re.Match[str], kind: str, masks: Masks) -> str:
    value = match[match.lastindex or 0]
    if kind == "number" and value[0].isdigit() and not has_check_digit(re.sub(r"\D", "", value)):
        return match[0]
    return match[0].replace(value, masks.of(kind, value))


def _pair(match: re.Match[str], masks: Masks) -> str:
    key, equals, value = match.groups()
    kind = _kind(key)
    # `from: pending` and `user: not found` are prose; only what is assigned is surely a value.
    if kind is None or kind == "email" or (kind in ("name", "address") and "=" not in equals):
        return match[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{key}{equals}{quote}{masks.of(kind, value.strip(quote) if quote else value)}{quote}"


def _without_names(line: str, masks: Masks) -> str:
    for name in masks.names:
        if len(name) >= _NAME_IN_TEXT and name in line.casefold():
            pattern = re.compile(rf"(?i)(?<!\w){re.escape(name)}(?!\w)")
            line = pattern.sub(masks.known[("name", name)], line)
    return line
