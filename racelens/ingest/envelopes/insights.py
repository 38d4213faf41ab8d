"""CloudWatch where events are not objects of their own: Logs Insights and subscriptions."""

from __future__ import annotations

from collections.abc import Iterator

from racelens.ingest.envelopes.kinds import Object


def row(cells: object, *_: Object) -> Iterator[Object]:
    """A result of Logs Insights, a list of fields and values. Its time is UTC and does not say so."""
    if isinstance(cells, dict):
        yield cells
        return
    if not isinstance(cells, list):
        return
    pairs = [
        cell for cell in cells if isinstance(cell, dict) and isinstance(cell.get("field"), str)
    ]
    told: Object = {cell["field"]: cell.get("value") for cell in pairs}
    if isinstance(stamp := told.get("@timestamp"), str) and stamp[-1:].isdigit() and "-" in stamp:
        told["@timestamp"] = stamp.replace(" ", "T") + "Z"
    yield told


def subscribed(event: object, *around: Object) -> Iterator[Object]:
    """An event as a subscription delivers it, with the stream it is from."""
    if isinstance(event, dict):
        stream = around[-1].get("logStream") if around else None
        yield {**event, "logStreamName": stream or ""}
