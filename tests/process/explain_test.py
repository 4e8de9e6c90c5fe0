"""`staircase explain`: why a case is where it is, what may happen next, why an event would be refused: over real sockets."""
import json

import harness
from harness import BUILDING

DONE, REFUSED, USAGE = range(3)


class ExplainTest(harness.Case):
    def test_a_case_is_explained(self):
        engine = self.engine()
        client = self.client(engine)
        case = self.open_dispute(client)["case"]
        self.agree(client, case)
        self.applied(client.send(case, "raise", "li", {"reason": "双方差距太大"}))
        said = self.command(engine, "explain", case).stdout
        for words in ("stands at: consent · grid, jinnong/grid-3", "raise (li)", "deadline: ", "then the case ends: refused", "What may happen next:",
                      "counts when each of them has sent it", "then: goes to mediation at the same level", "mediator at jinnong/grid-3", "(wang)",
                      "What happened:", "2 of 2 have sent it", "enters mediation · building, " + BUILDING):
            self.assertIn(words, said)
        self.assertNotIn("楼上漏水", said)
        self.assertNotIn("双方差距", said)
        said = self.command(engine, "explain", case, "--lang", "zh").stdout
        for words in ("现在：征求双方同意（consent） · 网格（grid）", "时限：", "结案：不同意调解", "接下来可以办理：", "同意调解（agree-to-mediate）",
                      "须每一位都办理才生效", "王某（wang）", "须填：事由（reason）", "已有 2 人办理，共需 2 人"):
            self.assertIn(words, said)
        rows = engine.rows("explain", case)
        self.assertEqual([row["e"] for row in rows[1:]], ["open", "agree-to-mediate", "agree-to-mediate", "raise"])
        self.assertEqual(rows[0]["because"]["e"], "raise")
        self.assertEqual(client.explain(case)[0]["place"]["en"], rows[0]["place"]["en"])

    def test_an_event_is_tried(self):
        engine = self.engine()
        client = self.client(engine)
        case = self.open_dispute(client)["case"]
        done = self.command(engine, "explain", case, "--event", "agree-to-mediate", "--as", "chen", code=REFUSED)
        for words in ("refused: not-allowed", "what to do: ", "What that event takes:"):
            self.assertIn(words, done.stdout)
        done = self.command(engine, "explain", case, "--event", "sign", "--as", "li", "agreement=x", "--lang", "zh", code=REFUSED)
        for words in ("会被拒绝：not-now", "该环节不接受", "现在可办：同意调解（agree-to-mediate）"):
            self.assertIn(words, done.stdout)
        said = self.command(engine, "explain", case, "--event", "comment", "--as", "li", "comments=听不清").stdout
        self.assertIn("applied; it would then stand at: consent", said)
        self.assertEqual(len(engine.rows("show", case, "--history")), 2)
        trial = json.loads(self.command(engine, "explain", case, "--event", "decline", "--as", "app:qian", "--json").stdout)["trial"]
        self.assertEqual(trial["end"], "refused")
        self.command(engine, "explain", case, "--event", "sign", code=USAGE)
        self.command(engine, "explain", case, "reason=x", "--as", "li", code=USAGE)
        self.assertIn("unknown-case", self.command(engine, "explain", "4711", code=REFUSED).stderr)

    def test_the_ways_on_are_whole(self):
        engine = self.engine(own=("workflows/seal-use/workflow.yaml", "tests/scenarios/reopen/workflow.yaml", "tests/scenarios/vote/council.yaml"))
        client = self.client(engine)
        case = self.applied(client.open("seal-use", "jinnong", "clerk-11", {"thing": "seal", "purpose": "证明"}))["case"]
        self.assertIn("nobody who has part in: the opening", self.command(engine, "explain", case).stdout)
        # How much is needed with an extension of up to so much.
        case = self.applied(client.open("grid-matter", "jinnong/grid-3", "li", {"summary": "灯", "kind": "facility"}))["case"]
        self.applied(client.send(case, "report-up", "li", {"reason": "无权限"}))
        self.applied(client.send(case, "assign", "clerk-11", {"responsible": "jinnong"}))
        self.assertIn("needs: add: how much, reason", self.command(engine, "explain", case).stdout)
        # A case that is over can be opened again.
        case = self.applied(client.open("grid-matter", "jinnong/grid-3", "li", {"summary": "灯", "kind": "facility"}))["case"]
        self.applied(client.send(case, "dismiss", "leader-103", {"reason": "重复"}))
        said = self.command(engine, "explain", case).stdout
        for words in ("What may happen next:", "reopen", "who opened the case", "until: ", "times left: 1", "goes to assessment at the level community"):
            self.assertIn(words, said)
        self.assertIn("重新立案（reopen）", self.command(engine, "explain", case, "--lang", "zh").stdout)
        # A ballot that came too late says so, and what the language calls its own events is told in Chinese.
        case = self.applied(client.open("council", "jinnong", "secretary-11", {"topic": "灯"}))["case"]
        for member in range(1, 5):
            if member == 4: # who has given a final ballot is through; who is still out is named
                ways = {way["e"]: [person["id"] for person in way["persons"]] for way in engine.rows("explain", case)[0]["ways"] if "persons" in way}
                self.assertEqual(sorted(ways["ballot"]), sorted("council-11-%d" % still for still in range(4, 17)))
                self.assertEqual(ways["attend"], ways["ballot"])
                self.assertEqual(len(ways["recuse"]), 16)
            self.applied(client.send(case, "ballot", "council-11-%d" % member, {"choice": "reject"}))
        self.applied(client.send(case, "ballot", "council-11-5", {"choice": "approve"}))
        said = self.command(engine, "explain", case, "--lang", "zh").stdout
        self.assertIn("投票（ballot）", said)
        self.assertIn("选票已记录，不计入结果", said)

    def test_a_merge_is_tried(self):
        engine = self.engine(own=("tests/scenarios/merge/hearing.yaml",))
        client = self.client(engine)
        one, other = (self.applied(client.open("hearing", "jinnong", "secretary-11", {"what": what, "days": "short"}))["case"] for what in ("路灯", "井盖"))
        said = self.command(engine, "explain", one, "--event", "merge", "--as", "ma", "case=%s" % other).stdout
        self.assertIn("applied; it would then stand at: talk", said)
        said = self.command(engine, "explain", one, "--event", "merge", "--as", "secretary-11", "case=%s" % other, code=REFUSED).stdout
        self.assertIn("that is done by a supervisor at jinnong", said)
        said = self.command(engine, "explain", one, "--event", "merge", "--as", "ma", "case=4711", code=REFUSED).stdout
        self.assertIn("there is no such case", said)
        said = self.command(engine, "explain", one, "--event", "un-merge", "--as", "ma", code=REFUSED).stdout
        self.assertIn("the case was not merged into another", said)
        self.command(engine, "explain", one, "--event", "split", "--as", "ma", "what=雨棚", "days=long")
        self.assertEqual(len(engine.rows("show", other, "--history")), 2)

    def test_a_vote_is_explained(self):
        engine = self.engine(own=("tests/scenarios/vote/council.yaml",))
        client = self.client(engine)
        case = self.applied(client.open("council", "jinnong", "secretary-11", {"topic": "加装电梯"}))["case"]
        for member in range(1, 4):
            self.applied(client.send(case, "ballot", "council-11-%d" % member, {"choice": "approve"}))
        said = self.command(engine, "explain", case).stdout
        for words in ("then the vote closes and is counted; passed: the case ends: proposed; not passed: the case ends: returned", "3 of 16 members: 5 × 3 = 15 < 4 × 16 = 64",
                      "needs: choice: approve, reject, abstain", "(council-11-16)"):
            self.assertIn(words, said)
        said = self.command(engine, "explain", case, "--lang", "zh").stdout
        for words in ("投票（ballot）", "同意（approve）、不同意（reject）、弃权（abstain）", "同意 3，全体成员 16：5 × 3 = 15 < 4 × 16 = 64", "第 1 次表决人名册：16 人", "表决结束并计票；通过：结案"):
            self.assertIn(words, said)
        self.assertNotIn(" members", said)
        self.assertIn("choice: 同意（approve）", self.command(engine, "show", case, "--history", "--lang", "zh").stdout)
        self.assertIn("ballots of this vote are final", self.command(engine, "explain", case, "--event", "ballot", "--as", "council-11-1", "choice=reject", code=REFUSED).stdout)
        self.command(engine, "explain", case, "--event", "ballot", "--as", "council-11-9", "choice=reject")
        self.assertEqual(len(engine.rows("show", case, "--history")), 5)


if __name__ == "__main__":
    harness.main()
