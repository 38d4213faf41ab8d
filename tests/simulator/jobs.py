"""Queue jobs that send a mail, by themselves or through the notifier, and all their tries."""

from __future__ import annotations

from dataclasses import dataclass

from .clicks import effect
from .handler import Body, Call, Reply, Scope, handle, request
from .loop import Steps
from .world import MS, World

FAILED = Reply(500, error="SmtpUnavailable")
TIMEOUT = Reply(504, error="ReadTimeout")


@dataclass(frozen=True, slots=True)
class Job:
    """One message on the queue. `via` says whether the notifier sends the mail."""

    name: str
    order: str
    user: str
    correlation: str
    payload: str
    guarded: bool
    via: bool


@dataclass(frozen=True, slots=True)
class Luck:
    """What befalls one try: `fails` before its effect, runs `slow` (past the timeout)."""

    fails: bool = False
    slow: bool = False


def jobs(world: World, user: str) -> Steps[None]:
    """A request enqueues a job (202); the queue delivers it to a worker beside the client."""
    order = f"order:{world.rng.randrange(1, 1_000_000)}"
    job = Job(
        world.name("job-"),
        order,
        user,
        world.name("c-"),
        world.name(""),
        world.guarded(order),
        world.chance(0.5),
    )
    call = Call("order.ship", "ship", order, "POST", world.name(""))
    yield from request(world, call, _enqueue(job), job.correlation, user)


def _enqueue(job: Job) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        yield scope.world.ms(0.3, 2)
        scope.point("job.enqueued", action="enqueue", resource=job.order, job_id=job.name)
        scope.world.aside(_life(scope.world, job), scope.world.ms(3, 60))
        return Reply(202)

    return body


def _life(world: World, job: Job) -> Steps[None]:
    """All deliveries of one job."""
    if not world.chance(world.dial.redelivery):
        yield from _until_ok(world, job)
    elif world.chance(0.5):
        yield from _lost_ack(world, job)
    else:
        yield from _while_running(world, job)


def _until_ok(world: World, job: Job) -> Steps[None]:
    """The runner's own retries: after failures and timeouts, with backoff, three in all."""
    for retry in range(3):
        first = retry == 0
        fails = first and world.chance(world.dial.failures)
        slow = first and job.via and world.chance(world.dial.slow)
        reply = yield from _deliver(world, job, retry, Luck(fails, slow))
        if reply.ok:
            return
        yield world.ms(100, 400)


def _lost_ack(world: World, job: Job) -> Steps[None]:
    """It succeeded, the queue did not hear of it, and delivers it once more."""
    yield from _deliver(world, job, 0, Luck())
    yield world.ms(300, 3000)
    yield from _deliver(world, job, 1, Luck())


def _while_running(world: World, job: Job) -> Steps[None]:
    """The visibility timeout is shorter than the run: a second worker gets it meanwhile."""
    first = world.loop.spawn(_deliver(world, job, 0, Luck(slow=True)))
    yield int(world.dial.timeout_ms * MS)
    yield from _deliver(world, job, 1, Luck())
    yield first


def _deliver(world: World, job: Job, retry: int, luck: Luck) -> Steps[Reply]:
    yield world.ms(1, 10)
    worker = world.rng.choice(world.workers)
    actor = world.actor(worker, job.correlation, job=job.name, user=job.user, retry=retry)
    call = Call("job.notify_shipped", "notify", job.order, payload=job.payload)
    body = _through_notifier(job, luck) if job.via else _by_itself(job, luck)
    return (yield from handle(world, worker, actor, call, body))


def _by_itself(job: Job, luck: Luck) -> Body:
    def body(scope: Scope) -> Steps[Reply]:
        return (yield from _send(scope, job, luck, "email.already_sent", "skipped"))

    return body


def _through_notifier(job: Job, luck: Luck) -> Body:
    """Call the notifier and give up after the timeout; the notifier does not notice."""

    def body(scope: Scope) -> Steps[Reply]:
        world = scope.world
        yield world.ms(1, 10)
        answer = world.loop.spawn(_call(world, job, scope.actor.retry, luck))
        if not (yield from world.loop.within(answer, int(world.dial.timeout_ms * MS))):
            return TIMEOUT
        reply: Reply = answer.value
        return Reply(reply.status, error=reply.error)

    return body


def _call(world: World, job: Job, retry: int, luck: Luck) -> Steps[Reply]:
    """One HTTP call to the notifier: its own request id, the caller's job id."""
    yield world.ms(0.3, 3)
    actor = world.visitor(world.notifier, job.correlation, job=job.name, retry=retry)
    call = Call("notifier.deliver", "deliver", job.order, "POST", job.payload)

    def body(scope: Scope) -> Steps[Reply]:
        told = "notification.duplicate_suppressed"
        return (yield from _send(scope, job, luck, told, "replayed"))

    reply = yield from handle(world, world.notifier, actor, call, body)
    yield world.ms(0.3, 3)
    return reply


def _send(scope: Scope, job: Job, luck: Luck, told: str, word: str) -> Steps[Reply]:
    """Send the mail: once per job if guarded (else `told` with outcome `word`), else always."""
    world = scope.world
    yield world.think()
    if luck.fails:
        return FAILED
    slow = int(world.dial.timeout_ms * MS) if luck.slow else 0
    early = int(slow * world.rng.uniform(0, 1.4))
    yield early
    if job.guarded and not world.store.claim(job.name):
        scope.point(told, resource=job.order, outcome=word)
        return Reply(outcome=word)
    yield from effect(scope, "send", job.name)
    yield world.ms(1, 8) + max(0, int(slow * 1.5) - early)
    return Reply()
