#!/usr/bin/env python3
"""Checks what `staircase prove` gave out, with nothing of Staircase: PROTOCOL.md section 15. A HEAD is a file of `staircase head --json`.

    check_proof.py PROOF HEAD [CASE]          these records, of CASE (its number or id), stand in the log that was published as HEAD
    check_proof.py PROOF OLD-HEAD NEW-HEAD    the log of NEW-HEAD begins with all of the log of OLD-HEAD, unchanged
"""
import base64, datetime, hashlib, itertools, json, sys

def must(holds, words):
    holds or sys.exit("DOES NOT HOLD: " + words)

def node(left, right):
    must(len(left) == len(right) == 32, "a hash has 32 bytes")
    return hashlib.sha256(b"\1" + left + right).digest()

def root_of(leaf, index, size, path):  # RFC 9162, 2.1.3; a path is used up from its end, where the top of the tree is
    if size == 1: return leaf
    half, other = 1 << (size - 1).bit_length() - 1, path.pop()
    return node(root_of(leaf, index, half, path), other) if index < half else node(other, root_of(leaf, index - half, size - half, path))

def roots_of(known, old, size, path):  # RFC 9162, 2.1.4: of the older log and of the newer
    if old == size: return [known or path.pop()] * 2
    half, other = 1 << (size - 1).bit_length() - 1, path.pop()
    if old > half: return [node(other, root) for root in roots_of(None, old - half, size - half, path)]
    older, newer = roots_of(known, old, half, path)
    return [older, node(newer, other)]

def unpack(data):  # msgpack, from an iterator of bytes
    take = lambda count: bytes(itertools.islice(data, count))
    number = lambda count, signed=False: int.from_bytes(take(count), "big", signed=signed)
    tag = number(1)
    if tag < 0x80 or tag >= 0xe0: return tag if tag < 0x80 else tag - 256
    if tag < 0x90 or tag >= 0xde: return {unpack(data): unpack(data) for _ in range(tag & 15 if tag < 0x90 else number(2 << (tag & 1)))}
    if tag < 0xa0 or tag >= 0xdc: return [unpack(data) for _ in range(tag & 15 if tag < 0xa0 else number(2 << (tag & 1)))]
    if tag < 0xc0 or tag >= 0xd9: return take(tag & 31 if tag < 0xc0 else number(1 << tag - 0xd9)).decode()
    return [None, None, False, True][tag - 0xc0] if tag < 0xc4 else take(number(1 << tag - 0xc4)) if tag < 0xc7 else number(1 << (tag & 3), tag > 0xcf)

def decoded(words):
    must(base64.b64encode(base64.b64decode(words)).decode() == words, "not base64: " + words)
    return base64.b64decode(words)

def check(proof, head, more=None):
    size, root, before, cases = head["size"], bytes.fromhex(head["root"]), 0, set()
    path_of = lambda row: [decoded(row["path"])[at:at + 32] for at in range(0, len(decoded(row["path"])), 32)]
    if "records" not in proof:
        new, path = json.load(open(more)), path_of(proof)
        must((proof["old"], proof["new"]) == (head, new), "the proof is about other heads")
        must(roots_of(root, size, new["size"], path) == [root, bytes.fromhex(new["root"])] and not path, "the newer log does not begin with the older one")
        return print("holds: the log of %d records begins with the %d of the older head, unchanged" % (new["size"], size))
    must(proof["head"] == head, "the proof is about another head")
    for row in proof["records"]:
        record, path, at = decoded(row.get("record", "")), path_of(row), row["position"]
        leaf = hashlib.sha256(b"\0" + record).digest() if record else decoded(row["leaf"])
        must(before < at <= size and root_of(leaf, at - 1, size, path) == root and not path, "record %d is not in that log" % at)
        if record:  # a header of 88 bytes, then a map (PROTOCOL.md section 15)
            number, body = lambda first: int.from_bytes(record[first:first + 8], "big"), unpack(iter(record[88:]))
            must(number(32) == before, "record %d does not follow %d: one of the case is missing" % (at, before))
            cases.add((number(24), body.get("No")))
            print(at, datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=number(8) - (1 << 63)), "kind", record[1],
                  *("%s=%r" % pair for pair in body.items() if pair[0] in ("e", "as", "for", "S", "L", "U", "E", "why")))
        before = at
    must(before and len(cases) == ("case" in proof) and cases <= {(proof.get("case"), proof.get("number"))}, "these are not the records of one case")
    must(more is None or any(more in map(str, case) for case in cases), "the proof is not about " + str(more))
    print("holds: these %d records stand in the log of %d records" % (len(proof["records"]), size))

if __name__ == "__main__":
    try:
        check(*(json.load(open(path, encoding="utf-8")) for path in sys.argv[1:3]), *sys.argv[3:])
    except Exception as mistake:
        sys.exit("DOES NOT HOLD: these are not a proof and a head (files of JSON): %r" % mistake)
