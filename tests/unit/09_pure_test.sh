#!/bin/sh
# Among the unit tests, so that it runs with them.
exec "$(dirname "$0")/../pure_test.sh" "$@"
