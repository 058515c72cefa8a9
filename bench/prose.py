"""What docs/performance.md says around the numbers. None of it is a number that was measured."""

INTRODUCTION = """\
# Performance

Written by `make bench`; every number is of one run of it, and another run writes another page.
{rounds} rounds; in each, every contender ran every case once, in a shuffled order, each time in a
fresh process. A cell is a median with its quartiles. A ratio is the median of the ratios of the
single rounds, so that a slow moment of the machine, which hits neighbours alike, cancels out. Warm
figures are of {calls} calls a round after a warm-up.
"""

HOW = """\
## How it is measured

Every process is `python3.13 -I -S -B` with nothing on its path but what that contender would
upload, compiled to unchecked-hash `.pyc` by the same script. **Ours** is `dist/holdings.zip`, the
archive that ships, unpacked, and its real `app.handler`. **Cold** runs from just before `import` to
the first answer, Python's own start left out; `json`, `sys`, `os` and `time` are loaded before, for
all. **CPU** is user and system time of the process; **peak memory** is the kernel's high-water mark
of it. **Warm** is a process that has answered the same request before.

The cloud is one local server over verified TLS that speaks as much DynamoDB, Secrets Manager and
Coinbase as is called, keeps connections alive and adds no latency: what is measured is the work
that a contender makes, not the network. It checks Coinbase's signature, and that AWS requests are
signed and carry a session token. The trusted bundle is certifi's with one certificate more, because
loading it is part of a cold start. The figures of 204 accounts are the simulator's. Each contender
fills its own cache by a miss of its own before the first round. Every answer is checked, in every
process: 200, the right document, from the right source. A wrong one ends the run.

### The peers

Each is the same two routes with the same settings, as its documentation would have them, from the
pins of `bench/peers/<name>/requirements.txt`, with the versions of boto3, botocore, requests and
urllib3 that we pin. What only a miss needs, they too make on a miss. None of them has our ETag,
problem bodies, last-good answers, redaction, retries by a deadline or paging: they do less.

- FastAPI: sync routes, settings and clients by `Depends` and `lru_cache`, the cached document a
  DynamoDB map of Decimals, read through Pydantic, as in the system that this one replaced.
- Powertools: `APIGatewayHttpResolver`, `Logger` with one line a request, `parameters.get_secret`.
- Chalice: the app object is the handler. It takes REST API events (payload 1.0), with claims from
  a Cognito authorizer; of Chalice itself only `app.py` and `__init__.py` ship, as it packages them.
- Flask: `serverless_wsgi.handle_request`, flask-cors, marshmallow for the query and the document.
- By hand: botocore clients and urllib3, no framework, the stored text served as it is.

"On our AWS layer" is a peer with our way to DynamoDB and our item in place of its own, on hits
alone: what is left of the difference is the framework and what else our answers carry.

All but FastAPI cache the document as text. Under a snapshot, FastAPI too makes its clients at
import; the target compares with its cold first call.

### What to keep in mind

- Our zip holds wheels for arm64. On another processor their compiled parts (markupsafe's and
  charset_normalizer's) do not load and pure-Python twins do the work; the peers' wheels are for the
  processor that this ran on. This is to our disadvantage.
- The zips are compressed by the same code. Ours leaves out what never runs (other services' data in
  botocore, tests); the peers' hold what `pip install --target` gives, without commands.
- Lambda's own start, its download of the zip and its network are not in here.
"""
