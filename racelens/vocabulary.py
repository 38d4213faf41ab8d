"""The closed vocabularies of the event table (design, section 3). No imports: everybody may know them."""

PHASES = ("start", "finish", "point")
ACTIONS = (
    "read",
    "write",
    "create",
    "delete",
    "effect",
    "enqueue",
    "deliver",
    "acquire",
    "release",
    "other",
)
OUTCOMES = ("ok", "fail", "conflict", "unknown")
ROLES = ("envelope", "effect", "access", "other")
BASE_SOURCES = ("logged", "read", "flow")
MARKS = ("begin", "commit", "rollback")
CHANGING_ACTIONS = ("write", "create", "delete")

CONFIDENCES = ("confirmed", "possible", "latent")
SEVERITIES = ("error", "warning", "info")
SIGNALS = ("RL304", "RL305", "RL306", "RL502")  # habits worth a look; nothing raced

# Names of acts that take what is there: `seat.claim`, `coupon.redeemed`.
SHARED = (
    r"(?i)shared|reader|rwlock|read.?lock|semaphore|slot|pool|permit|reentrant|rate.?limit|bulkhead|quota|throttl"
    r"|concurrency"
)

# The state that whoever takes a thing for itself leaves it in.
TAKEN = (
    r"(?i)^(?:taken|claimed|reserved|booked|assigned|allocated|redeemed|held|hold|locked|sold|occupied|acquired|"
    r"leased|checked.?out|in.?use|in.?progress|processing|running|used)$"
)

CLAIM = r"(?i)(?:^|[^a-z])(?:claim|reserve|book|redeem|assign|take|allocate)(?:e?d|n)?\W*$"

# What a record says that leads to another try of a piece of work.
TRIGGER = (
    r"(?i)\b(redeliver\w*|recover\w*|restor\w*|reclaim\w*|requeu\w*|re-?enqueu\w*|re-queu\w*|stalled|zombies?|orphan\w*|abandoned|rescu\w*|resubmit\w*|reschedul\w*"
    r"|retry(?:ing)?|deploy\w*|rebalanc\w*|revok\w*|restart\w*)\b"
)


def plural(noun: str) -> str:
    """`try` → `tries`, `key` → `keys`, `look-up that failed` → `look-ups that failed`."""
    head, that, rest = noun.partition(" that ")
    ies = head.endswith("y") and head[-2:-1] not in "aeiou"
    return (head[:-1] + "ies" if ies else head + "s") + that + rest


def count(number: int, noun: str) -> str:
    """`1 file`, `2,000 tries`."""
    return f"{number:,} {noun if number == 1 else plural(noun)}"
