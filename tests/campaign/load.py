"""What the campaigns share: the process tests' harness, a run of a fixed number of transactions, and what must hold of what was acknowledged."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "process"))
import harness  # noqa: E402
from harness import BUILDING, DISPUTE, PARTIES, staircase  # noqa: E402, F401

SENT = ("open", "agree-to-mediate", "raise", "comment")


def skip(word):
    print("skipped: %s" % word)
    sys.exit(77)


def transactions(count):
    """So many events, none of which hangs on the answer to another: cases that are opened, consented to, talked about and raised."""
    messages = []
    while len(messages) < count:
        key = staircase.new_id()
        messages.append({"m": "open", "w": "dispute-mediation", "u": BUILDING, "as": "li", "d": DISPUTE, "key": key})
        messages += [{"m": "send", "c": key, "e": "agree-to-mediate", "as": party} for party in PARTIES]
        messages.append({"m": "send", "c": key, "e": "comment", "as": "li", "d": {"comments": "第%d条" % len(messages)}})
        messages.append({"m": "send", "c": key, "e": "raise", "as": "li", "d": {"reason": "双方差距太大"}})
    for message in messages:
        message["id"] = staircase.new_id()
    return messages[:count]


def same(message):
    return {name: value for name, value in message.items() if name not in ("m", "r", "id")}


def must(holds, *what):
    if not holds:
        raise AssertionError(" ".join(map(str, what)))


def read_log(client):
    """All that the log tells, by the id of its event; fails where an event is there twice."""
    rows, last, reached = {}, client.status()["p"], 0
    for row in client.watch(position=1, timeout=harness.PATIENCE) if last else ():
        if row["e"] in SENT:
            must(row["id"] not in rows, "applied twice:", row)
            rows[row["id"]] = row
        reached = row["p"]
        if reached >= last:
            break
    must(reached >= last, "the watch fell silent at", reached, "of", last)
    return rows


def check_log(rows, acknowledged, sent):
    """What was acknowledged is there, where its receipt says; nothing is there that nobody sent. How many were applied without a receipt."""
    lost = [answer for id, answer in acknowledged.items() if id not in rows]
    must(not lost, len(lost), "LOST although acknowledged, at", [answer["p"] for answer in lost], "of", len(rows), "rows up to",
         max((row["p"] for row in rows.values()), default=0), lost[:1])
    for id, answer in acknowledged.items():
        row = rows[id]
        must((row["p"], row["case"], row["t"]) == (answer["p"], answer["case"], answer["t"]), "not where its receipt says:", row, answer)
    strange = set(rows) - set(sent)
    must(not strange, "nobody sent these:", strange)
    return len(set(rows) - set(acknowledged))


def verify(data):
    done = harness.run("verify", "--data", data, "--json", timeout=600)
    must(done.returncode == 0, "verify:", done.stdout, done.stderr)
    return done
