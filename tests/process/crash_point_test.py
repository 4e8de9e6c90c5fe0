#!/usr/bin/python3
"""Some of the calls of a short run, each once the last thing that the engine does. All of them, of a long run: make crash (tests/campaign)."""
import argparse
import os
import sys

import harness

sys.path.insert(0, os.path.join(harness.SOURCE, "tests", "campaign"))
import crash  # noqa: E402

# Every so many calls of a run of so few transactions: 8 points or so, while the files come into being and while events are applied.
SHORT = argparse.Namespace(transactions=25, first=7, step=41, kinds=None, error=None, jobs=1, state=None)

if __name__ == "__main__":
    crash.ask_for_strace()
    crash.keys_campaign()
    crash.campaign(SHORT)
