"""What is done without a request, as plain data: a new job is an entry here."""

from dataclasses import dataclass

from infra_pulumi.config import StackConfig

# At least six times as long as a run may take: a message that is being worked on is not seen.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_FACTOR = 6
MINUTES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A queue, and the function `holdings.jobs.<name>.handler` that takes `batch` messages at once.

    `sends` are the jobs that it asks for. `once` is whether the cache's table remembers what came
    of a message, `for_all` whether it reads what the deployment's own key opens, `mails` whether it
    sends mail. It is late when a message waits for longer than `late` seconds.
    """

    name: str
    does: str
    timeout: int
    memory_mb: int
    batch: int
    late: int
    sends: tuple[str, ...] = ()
    once: bool = False
    for_all: bool = False
    mails: bool = False

    @property
    def handler(self) -> str:
        return f"holdings.jobs.{self.name.replace('-', '_')}.handler"

    @property
    def visibility(self) -> int:
        return VISIBILITY_FACTOR * self.timeout


def jobs(config: StackConfig) -> tuple[Job, ...]:
    """Return those of a stack; without a sender of mail nothing comes back of it."""
    listed = (
        Job(
            name="refresh-readings",
            does="Reads connections at their time",
            timeout=MINUTES,
            memory_mb=512,
            batch=10,
            late=15 * MINUTES,
            sends=("evaluate-alerts", "sync-history"),
            for_all=config.shared_connection,
        ),
        Job(
            name="sync-history",
            does="Reads accounts' histories",
            timeout=config.job_timeout_seconds,
            memory_mb=config.job_memory_mb,
            batch=1,
            # A failed run is tried again after half an hour: the second one is too many.
            late=60 * MINUTES,
            sends=("sync-history",),
        ),
        Job(
            name="compute-features",
            does="Works out the figures that describe an account",
            timeout=5 * MINUTES,
            memory_mb=1024,
            batch=10,
            late=60 * MINUTES,
            sends=("assign-persona",),
            once=True,
        ),
        Job(
            name="assign-persona",
            does="Says in a word what an account is like",
            timeout=5 * MINUTES,
            memory_mb=512,
            batch=10,
            late=60 * MINUTES,
            sends=("generate-recommendations",),
            once=True,
        ),
        Job(
            name="generate-recommendations",
            does="Says what is worth a look",
            timeout=5 * MINUTES,
            memory_mb=512,
            batch=10,
            late=60 * MINUTES,
            once=True,
        ),
        Job(
            name="evaluate-alerts",
            does="Finds what a viewer wants to be told of",
            timeout=MINUTES,
            memory_mb=512,
            batch=10,
            late=15 * MINUTES,
            mails=bool(config.mail_from),
        ),
        Job(
            name="forget",
            does="Deletes what a request had no time for",
            timeout=5 * MINUTES,
            memory_mb=256,
            batch=1,
            late=60 * MINUTES,
        ),
    )
    feedback = Job(
        name="mail-feedback",
        does="Stops mail that does not arrive or is not wanted",
        timeout=MINUTES,
        memory_mb=256,
        batch=10,
        late=60 * MINUTES,
    )
    return (*listed, feedback) if config.mail_from else listed


# The planner's own function, which no queue wakes.
PLAN = "plan"

# What the planner puts on queues, by itself or when it is asked to by hand.
PLANNED = (
    "refresh-readings",
    "sync-history",
    "compute-features",
    "assign-persona",
    "generate-recommendations",
    "evaluate-alerts",
)
# What the API asks for.
ASKED = ("sync-history", "forget")


def queue_variable(job: str) -> str:
    return f"{job.upper().replace('-', '_')}_QUEUE_URL"
