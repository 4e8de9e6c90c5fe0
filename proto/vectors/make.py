#!/usr/bin/python3
"""Writes the test vectors; see README.md. Independent of the engine's own encoder on purpose."""
import json
import os
import struct

import msgpack

HERE = os.path.dirname(os.path.abspath(__file__))
ID = bytes.fromhex("0199f2b0c4007a3b8c5d112233445566")
KEY = bytes.fromhex("0199f2b0c3ff7b11a2b3c4d5e6f70819")
OPEN = {"m": "open", "r": 1, "id": ID, "key": KEY, "w": "dispute-mediation", "u": "jinnong/grid-3/building-7", "as": "li"}
SEND = {"m": "send", "r": 2, "id": ID, "c": KEY, "e": "raise", "as": "li"}


def pack(value):
    return msgpack.packb(value, use_bin_type=True)


def plain(value):
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def good():
    row = {"case": 4711, "due": 1790000000000, "l": "grid", "no": "金农调字〔2026〕15号", "s": "mediation"}
    yield "hello", {"m": "hello", "r": 1, "v": 1, "what": "grid-app"}
    yield "open, the least", OPEN
    yield "open with everything", {**OPEN, "for": "app:7f3a", "at": 1789000000000, "d": {
        "applicant": [{"id": "app:7f3a", "telephone": "130"}, "app:99"], "category": "neighbour", "kept": True, "none": None,
        "severity": -3, "summary": "三楼漏水，楼下受损"}, "held": True}
    yield "send by key", {**SEND, "d": {"reason": "双方要求上报"}}
    yield "send by id, as a worker", {"m": "send", "r": 3, "id": ID, "c": 4711, "e": "conclude", "as": "wang", "d": {"agreement": "x" * 40},
                                      "task": 1206016, "lease": 5}
    yield "send by number", {"m": "send", "r": 3, "id": ID, "c": "金农调字〔2026〕15号", "e": "sign", "as": "wang", "at": 0}
    yield "release", {"m": "release", "r": 4, "id": ID, "c": 4711, "as": "li"}
    yield "deploy", {"m": "deploy", "r": 5, "id": ID, "as": "chief", "what": "workflow", "n": "dispute-mediation.yaml", "part": 2, "parts": 2,
                     "b": b"stages:\n  consent:\n"}
    yield "migrate", {"m": "migrate", "r": 6, "v": 2, "id": ID, "c": 4711, "w": "dispute-mediation", "as": "chief",
                      "d": {"drop": ["reason"], "stages": {"consent": "first-contact"}}}
    yield "retry", {"m": "retry", "r": 6, "id": ID, "c": 4711, "as": "chief", "task": 1206016}
    yield "erase", {"m": "erase", "r": 6, "id": ID, "as": "chief", "for": "app:7f3a", "why": "asked for on 2026-11-21"}
    yield "show", {"m": "show", "r": 7, "c": KEY, "history": True}
    yield "explain", {"m": "explain", "r": 7, "c": 4711}
    yield "explain an event", {"m": "explain", "r": 7, "c": "金农调字〔2026〕15号", "e": "sign", "as": "wang", "for": "app:7f3a", "d": {"agreement": "x"}}
    yield "list", {"m": "list", "r": 8, "w": "dispute-mediation", "u": "jinnong", "s": "mediation", "overdue": True, "after": 12, "limit": 50}
    yield "list, the least", {"m": "list", "r": 8}
    yield "incidents", {"m": "incidents", "r": 9, "u": "jinnong"}
    yield "status", {"m": "status", "r": 10}
    yield "status of the metrics", {"m": "status", "r": 10, "what": "metrics"}
    yield "watch", {"m": "watch", "r": 11, "u": "jinnong", "p": 100, "credit": 256}
    yield "watch for erasures", {"m": "watch", "r": 11, "what": "erasures", "credit": 1}
    yield "credit", {"m": "credit", "r": 11, "credit": 128}
    yield "credit of nothing ends a watch", {"m": "credit", "r": 11, "credit": 0}
    yield "beat", {"m": "beat"}
    yield "welcome", {"m": "welcome", "r": 1, "v": 1, "what": "staircase", "p": 99, "t": 1790000000000}
    yield "applied", {"m": "applied", "r": 2, "id": ID, "u": "jinnong/grid-3", "s": "mediation", "l": "grid", "p": 100, "t": 1790000000000,
                      "case": 4711, "no": "金农调字〔2026〕15号", "due": 1791000000000}
    yield "applied, the case has ended", {"m": "applied", "r": 2, "p": 101, "t": 1790000000000, "case": 4711, "end": "resolved"}
    yield "duplicate", {"m": "duplicate", "r": 2, "id": ID, "s": "mediation", "p": 100, "t": 1790000000000, "case": 4711}
    yield "parked", {"m": "parked", "r": 2, "id": ID, "p": 102, "t": 1790000000000, "due": 1792592000000}
    yield "refused", {"m": "refused", "r": 2, "id": ID, "s": "consent", "code": "not-now", "why": "The case is in consent.",
                      "do": "See what is possible now.", "can": ["agree-to-mediate", "decline"]}
    yield "refused with mistakes", {"m": "refused", "r": 2, "code": "invalid-source", "why": "w.yaml:3:5: stages: unknown key 'withing'",
                                    "do": "Mend what is listed.", "rows": [{"column": 5, "line": 3, "path": "stages", "why": "unknown key"}]}
    yield "refused without a request", {"m": "refused", "r": 0, "code": "malformed", "why": "it ends", "do": "Send it again."}
    yield "busy", {"m": "busy", "r": 2, "after": 250, "code": "read-only"}
    yield "result", {"m": "result", "r": 8, "p": 100, "rows": [row, {**row, "case": 4712}], "more": True}
    yield "result without rows", {"m": "result", "r": 8, "rows": []}
    yield "news", {"m": "news", "r": 11, "p": 100, "t": 1790000000000, "rows": {
        "as": "li", "case": 4711, "e": "raise", "notices": [{"kind": "stage", "text": {"zh": "已上报网格"}, "who": "app:7f3a"}], "p": 100}}
    yield "register", {"m": "register", "r": 1, "u": "jinnong", "what": "mediation-centre", "topics": ["mediation-centre"], "credit": 10}
    yield "registered", {"m": "registered", "r": 1, "ms": 30000}
    yield "task", {"m": "task", "case": 4711, "rows": {"case": 4711, "data": {"summary": "三楼漏水"}, "w": "dispute-mediation"}, "task": 1206016,
                   "lease": 5, "ms": 30000, "try": 1, "topic": "mediation-centre"}
    yield "notice", {"m": "task", "what": "notice", "rows": {"case": 4711, "text": {"en": "told", "zh": "告知"}}, "task": 1206017,
                     "lease": 6, "ms": 30000, "try": 1, "topic": "archive"}
    yield "cancel of a lease", {"m": "cancel", "task": 1206016, "lease": 5}
    yield "cancel of what was accepted", {"m": "cancel", "task": 1300000, "lease": 9, "ms": 30000, "try": 1, "topic": "mediation-centre", "about": 1206016}
    yield "accept", {"m": "accept", "r": 2, "task": 1206016, "lease": 5}
    yield "settle", {"m": "settle", "r": 3, "task": 1206016, "lease": 5}
    yield "fail", {"m": "fail", "r": 4, "after": 60000, "why": "printer on fire", "task": 1206016, "lease": 5, "again": True}
    for number in (0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000, 0x7fffffffffffffff):
        yield "integer %d" % number, {**SEND, "d": {"n": number}}
    for number in (-1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649, -9223372036854775808):
        yield "integer %d" % number, {**SEND, "d": {"n": number}}
    for size in (0, 31, 32, 255, 256):
        yield "text of %d bytes" % size, {**SEND, "d": {"t": "x" * size}}
    for size in (255, 256):
        yield "bytes of %d" % size, {**SEND, "d": {"b": b"\0" * size}}
    for count in (15, 16):
        yield "list of %d" % count, {**SEND, "d": {"l": list(range(count))}}
        yield "map of %d" % count, {**SEND, "d": {"m": {"n%02d" % i: i for i in range(count)}}}
    deep = 1
    for _ in range(13):
        deep = [deep]
    yield "15 deep", {**SEND, "d": {"l": deep}}
    yield "every size of character", {**SEND, "d": {"t": "aé中𐍈\U0010ffff"}}


def good_in_another_form():
    yield "members in another order", pack(dict(reversed(SEND.items()))), SEND
    fields = {"b": 1, "a": {"z": 1, "y": 2}}
    sorted_fields = {"a": {"y": 2, "z": 1}, "b": 1}
    yield "fields in another order", pack({**SEND, "d": fields}), {**SEND, "d": sorted_fields}
    yield "integers longer than they need be", b"\x82\xa1m\xa4beat\xa1r\xcf" + struct.pack(">Q", 5), {"m": "beat", "r": 5}
    yield "signed forms of what is not negative", b"\x82\xa1m\xa4beat\xa1r\xd3" + struct.pack(">q", 5), {"m": "beat", "r": 5}
    yield "texts and maps longer than they need be", b"\xdf\0\0\0\x02\xd9\x01m\xdb\0\0\0\x04beat\xda\0\x01r\x05", {"m": "beat", "r": 5}
    large = {"n%03d" % i: i for i in range(300)}
    yield "a large map in order", pack({**SEND, "d": {"m": large}}), {**SEND, "d": {"m": large}}


def without(message, name):
    return {key: value for key, value in message.items() if key != name}


def refused():
    """name, bytes or (head, repeat, times, tail), code, words of the reason, request"""
    send = pack(SEND)
    yield "nothing at all", b"", "malformed", "ends", 0
    yield "not a map", pack([1, 2]), "malformed", "map", 0
    yield "an integer", pack(7), "malformed", "map", 0
    yield "cut short", send[:-1], "malformed", "ends", 2
    yield "cut in a name", send[:7], "malformed", "ends", 0
    yield "something after its end", send + b"\xc0", "malformed", "follows", 2
    yield "two messages", send + send, "malformed", "follows", 2
    yield "a byte msgpack does not use", pack({**SEND, "d": {"x": 1}})[:-1] + b"\xc1", "malformed", "does not use", 2
    yield "floating point", pack({**SEND, "d": {"x": 1.5}}), "malformed", "floating", 2
    yield "floating point of 4 bytes", pack({**SEND, "d": {"x": 1}})[:-1] + b"\xca\x3f\x80\0\0", "malformed", "floating", 2
    yield "an extension", pack({**SEND, "d": {"x": msgpack.ExtType(5, b"abcd")}}), "malformed", "extension", 2
    yield "a timestamp", pack({**SEND, "d": {"x": msgpack.Timestamp(1, 0)}}), "malformed", "extension", 2
    yield "text that is not UTF-8", pack({**SEND, "d": {"x": 1}})[:-1] + b"\xa2\xc3\x28", "malformed", "UTF-8", 2
    yield "UTF-8 that is too long", pack({**SEND, "d": {"x": 1}})[:-1] + b"\xa2\xc0\x80", "malformed", "UTF-8", 2
    yield "half of a surrogate pair", pack({**SEND, "d": {"x": 1}})[:-1] + b"\xa3\xed\xa0\x80", "malformed", "UTF-8", 2
    yield "beyond U+10FFFF", pack({**SEND, "d": {"x": 1}})[:-1] + b"\xa4\xf4\x90\x80\x80", "malformed", "UTF-8", 2
    yield "U+0000 in a text", pack({**SEND, "d": {"x": "a\0b"}}), "malformed", "U+0000", 2
    yield "the same member twice", b"\x87" + send[1:] + b"\xa2as\xa2li", "malformed", "twice", 2
    yield "the same field twice", pack({**SEND, "d": 1})[:-1] + b"\x82\xa1x\x01\xa1x\x02", "malformed", "twice", 2
    yield "the same name twice, further in", pack({**SEND, "d": 1})[:-1] + b"\x81\xa1x\x82\xa1y\x01\xa1y\x02", "malformed", "twice", 2
    yield "the same name twice in two forms", pack({**SEND, "d": 1})[:-1] + b"\x82\xa1x\x01\xd9\x01x\x02", "malformed", "twice", 2
    yield "a name that is no text", pack({**SEND, "d": {1: 2}}), "malformed", "not a text", 2
    yield "a name that is nil", b"\x87" + send[1:] + b"\xc0\xc0", "malformed", "not a text", 2
    deep = 1
    for _ in range(15):
        deep = [deep]
    yield "17 deep", pack({**SEND, "d": {"l": deep}}), "malformed", "deep", 2
    yield "a hundred thousand deep", (b"", b"\x91", 100000, b"\xc0"), "malformed", "deep", 0
    yield "a list that claims 4 billion", b"\xdd\xff\xff\xff\xff", "malformed", "ends", 0
    yield "a map that claims 4 billion", b"\xdf\xff\xff\xff\xff\xa1m", "malformed", "ends", 0
    yield "a text that claims 4 GB", pack({**SEND, "d": 1})[:-1] + b"\xdb\xff\xff\xff\xff", "malformed", "ends", 2
    yield "bytes that claim 4 GB", pack({"m": "send", "r": 2, "id": 1})[:-1] + b"\xc6\xff\xff\xff\xff", "malformed", "ends", 2
    yield "lists that claim a little more each", b"\x81\xa1m" + b"\xdd\x00\x00\x00\x20" * 8, "malformed", "ends", 0
    yield "10,001 elements", (pack({**SEND, "d": {"l": 1}})[:-1] + b"\xdc\x27\x11", b"\xc0", 10001, b""), "too-large", "elements", 2
    yield "a megabyte of nils", (b"\xdd\x00\x0f\xff\xfb", b"\xc0", 1048571, b""), "too-large", "bytes", 0
    head = pack({**SEND, "d": {"t": 1}})[:-1] + b"\xdb"
    left = 524289 - len(head) - 4
    yield "524,289 bytes", (head + struct.pack(">I", left), b"x", left, b""), "too-large", "bytes", 2
    yield "a large map not in order", pack({**SEND, "d": {"m": {"n%03d" % i: i for i in reversed(range(300))}}}), "malformed", "order", 2
    yield "no kind", pack(without(SEND, "m")), "malformed", "'m'", 2
    yield "an unknown kind", pack({**SEND, "m": "sned"}), "malformed", "sned", 2
    yield "a kind that is no text", pack({"m": 5, "r": 2}), "malformed", "'m'", 2
    yield "an unknown member", pack({**SEND, "colour": 1}), "malformed", "colour", 2
    yield "an unknown member with a long name", pack({**SEND, "x" * 1000: 1}), "malformed", "xxx", 2
    yield "a member of another kind", pack({**SEND, "topics": ["x"]}), "malformed", "topics", 2
    for name in ("id", "c", "e", "as"):
        yield "send without " + name, pack(without(SEND, name)), "malformed", "'%s'" % name, 2
    yield "send without r", pack(without(SEND, "r")), "malformed", "'r'", 0
    for name in ("id", "key", "w", "u", "as"):
        yield "open without " + name, pack(without(OPEN, name)), "malformed", "'%s'" % name, 1
    yield "nil for a member", pack({**SEND, "for": None}), "malformed", "'for'", 2
    yield "an id of 15 bytes", pack({**SEND, "id": ID[:15]}), "malformed", "'id'", 2
    yield "an id that is a text", pack({**SEND, "id": "0123456789abcdef"}), "malformed", "'id'", 2
    yield "a key of 17 bytes", pack({**SEND, "c": KEY + b"x"}), "malformed", "'c'", 2
    yield "case 0", pack({**SEND, "c": 0}), "malformed", "'c'", 2
    yield "case -1", pack({**SEND, "c": -1}), "malformed", "'c'", 2
    yield "an empty name", pack({**SEND, "e": ""}), "malformed", "'e'", 2
    yield "a name of 65 bytes", pack({**SEND, "e": "e" * 65}), "malformed", "'e'", 2
    yield "a name with a line feed", pack({**SEND, "e": "a\nb"}), "malformed", "'e'", 2
    yield "a person of 129 bytes", pack({**SEND, "as": "a" * 129}), "malformed", "'as'", 2
    yield "a path of 257 bytes", pack({**OPEN, "u": "u" * 257}), "malformed", "'u'", 1
    yield "fields that are a list", pack({**SEND, "d": [1]}), "malformed", "'d'", 2
    yield "an empty field name", pack({**SEND, "d": {"": 1}}), "malformed", "field name", 2
    yield "an integer beyond 2^63 - 1", pack({**SEND, "d": {"n": 9223372036854775808}}), "malformed", "'n'", 2
    yield "a time beyond 2^63 - 1", pack({**SEND, "at": 9223372036854775808}), "malformed", "'at'", 2
    yield "a negative request", pack({**SEND, "r": -2}), "malformed", "'r'", 0
    yield "a part beyond 32 bits", pack({"m": "deploy", "r": 5, "id": ID, "as": "x", "what": "workflow", "n": "x", "part": 4294967296, "parts": 1, "b": b""}), \
        "malformed", "'part'", 5
    yield "a flag that is an integer", pack({**OPEN, "held": 1}), "malformed", "'held'", 1
    yield "topics that are a text", pack({"m": "register", "r": 1, "what": "w", "topics": "x", "credit": 1}), "malformed", "'topics'", 1
    yield "a topic that is an integer", pack({"m": "register", "r": 1, "what": "w", "topics": [1], "credit": 1}), "malformed", "'topics'", 1
    yield "rows that are a text", pack({"m": "result", "r": 1, "rows": "x"}), "malformed", "'rows'", 1
    yield "hello of version 2", pack({"m": "hello", "r": 1, "v": 2, "what": "x"}), "version", "version 2", 1
    yield "hello of version 2 with a new member", pack({"m": "hello", "r": 1, "v": 2, "what": "x", "zip": True}), "version", "version 2", 1


def main():
    with open(os.path.join(HERE, "messages.jsonl"), "w", encoding="utf-8") as out:
        for name, message in good():
            line = {"name": name, "hex": pack(message).hex(), "message": plain(message)}
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
        for name, form, message in good_in_another_form():
            line = {"name": name, "hex": form.hex(), "message": plain(message)}
            if pack(message) != form:
                line["canonical"] = pack(message).hex()
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    with open(os.path.join(HERE, "refused.jsonl"), "w", encoding="utf-8") as out:
        for name, form, code, names, request in refused():
            line = {"name": name, "code": code, "names": names, "r": request}
            if isinstance(form, tuple):
                line.update(hex=form[0].hex(), repeat=form[1].hex(), times=form[2], tail=form[3].hex())
            else:
                line["hex"] = form.hex()
            out.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
