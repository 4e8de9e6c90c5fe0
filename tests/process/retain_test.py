#!/usr/bin/python3
"""`retain`: what a case holds of people is gone when it has been kept long enough, and stays gone over restarts."""
import datetime

import harness
from harness import until

BUILDING = "jinnong/grid-3/building-7"


def moment(*parts):
    return int(datetime.datetime(*parts, tzinfo=datetime.timezone(datetime.timedelta(hours=8))).timestamp() * 1000)


class Retain(harness.Case):
    def test_kept_long_enough(self):
        engine = self.engine(workflows=(), own=["tests/scenarios/data/kept.yaml"])
        client = self.client(engine)
        data = {"kind": "noise", "story": "夜间噪音", "applicant": {"id": "app:zhao", "name": "赵某"}}
        # An old case, so that the thirty days after its end are over as soon as it goes live; and one of today.
        old = self.applied(client.open("kept", BUILDING, "li", data, held=True, at=moment(2026, 1, 5, 10)))["case"]
        new = self.applied(client.open("kept", BUILDING, "li", data))["case"]
        self.applied(client.send(old, "close", "li", at=moment(2026, 1, 6, 10)))
        self.applied(client.send(new, "close", "li"))
        case = engine.rows("show", old, "--as", "li")[0]
        self.assertEqual((case["data"]["story"], case["data"]["applicant"][0]["name"], case.get("forgotten")), ("夜间噪音", "赵某", None))
        self.command(engine, "release", old, "--as", "li")
        until("it is forgotten", lambda: client.show(old)[0].get("forgotten"))
        for _ in range(2):
            case, *history = engine.rows("show", old, "--as", "li", "--history")
            self.assertEqual((case["data"], case["end"]), ({"kind": "noise"}, "closed"))
            self.assertEqual(history[0]["data"], {"kind": "noise"})
            self.assertIn("retain", [entry.get("clock") for entry in history])
            self.assertEqual(engine.rows("show", new, "--as", "li")[0]["data"]["story"], "夜间噪音")
            self.refused(client.send(old, "reopen", "app:zhao"), "not-now")
            self.assertIn("has been destroyed", self.command(engine, "show", str(old)).stdout)
            engine.kill()
            engine.start()
        self.assertEqual(engine.stop(), 0)
        self.verify(engine)


if __name__ == "__main__":
    harness.main()
