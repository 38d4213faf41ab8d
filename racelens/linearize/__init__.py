"""Is there an order in which a resource can have done all that its log says? An exact, bounded search.

Plain Python on the few operations of one resource; no polars in here.
"""

from racelens.linearize.models import Call, Reading, elements, readings
from racelens.linearize.operations import Moment
from racelens.linearize.search import Verdict, decide

__all__ = ["Call", "Moment", "Reading", "Verdict", "decide", "elements", "readings"]
