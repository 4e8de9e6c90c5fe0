#!/usr/bin/python3
"""kill -9 in the middle of load with workers and an import, again and again: rounds of tests/process/crash_test.py, each with a seed of its own.

    kills.py [--kills 160] [--seed 1]"""
import argparse
import os
import sys
import unittest

import load  # noqa: F401  (the way to the process tests)
import crash_test


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rounds = -(-options.kills // crash_test.KILLS)
    for number in range(rounds):
        os.environ["STAIRCASE_SEED"] = str(options.seed + number)
        suite = unittest.defaultTestLoader.loadTestsFromModule(crash_test)
        if not unittest.TextTestRunner(verbosity=0, stream=sys.stdout).run(suite).wasSuccessful():
            return 1
    print("%d kills, seeds %d to %d: nothing acknowledged was lost, nothing counted twice" %
          (rounds * crash_test.KILLS, options.seed, options.seed + rounds - 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
