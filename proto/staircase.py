"""Staircase for Python: a client and a worker by PROTOCOL.md, in one file.

Needs Debian's python3-zmq and python3-msgpack. Messages are dicts with the members' names of PROTOCOL.md section 4; answers come
back as such dicts. A case is named by its id (int), its key (bytes) or its number (str).

    client = Client("ipc:///srv/staircase/var/engine.sock")
    receipt = client.open("dispute-mediation", "jinnong/grid-3/building-7", "li", {"summary": "漏水"})
    receipt["m"] == "applied"; client.send(receipt["case"], "raise", "li", {"reason": "..."})
    for news in client.watch(position=1): ...

    worker = Worker("ipc:///srv/staircase/var/workers.sock", "printer", ["print"], credit=4)
    for task in worker.tasks():
        worker.settle(task) if do(task["rows"]) else worker.fail(task, "no paper", again=True)

Over TCP: Client("tcp://10.0.0.5:7410", key="grid-app.key"), with a key file of `staircase keys make`.

What has no final answer is sent again under the same id: when the connection broke, when the engine was busy, when no answer
came within `retry` seconds. So an event counts once, however often it was sent. One thread.
"""
import collections
import os
import time

import msgpack
import zmq

VERSION = 1
MESSAGE_MOST = 512 * 1024
DEPTH_MOST = 16
ELEMENTS_MOST = 10000
UNSORTED_PAIRS_MOST = 256
PART_SIZE = 256 * 1024
OPTIONS = {zmq.LINGER: 0, zmq.MAXMSGSIZE: MESSAGE_MOST, zmq.HEARTBEAT_IVL: 2000, zmq.HEARTBEAT_TIMEOUT: 6000, zmq.HEARTBEAT_TTL: 10000,
           zmq.RECONNECT_IVL: 50, zmq.RECONNECT_IVL_MAX: 1000, zmq.SNDHWM: 0, zmq.RCVHWM: 0}


# ---- messages ----

class Malformed(Exception):
    """Bytes that are not a message: `code` is malformed, too-large or version."""

    def __init__(self, why, code="malformed"):
        super().__init__(why)
        self.code = code


def _integer(least, most):
    return lambda value: type(value) is int and least <= value <= most


def _word(most):
    return lambda value: isinstance(value, str) and 1 <= len(value.encode()) <= most and not any(ord(c) < 32 or ord(c) == 127 for c in value)


def _prose(value):
    return isinstance(value, str) and len(value.encode()) <= 65536


def _id(value):
    return isinstance(value, bytes) and len(value) == 16


def _flag(value):
    return isinstance(value, bool)


def _words(value):
    return isinstance(value, list) and len(value) <= 256 and all(_name(word) for word in value)


def _case(value):
    return _integer(1, 2**63 - 1)(value) or _id(value) or _word(128)(value)


def _fields(value):
    return isinstance(value, dict) and all(_name(name) for name in value) and _small(value)


def _rows(value):
    return isinstance(value, (dict, list)) and _small(value)


def _small(value):
    """No integer in it is beyond 2^63 - 1."""
    if isinstance(value, dict):
        return all(map(_small, value.values()))
    if isinstance(value, list):
        return all(map(_small, value))
    return not isinstance(value, int) or value < 2**63


_name, _number, _wide, _time = _word(64), _integer(0, 2**32 - 1), _integer(0, 2**64 - 1), _integer(-2**63, 2**63 - 1)

# In canonical order.
MEMBERS = {
    "m": _name, "r": _wide, "v": _number, "id": _id, "key": _id, "c": _case, "w": _name, "u": _word(256), "e": _name, "as": _word(128),
    "for": _word(128), "at": _time, "d": _fields, "held": _flag, "what": _name, "n": _name, "part": _number, "parts": _number,
    "b": lambda value: isinstance(value, bytes), "history": _flag, "s": _name, "l": _name, "overdue": _flag, "after": _wide, "limit": _number,
    "p": _wide, "t": _time, "case": _wide, "no": _word(128), "due": _time, "end": _name, "code": _name, "why": _prose, "do": _prose,
    "can": _words, "rows": _rows, "more": _flag, "topics": _words, "credit": _number, "task": _wide, "lease": _wide, "ms": _number,
    "try": _number, "again": _flag, "topic": _name, "about": _wide,
}

_RECEIPT = "id key case no w v u s l due end held what n part parts task why"
# kind: (members that it must carry, members that it may carry)
KINDS = {kind: (frozenset(must.split()), frozenset(may.split())) for kind, must, may in (
    ("hello", "r v what", ""),
    ("open", "r id key w u as", "for at d held"),
    ("send", "r id c e as", "for at d task lease"),
    ("release", "r id c as", "for"),
    ("deploy", "r id as what n part parts b", "v"),
    ("migrate", "r id c w v as", "for d"),
    ("retry", "r id as task", "c for"),
    ("erase", "r id as for why", ""),
    ("show", "r c", "as history after limit"),
    ("explain", "r c", "w v e as for d after limit"),
    ("list", "r", "c as for what w u s l overdue after limit"),
    ("incidents", "r", "as u c after limit"),
    ("status", "r", "as what"),
    ("watch", "r credit", "as what p w u c"),
    ("credit", "credit", "r"),
    ("beat", "", "r"),
    ("welcome", "r v", "what p t"),
    ("applied", "r p t", _RECEIPT),
    ("duplicate", "r p t", _RECEIPT),
    ("parked", "r", "id key p t due"),
    ("refused", "r code why do", "id can rows p t case no u s l due end what n task"),
    ("busy", "r after", "id code why do"),
    ("result", "r rows", "more after p t"),
    ("news", "r p t rows", "case more"),
    ("register", "r what topics credit", "v u"),
    ("registered", "r ms", "v what p t"),
    ("task", "task lease ms try topic rows", "what case no key due p t"),
    ("cancel", "task lease", "about ms try topic case no key p t why rows"),
    ("accept", "r task lease", "id"),
    ("settle", "r task lease", "id d why"),
    ("fail", "r task lease why", "id again after"),
)}
EVENTS = frozenset(("open", "send", "release", "deploy", "retry", "erase"))
REPORTS = frozenset(("accept", "settle", "fail"))


def _in_order(value):
    """The value with the names of all its maps in ascending bytewise order."""
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value, key=lambda name: name.encode())}
    if isinstance(value, (list, tuple)):
        return [_in_order(item) for item in value]
    return value


def encode(message):
    """A message as bytes, in the canonical form. Members that are None are left out."""
    unknown = set(message) - set(MEMBERS)
    if unknown:
        raise ValueError("there is no member %s" % ", ".join(sorted(unknown)))
    ordered = {name: _in_order(message[name]) for name in MEMBERS if message.get(name) is not None}
    return msgpack.packb(ordered, use_bin_type=True)


def _unique(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Malformed("a map has the same name twice")
    if len(names) > UNSORTED_PAIRS_MOST and names != sorted(names, key=lambda name: name.encode()):
        raise Malformed("a map of more than 256 names does not have them in ascending order")
    return dict(pairs)


def _count(value, depth=0):
    """Elements in a value; raises for what no message may hold."""
    if isinstance(value, (dict, list)):
        if depth == DEPTH_MOST:
            raise Malformed("it is nested more than 16 deep")
        items = value if isinstance(value, list) else [item for pair in value.items() for item in pair]
        return len(items) + sum(_count(item, depth + 1) for item in items)
    if isinstance(value, str):
        if "\0" in value:
            raise Malformed("a text contains U+0000")
    elif value is not None and not isinstance(value, (bool, int, bytes)):
        raise Malformed("it has a floating-point number or an extension type")
    return 0


def _unpack(data):
    if len(data) > MESSAGE_MOST:
        raise Malformed("it has more than 524,288 bytes", "too-large")
    try:
        message = msgpack.unpackb(data, raw=False, strict_map_key=True, object_pairs_hook=_unique)
    except Malformed:
        raise
    except Exception as error:  # msgpack raises many kinds, some of its own and some of Python's
        raise Malformed("it is not msgpack: %s" % (error or type(error).__name__)) from error
    if not isinstance(message, dict):
        raise Malformed("a message is a map")
    if _count(message) > ELEMENTS_MOST:
        raise Malformed("it has more than 10,000 elements", "too-large")
    return message


def decode(data):
    """Bytes as a message; Malformed when they are none."""
    message = _unpack(data)
    kind = message.get("m")
    if kind not in KINDS:
        raise Malformed("there is no kind of message %r" % (kind,))
    if kind in ("hello", "welcome", "register", "registered") and message.get("v", VERSION) != VERSION:
        raise Malformed("version %r is asked for; %d is spoken here" % (message["v"], VERSION), "version")
    must, may = KINDS[kind]
    for name in message:
        if name != "m" and name not in must and name not in may:
            raise Malformed("%s has no member '%s'" % (kind, name[:40]))
        if not MEMBERS[name](message[name]):
            raise Malformed("member '%s' is not what it must be" % name)
    for name in MEMBERS:
        if name in must and name not in message:
            raise Malformed("member '%s' of %s is missing" % (name, kind))
    return message


def new_id():
    """A UUIDv7 in 16 bytes: for events and case keys."""
    stamp = int(time.time() * 1000).to_bytes(6, "big")
    noise = bytearray(os.urandom(10))
    noise[0] = 0x70 | noise[0] & 0x0F
    noise[2] = 0x80 | noise[2] & 0x3F
    return stamp + bytes(noise)


# ---- keys ----

def read_key(path):
    """The options of a socket from a key file, which must be its owner's alone."""
    with open(path, encoding="ascii") as file:
        if os.fstat(file.fileno()).st_mode & 0o077:
            raise PermissionError("%s: a key must be its owner's alone (chmod 600)" % path)
        lines = dict(line.strip().split(": ", 1) for line in file if ": " in line and not line.startswith("#"))
    names = {zmq.CURVE_PUBLICKEY: "public", zmq.CURVE_SECRETKEY: "secret", zmq.CURVE_SERVERKEY: "server"}
    return {option: bytes.fromhex(lines[name]) for option, name in names.items()}


# ---- what is outstanding ----

class _Pending:
    def __init__(self, message, due):
        self.message, self.due = message, due
        self.busy = False         # the engine put it off
        self.told_parked = False  # the program has had the provisional answer
        self.begun = False        # some results were given
        self.askings = 1          # connections on which it was sent: with each the results begin anew
        self.taken = 0            # news of a watch since credit was last given


class _Peer:
    """A connection that is made anew when it breaks, and what was sent over it without a final answer."""

    def __init__(self, endpoint, retry, key=None):
        self.endpoint, self.repeat = endpoint, retry
        self.options = {**OPTIONS, **(read_key(key) if key else {})}
        self.context = zmq.Context()
        self.socket = self.monitor = None
        self.pending = {}  # by request number, in the order of submission
        self.request = 1
        self.connect()

    def connect(self):
        self.disconnect()
        self.socket = self.context.socket(zmq.DEALER)
        for option, value in self.options.items():
            self.socket.setsockopt(option, value)
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.monitor.setsockopt(zmq.LINGER, 0)
        self.socket.connect(self.endpoint)
        self.greet()

    def disconnect(self):
        if self.socket:
            self.socket.disable_monitor()
            self.monitor.close(0)
            self.socket.close(0)
        self.socket = self.monitor = None

    def close(self):
        self.disconnect()
        self.context.term()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def greet(self):
        """What is said first on each new connection."""

    def put(self, message):
        """False: the engine has turned this connection away, and nothing can be sent over it; it is made anew when something is due."""
        try:
            self.socket.send(encode(message), zmq.DONTWAIT)
        except zmq.Again:
            return False
        return True

    def submit(self, message):
        """Sends a message and keeps it until its final answer; returns its request number."""
        message = dict(message)
        self.request += 1
        message["r"] = self.request
        if message["m"] in EVENTS and not message.get("id"):
            message["id"] = new_id()
        if message["m"] == "open" and not message.get("key"):
            message["key"] = new_id()
        self.pending[self.request] = _Pending(message, time.monotonic() + self.repeat)
        self.put(message)
        return self.request

    def renew(self):
        """A new connection; everything open is sent again in order, but what the engine put off."""
        self.connect()
        now = time.monotonic()
        for pending in self.pending.values():
            if not pending.busy:
                self.put(pending.message)
                pending.due = now + self.repeat
                pending.askings += 1

    def repeat_due(self):
        now = time.monotonic()
        for pending in list(self.pending.values()):
            if pending.due is None or pending.due > now:
                continue
            if pending.message["m"] not in EVENTS | REPORTS and not pending.busy:
                return self.renew()  # some of its results may have come: they begin anew with the connection
            if not self.put(pending.message):
                return self.renew()
            pending.busy, pending.due = False, now + self.repeat
        return None

    def receive(self, timeout):
        """The next message within so many seconds (None: for ever), or None."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                return decode(self.socket.recv(zmq.DONTWAIT))
            except zmq.Again:
                pass
            if self.monitor.poll(0):
                self.renew()
            self.repeat_due()
            wait = 0.2 if until is None else min(0.2, until - time.monotonic())
            if wait <= 0:
                return None
            poller = zmq.Poller()
            poller.register(self.socket, zmq.POLLIN)
            poller.register(self.monitor, zmq.POLLIN)
            poller.poll(wait * 1000)

    def take(self, answer):
        """Whether the answer is for the program; keeps the books."""
        pending = self.pending.get(answer.get("r"))
        if pending is None:
            return False
        if answer["m"] == "busy":
            pending.busy, pending.due = True, time.monotonic() + max(answer["after"], 1) / 1000
            return False
        if answer["m"] == "parked":
            pending.due = time.monotonic() + 12 * self.repeat
            told, pending.told_parked = pending.told_parked, True
            return not told
        if pending.message["m"] == "watch" and answer["m"] in ("news", "result"):
            return self.take_news(pending, answer)
        if answer["m"] == "result" and answer.get("more"):
            pending.begun, pending.due = True, time.monotonic() + self.repeat
            return True
        del self.pending[answer["r"]]
        return True

    def take_news(self, pending, answer):
        watch, pending.due = pending.message, None
        if answer["m"] == "result":
            first, pending.begun = not pending.begun, True
            watch.setdefault("p", answer.get("p", 0) + 1)
            return first
        if answer["p"] < watch.get("p", 0):
            return False  # told already, before a break
        watch["p"] = answer["p"] + 1
        pending.taken += 1
        if pending.taken * 2 >= watch["credit"]:
            self.put({"m": "credit", "r": watch["r"], "credit": pending.taken})
            pending.taken = 0
        return True

    def next_answer(self, timeout=None):
        """The next answer to something submitted, or None when none came in time. `parked` is given once; a final one follows."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            message = self.receive(None if until is None else max(0, until - time.monotonic()))
            if message is None or self.take(message):
                return message

    def ask(self, message, timeout=None):
        """Submits and waits for the answer (TimeoutError: whether an event was applied is not known; it is forgotten here).
        Answers to others that come meanwhile are dropped."""
        request = self.submit(message)
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            answer = self.next_answer(None if until is None else max(0, until - time.monotonic()))
            if answer is None:
                self.pending.pop(request, None)
                raise TimeoutError("no answer came in time")
            if answer["r"] == request:
                return answer


# ---- the client ----

class Client(_Peer):
    """Sends events, asks, watches. `timeout` is for the calls that wait, in seconds; None: for ever."""

    def __init__(self, endpoint, name="python", retry=5.0, timeout=30.0, key=None):
        self.name, self.timeout = name, timeout
        super().__init__(endpoint, retry, key)

    def greet(self):
        self.put({"m": "hello", "r": 1, "v": VERSION, "what": self.name})

    def event(self, kind, members, **more):
        return self.ask({"m": kind, **{name: value for name, value in {**members, **more}.items() if value is not None}}, self.timeout)

    def open(self, workflow, unit, as_, data=None, key=None, id=None, on_behalf=None, at=None, held=None):
        return self.event("open", {"w": workflow, "u": unit, "as": as_, "d": data, "key": key, "id": id, "for": on_behalf, "at": at, "held": held})

    def send(self, case, event, as_, data=None, id=None, on_behalf=None, at=None):
        return self.event("send", {"c": case, "e": event, "as": as_, "d": data, "id": id, "for": on_behalf, "at": at})

    def release(self, case, as_, id=None):
        return self.event("release", {"c": case, "as": as_, "id": id})

    def retry(self, task, as_, id=None):
        """The task of an incident goes out again."""
        return self.event("retry", {"task": task, "as": as_, "id": id})

    def erase(self, person, as_, why, id=None):
        """What is private of the person is destroyed."""
        return self.event("erase", {"for": person, "as": as_, "why": why, "id": id})

    def deploy(self, what, name, source, as_):
        """Hands a file over in parts; begins again when the engine was started anew in between."""
        source = source.encode() if isinstance(source, str) else source
        parts = [source[at:at + PART_SIZE] for at in range(0, len(source), PART_SIZE)] or [b""]
        id = new_id()
        for _ in range(3):
            for number, part in enumerate(parts, 1):
                answer = self.event("deploy", {"id": id, "as": as_, "what": what, "n": name, "part": number, "parts": len(parts), "b": part})
                if answer["m"] != "result":
                    break
            if number == 1 or answer.get("code") != "malformed":
                break
        return answer

    def question(self, kind, **members):
        """All rows of the answer to a question; the refusal, when it is refused, as the one row."""
        request = self.submit({"m": kind, **{name: value for name, value in members.items() if value is not None}})
        pending, rows, askings = self.pending[request], [], 1
        until = None if self.timeout is None else time.monotonic() + self.timeout
        while True:
            answer = self.next_answer(None if until is None else max(0, until - time.monotonic()))
            if answer is None:
                self.pending.pop(request, None)
                raise TimeoutError("no answer came in time")
            if answer["r"] != request:
                continue
            if askings != pending.askings:
                rows, askings = [], pending.askings
            if answer["m"] != "result":
                return [answer]
            rows += answer["rows"]
            if not answer.get("more"):
                return rows
            until = None if self.timeout is None else time.monotonic() + self.timeout

    def show(self, case, history=False):
        """The case's row; with history, the rows of its history follow it."""
        return self.question("show", c=case, history=history or None)

    def explain(self, case, event=None, person=None, data=None, on_behalf=None):
        """The case's row with what may happen next, then its history with the reasons; or, with an event, the row with what it would do."""
        return self.question("explain", c=case, e=event, d=data or None, **{"as": person, "for": on_behalf})

    def list(self, workflow=None, unit=None, stage=None, level=None, overdue=None, what=None, after=None, limit=None):
        return self.question("list", w=workflow, u=unit, s=stage, l=level, overdue=overdue, what=what, after=after, limit=limit)

    def incidents(self, unit=None):
        return self.question("incidents", u=unit)

    def status(self):
        return self.question("status")[0]

    def metrics(self):
        """The engine's figures as Prometheus reads them."""
        return "".join(row["text"] + "\n" for row in self.question("status", what="metrics"))

    def watch(self, position=None, credit=256, workflow=None, unit=None, case=None, timeout=None):
        """Yields the news from a position on, each once; ends when none came for `timeout` seconds, if that is given."""
        watch = {"m": "watch", "credit": credit, "p": position, "w": workflow, "u": unit, "c": case}
        request = self.submit({name: value for name, value in watch.items() if value is not None})
        try:
            while True:
                answer = self.next_answer(timeout)
                if answer is None:
                    return
                if answer["r"] == request and answer["m"] == "refused":
                    raise ValueError("%(code)s: %(why)s" % answer)
                if answer["r"] == request and answer["m"] == "news":
                    yield answer["rows"]
        finally:
            if self.pending.pop(request, None):
                self.put({"m": "credit", "r": request, "credit": 0})


# ---- the worker ----

class Worker(_Peer):
    """Does the work of topics. `tasks()` yields tasks and cancellations; each wants one report. Tasks come at least once: who must
    not do a thing twice remembers task["task"] with what came of it."""

    def __init__(self, endpoint, name, topics, unit=None, credit=1, retry=5.0, key=None):
        self.name, self.topics, self.unit, self.room = name, list(topics), unit, credit
        self.lease_seconds, self.next_beat = 30.0, 0.0
        self.waiting = collections.deque()  # tasks that came while a report was answered
        super().__init__(endpoint, retry, key)

    def greet(self):
        self.register()

    def register(self):
        message = {"m": "register", "r": 1, "v": VERSION, "what": self.name, "topics": self.topics, "credit": self.room, "u": self.unit}
        self.put({name: value for name, value in message.items() if value is not None})
        self.next_beat = time.monotonic() + self.lease_seconds / 3

    def beat(self):
        """Prolongs every lease; tasks() and reports do it on their own."""
        self.put({"m": "beat"})
        self.next_beat = time.monotonic() + self.lease_seconds / 3

    def credit(self, more=1):
        """So many more tasks may come; each report gives its own back."""
        self.put({"m": "credit", "credit": more})

    def hear(self, message):
        """What is no answer to a report: tasks wait for their turn. A cancellation of what was only leased is a courtesy: the report
        would be refused, and that is soon enough."""
        if message["m"] == "task" or (message["m"] == "cancel" and "about" in message):
            self.waiting.append(message)
        elif message["m"] == "registered":
            self.lease_seconds = message["ms"] / 1000
            self.next_beat = time.monotonic() + self.lease_seconds / 3
        elif message["m"] == "refused" and message["code"] == "not-registered":
            self.register()

    def listen(self, until):
        """One message, or a beat's time; None when there was none."""
        if time.monotonic() >= self.next_beat:
            self.beat()
        message = self.receive(max(0, min(until, self.next_beat) - time.monotonic()))
        if message is not None:
            self.hear(message)
        return message

    def next_task(self, timeout=None):
        """The next task or cancellation, or None when none came in time."""
        until = float("inf") if timeout is None else time.monotonic() + timeout
        while not self.waiting:
            if self.listen(until) is None and time.monotonic() >= until:
                return None
        return self.waiting.popleft()

    def tasks(self, timeout=None):
        while True:
            task = self.next_task(timeout)
            if task is None:
                return
            yield task

    def report(self, message, timeout=30.0):
        """Sends a report until it is answered; returns the answer."""
        request = self.submit({name: value for name, value in message.items() if value is not None})
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            answer = self.listen(until)
            if answer is not None and self.take(answer) and answer["r"] == request:
                return answer
        self.pending.pop(request, None)
        raise TimeoutError("the report was not answered")

    def accept(self, task):
        """From now on the task is this worker's, by its name; it has no lease any more."""
        answer = self.report({"m": "accept", "task": task["task"], "lease": task["lease"]})
        del task["lease"]
        self.credit()
        return answer

    def settle(self, task, data=None):
        answer = self.report({"m": "settle", "task": task["task"], "lease": task["lease"], "d": data})
        self.credit()
        return answer

    def fail(self, task, why, again=None, after=None):
        answer = self.report({"m": "fail", "task": task["task"], "lease": task["lease"], "why": why, "again": again, "after": after})
        self.credit()
        return answer

    def send(self, task, event, as_, data=None, case=None, id=None):
        """The event that settles a task, accepted before or not."""
        case = case if case is not None else task["case"]
        answer = self.report({"m": "send", "c": case, "e": event, "as": as_, "d": data, "task": task["task"], "lease": task.get("lease"), "id": id})
        if "lease" in task:
            self.credit()
        return answer
