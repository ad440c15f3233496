"""Every key of the ledger on one page: its type, what it holds, how long it lives. The Lua scripts use the same.

One primary holds them all (Redis Cluster is refused), so scripts build keys from ids.

| key | type | holds | lives |
|---|---|---|---|
| `mms:stamp` | hash | mode (live or simulate), API address, when made; the schema (schema.py) | for ever |
| `mms:upgrade` | hash | the step to the next schema: `to`, `cursor`, `bites`, `waits` | until it is done |
| `mms:install` | hash | callback key, secret, earlier ones of both; id of the admin token made here | for ever |
| `mms:campaigns` | zset | campaign id → created, ms | records |
| `mms:answers` | zset | the same for what we answer by ourselves: confirmations, HELP, automatic answers | retention |
| `mms:columns` | hash | hash of a file's headings → `ms:column` that a person chose; the newest 500 | 400 days |
| `mms:own` | set | numbers known to be ours; none of them is answered | for ever |
| `mms:schedules` | hash | schedule's id → a recurring broadcast, JSON; its file as a campaign's | until cancelled |
| `mms:schedule:due` | zset | schedule's id → ms of its next occurrence | until cancelled |
| `mms:numbers` | hash | campaign's serial number → campaign id; `last`: the last that was given | as the campaign |
| `mms:c:{id}` | hash | settings, state, reason, times, cursor of the reading | records |
| `mms:c:{id}:counts` | hash | state letter → rows | records |
| `mms:c:{id}:upload:{k}` | string | the file, compressed chunks | until it is read |
| `mms:staged` | zset | token of an upload between its check and its start → ms when it was kept | 1 h |
| `mms:staged:{token}` | hash | its file's name, chunks, bytes, what it was checked with, what it became | 1 h |
| `mms:staged:{token}:rows` | hash | page → its rows that cannot be sent, packed, compressed; `about` all | 1 h |
| `mms:staged:{token}:mends` | hash | line of its file → what a person mended there, JSON; `revision` | 1 h |
| `mms:c:staged-{token}:upload:{k}` | string | the file of one, compressed chunks | 1 h, or until it is sent |
| `mms:c:{id}:media` | string | what was found about media addresses, packed, compressed | until it is read |
| `mms:same:{digest}` | string | campaign made of this content with these settings | 24 h |
| `mms:media` | set | SHA-256 of media that campaigns need | while one does |
| `mms:media:{hash}` | hash | a local medium: `type`, `size`, chunks `0`, `1`, … | while it is needed, and 24 h |
| `mms:media:{hash}:for` | set | campaigns that need it | while one does |
| `mms:c:{id}:expanding` | string | token of the reader at work | its lease |
| `mms:c:{id}:b:{n}` | string | batch: what the file said, packed, compressed | retention |
| `mms:c:{id}:r:{n}` | hash | row index → what changes (≤ 64 bytes); `m` lease, fence; `n` counts | retention |
| `mms:c:{id}:pace`, `:pace:now` | list | `ms:rows handed over:limit`: its whole life, the last seconds | retention |
| `mms:c:{id}:heard` | hash | `sender:NUMBER:letter`, `carrier:MCC-MNC:letter` → messages heard of | records |
| `mms:c:{id}:marks` | string | two bytes a row, 200 a batch: which batches may hold a number | retention |
| `mms:c:{id}:texts` | hash | refusal text ↔ its number | retention |
| `mms:c:{id}:sids` | hash | `batch.message` → a sid that is no UUID | retention |
| `mms:c:{id}:stale` | set | hashes of sids that rows had before another one | retention |
| `mms:c:{id}:odd` | hash | `batch.row` → CarrierX's other words, kept beside the state | retention |
| `mms:c:{id}:due` | zset | batch → ms when it next needs a sender | until done |
| `mms:c:{id}:care` | zset | batch → ms when CarrierX is asked what became of its messages | until done |
| `mms:c:{id}:search` | zset | batch → ms when its unconfirmed messages are looked for | until done |
| `mms:starts` | zset | campaign whose file is read → ms of its start | until it starts |
| `mms:due`, `mms:care`, `mms:search` | zset | campaign → the earliest of the above | while there is one |
| `mms:explain` | zset | `id:n` of batches with unexplained failures → ms when CarrierX is asked why | 3 days |
| `mms:settle` | zset | finished campaign → ms when its last words become final | until then |
| `mms:reading` | set | campaigns whose file is being read | until read |
| `mms:sweeping` | set | cancelled or failed campaigns with rows still pending | until swept |
| `mms:offered` | zset | `id:n` of batches offered or leased → ms when that ends | seconds |
| `mms:limit:{scope}` | string | theoretical arrival time of the limiter, µs | idle: an hour |
| `mms:rates` | hash | scope → `interval_us:tolerance_us:who` (`operator`, `default`) | for ever |
| `mms:rates:default` | hash | scope → `interval_us:tolerance_us`, what the settings say | for ever |
| `mms:caps` | hash | scope → `most:from:until:next_until:zone`, a daily cap, ms | for ever or retention |
| `mms:caps:due` | zset | scope → ms when its cap's day ends | as the cap |
| `mms:day:{scope}:{from}` | string | legs and segments that went since this boundary | 3 days |
| `mms:holds` | hash | scope → ms until which nothing goes: CarrierX asked for it, or it is disabled | until then |
| `mms:pace` | hash | scope → `part:since`: the part of its rate left after 429s, growing since then | for ever |
| `mms:turns` | hash | questions to CarrierX: when the `next` may go, what each kind had of them | idle: an hour |
| `mms:senders:off` | set | numbers that an operator took out of use | until enabled |
| `mms:policy` | hash | what scripts need of the settings: prices (micro-dollars), thresholds of brakes | for ever |
| `mms:prices` | hash | `legs`, `segments` → the dearest price confirmed, micro-dollars each | for ever |
| `mms:api` | hash | failures of CarrierX in a row, how many are too many, until when a probe is out | for ever |
| `mms:fair:{scope}` | zset | campaign → units it was served; only while several want the same limit | a minute idle |
| `mms:want:{scope}` | zset | campaign → ms until which it counts as wanting this limit | a minute idle |
| `mms:fair:{scope}:now`, `:urgent` | string | where in these units the last one was served | a minute idle |
| `mms:urgent` | set | running campaigns that go before all others | until completed |
| `mms:expiring` | zset | campaign → ms when what is unsent of it expires | until then |
| `mms:c:{id}:lately` | hash | half minute → messages answered, refused or failed | 10 min |
| `mms:brake` | hash | why nothing goes with this token: reason, fingerprint, at | until another token is used |
| `mms:forbidden` | hash | what is asked about a 403 (`lua/lib/forbidden.lua`) | an hour, or until one is accepted |
| `mms:refused` | hash | fingerprint of a token that CarrierX refused → ms | until `mms token carrierx` gives it again |
| `mms:sid:{hhhh}` | hash | 8 bytes of the sid's hash → `serial.batch.message` | retention |
| `mms:orphan:{sid hash}` | list | receipts whose message is not known yet | 24 h |
| `mms:callbacks` | stream | callbacks (`raw`: what is kept of it, `at`); group: `ingest` | until applied |
| `mms:aside` | stream | callbacks that could not be worked on (`raw`, `at`), the newest 1,000 | retention |
| `mms:set-aside` | list | the same of older versions, without a time | until retention's next round moves it |
| `mms:dead-letters` | stream | callbacks that cannot be read (`raw`, `at`), the newest 1,000 | retention |
| `mms:account` | hash | what was learned of the account (`group_receipts`) | for ever |
| `mms:alarms` | hash | things that must not happen → how often | for ever |
| `mms:totals` | hash | campaigns and rows by state of all that are over and settled, how many | for ever |
| `mms:totals:open` | set | campaigns that are not in that sum | until over and settled |
| `mms:tally` | hash | what the processes counted for `/metrics` → how often | for ever |
| `mms:tick`, `mms:turn:{name}` | string | latches: one caller in a while | a second |
| `mms:ingest:hinted` | string | somebody was hinted at callbacks just now, or drains them | 5 s |
| `mms:worker:{name}` | string | a worker's last sign of life: pid, queues, clock, concurrency, progress | 30 s |
| `mms:still` | hash | queue → how often a worker of it ended itself because it stood still, when last, why | for ever |
| `mms:name:{name}` | string | which machine and data folder a worker of this name starts in | 60 s |
| `mms:workers` | zset | worker's name → ms of its last sign of life | an hour after it |
| `mms:inbound:messages` | hash | sid → an inbound message, JSON | the newest 10,000, retention |
| `mms:inbound:order` | zset | sid → ms of its receipt | as above |
| `mms:inbound:unanswered` | zset | sid of one that an answer may follow from → ms of the next look | until done |
| `mms:doubtful` | zset | sid of one that a person should look at → ms of its receipt | until decided |
| `mms:wrong-tokens:{address or all}` | string | wrong logins | 5 min |
| `mms:optout` | hash | number → `o` (out) or `i` (in again), ms, source; the newest wins | for ever |
| `mms:optout:order` | zset | numbers that are out now → ms since when | while they are |
| `mms:optout:owed` | hash | number that opted out at the receiver → ms; it is owed one confirmation | until told |
| `mms:cap:{number}` | zset | `id.batch.row` that went to it → ms; only with a frequency cap | its span |
| `mms:session:{hash}` | hash | a login of the console | 12 h |
| `mms:tokens` | hash | token's id → name, role, argon2 hash, when made | until removed or over |
| `mms:journal` | stream | who did what, when; the newest 10,000 or so | for ever |
| `mms:once:{hash}` | string | the answer to a call with an Idempotency-Key | 24 h |
| `mms:ticks` | hash | ticks, claims, the server's run (look_at_run.lua); `id`; what recovery.py needs | for ever |
| `mms:replicas` | hash | how many replicas there should be and must confirm, how often an operator said so | for ever |
| `mms:claimers` | hash | process that claims → the run of the server that it looked at last, ms | 90 s |
| `mms:trial` | string | written to see whether a claim could be | a minute |
| `mms:backup` | hash | when the last copy was taken (`at`, ms), its `rows` | for ever |
| `mms:restored` | hash | put back from an older copy: why, at, since (ms of the copy), recovering | until recovered |
| `mms:doubt` | set | campaigns whose unfinished rows become unconfirmed after a restore | until they are |
| `mms:replicated` | string | written before a wait for replicas' disks | a minute |
| `mms:question:{text}` | string | what a callback receiver answers to prove that it is one of this ledger's | 30 s |
| `mms:door:{name}` | string | a callback receiver: `draining`, or `clear:{server run}` | 5 min |
| `mms:spool:{file}` | string | up to where a spool of callbacks is drained, bytes | 30 days after it moved |
| `mms:doors` | set | names of callback receivers | until closed, or a week after they were heard of |
| `mms:doors:heard` | zset | name of a callback receiver → ms when it was last heard of | as above |
| `mms:doors:{server run}` | string | claims wait for the receivers since this was written | a minute |

*retention*: until `MMS_RETENTION` days after the campaign is over and settled. *records*: until `MMS_RECORDS` days
after that; what we answer by ourselves has none, it is gone with the retention.
"""

from __future__ import annotations

from dispatcher.model.scope import LimitScope

STAMP = "mms:stamp"
UPGRADE = "mms:upgrade"
INSTALL = "mms:install"
CAMPAIGNS = "mms:campaigns"
ANSWERS = "mms:answers"
OWN = "mms:own"
COLUMNS = "mms:columns"
SCHEDULES = "mms:schedules"
SCHEDULE_DUE = "mms:schedule:due"
STARTS = "mms:starts"
DUE = "mms:due"
CARE = "mms:care"
SEARCH = "mms:search"
EXPLAIN = "mms:explain"
SETTLE = "mms:settle"
READING = "mms:reading"
SWEEPING = "mms:sweeping"
OFFERED = "mms:offered"
RATES = "mms:rates"
HOLDS = "mms:holds"
CAPS = "mms:caps"
CAPS_DUE = "mms:caps:due"
DAY = "mms:day:"
PACE = "mms:pace"
SENDERS_OFF = "mms:senders:off"
POLICY = "mms:policy"
PRICES = "mms:prices"
API = "mms:api"
URGENT = "mms:urgent"
EXPIRING = "mms:expiring"
BRAKE = "mms:brake"
FORBIDDEN = "mms:forbidden"
REFUSED = "mms:refused"
CALLBACKS = "mms:callbacks"
ASIDE = "mms:aside"
SET_ASIDE = "mms:set-aside"
DEAD_LETTERS = "mms:dead-letters"
INGEST_GROUP = "ingest"
ACCOUNT = "mms:account"
ALARMS = "mms:alarms"
TOTALS = "mms:totals"
TOTALS_OPEN = "mms:totals:open"
COUNTERS = "mms:tally"
NUMBERS = "mms:numbers"
TICK = "mms:tick"
TURN_TIDY = "mms:turn:tidy"
TURN_RETENTION = "mms:turn:retention"
INGEST_HINTED = "mms:ingest:hinted"
WORKER = "mms:worker:"
WORKER_NAME = "mms:name:"
WORKERS = "mms:workers"
STILL = "mms:still"
API_TOKENS = "mms:tokens"
AUDIT_LOG = "mms:journal"
IDEMPOTENCY = "mms:once:"
TICKS = "mms:ticks"
RESTORED = "mms:restored"
BACKUP = "mms:backup"
QUARANTINE = "mms:doubt"
REPLICATED = "mms:replicated"
REPLICAS = "mms:replicas"
CLAIMERS = "mms:claimers"
CHALLENGE = "mms:question:"
RECEIVER = "mms:door:"
RECEIVERS = "mms:doors"
RECEIVERS_HEARD = "mms:doors:heard"
RECEIVERS_AWAITED = "mms:doors:"
INBOUND_MESSAGES = "mms:inbound:messages"
INBOUND_ORDER = "mms:inbound:order"
INBOUND_UNANSWERED = "mms:inbound:unanswered"
NEEDS_REVIEW = "mms:doubtful"
OPT_OUTS = "mms:optout"
OPT_OUTS_ORDER = "mms:optout:order"
OPT_OUTS_OWED = "mms:optout:owed"
MEDIA = "mms:media"
SAME = "mms:same:"
STAGED = "mms:staged"


def campaign(campaign_id: str) -> str:
    """The campaign's own hash; its other keys begin with it."""
    return f"mms:c:{campaign_id}"


def counts(campaign_id: str) -> str:
    """Rows by state letter."""
    return f"mms:c:{campaign_id}:counts"


def upload(campaign_id: str, chunk: int) -> str:
    """One compressed chunk of the uploaded file."""
    return f"mms:c:{campaign_id}:upload:{chunk}"


def staged(token: str) -> str:
    """An upload between its check and its start."""
    return f"{STAGED}:{token}"


def staged_rows(token: str) -> str:
    """Rows of such an upload that cannot be sent, by page."""
    return f"{STAGED}:{token}:rows"


def staged_mends(token: str) -> str:
    """What a person mended of such an upload, by line."""
    return f"{STAGED}:{token}:mends"


def media_facts(campaign_id: str) -> str:
    """What was found about the campaign's media addresses."""
    return f"mms:c:{campaign_id}:media"


def medium(content_hash: str) -> str:
    """A local medium by its SHA-256."""
    return f"mms:media:{content_hash}"


def expanding(campaign_id: str) -> str:
    """The lease of whoever reads the file."""
    return f"mms:c:{campaign_id}:expanding"


def batch(campaign_id: str, number: int) -> str:
    """What the file said of this batch."""
    return f"mms:c:{campaign_id}:b:{number}"


def rows(campaign_id: str, number: int) -> str:
    """What changed in this batch."""
    return f"mms:c:{campaign_id}:r:{number}"


def marks(campaign_id: str) -> str:
    """Which batches may hold a number."""
    return f"mms:c:{campaign_id}:marks"


def texts(campaign_id: str) -> str:
    """Refusal texts and their numbers."""
    return f"mms:c:{campaign_id}:texts"


def pace(campaign_id: str) -> str:
    """How far the campaign was, over time."""
    return f"mms:c:{campaign_id}:pace"


def heard(campaign_id: str) -> str:
    """What CarrierX said, by sender and by carrier."""
    return f"mms:c:{campaign_id}:heard"


def odd(campaign_id: str) -> str:
    """Words of CarrierX that are no state of ours."""
    return f"mms:c:{campaign_id}:odd"


def due(campaign_id: str) -> str:
    """When each batch next needs a sender."""
    return f"mms:c:{campaign_id}:due"


def care(campaign_id: str) -> str:
    """When CarrierX is next asked about each batch."""
    return f"mms:c:{campaign_id}:care"


def search(campaign_id: str) -> str:
    """When unconfirmed messages of each batch are next looked for."""
    return f"mms:c:{campaign_id}:search"


def limit(scope: LimitScope) -> str:
    """The limiter's memory of one scope: `account`, `sender:NUMBER`, `campaign:ID`."""
    return f"mms:limit:{scope}"


def cap(number: str) -> str:
    """Messages claimed for a number lately."""
    return f"mms:cap:{number}"


def sid_bucket(sid_hash: bytes) -> str:
    """The bucket of the sid index that this sid's hash falls into."""
    return f"mms:sid:{sid_hash[:2].hex()}"
