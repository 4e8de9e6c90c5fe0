# Staircase. `make run` and `make test` are all a newcomer needs; both install what is missing.
#   make            build/staircase and build/mediation_centre
#   make run        engine and mediation centre on the sample district, until Ctrl-C
#   make test       everything that must hold, with a plain count at the end
#   make unit       the unit tests alone          make simulate SEEDS=N   the simulator, N seeds
#   make sanitize   unit tests and simulator under ASan and UBSan
#   make coverage   which branches they reach; fails where a room of tests/coverage/exceptions.txt has one that they do not
#   make lint       clang-tidy and cppcheck       make clean
#   make install    PREFIX=/usr/local SYSCONFDIR=/etc DESTDIR=: programs, workflows, configuration, units of systemd
#   make crash, powercut, kills, overload, service, fuzz   campaigns: tests/campaign/README.md
# B=DIR builds into another folder; CC=clang-14 works too.

B     ?= build
CC    := $(if $(filter default,$(origin CC)),gcc,$(CC))
SEEDS ?= 200
PKGS   = libzmq lmdb msgpack libuv yaml-0.1 libsodium nettle libgvc libical
DEBS   = gcc libc6-dev pkg-config libzmq3-dev liblmdb-dev libmsgpack-dev libuv1-dev libyaml-dev libsodium-dev nettle-dev libgraphviz-dev libical-dev libcmocka-dev \
         tzdata python3 python3-zmq python3-msgpack python3-yaml python3-jsonschema

# What makes a mistake in memory end the process rather than run as somebody wishes (SECURITY.md; tests/unit/49_hardened_test.sh reads it in the
# programs). _FORTIFY_SOURCE would hide calls from the sanitizers, which look closer.
CPU_x86_64  = -fcf-protection=full
CPU_aarch64 = -mbranch-protection=standard
HARDEN    = -fPIE -fstack-protector-strong -fstack-clash-protection $(CPU_$(shell uname -m)) $(if $(findstring -fsanitize,$(EXTRA)),,-D_FORTIFY_SOURCE=3)
HARDEN_LD = -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code

CPPFLAGS = -I. -D_GNU_SOURCE -MMD -MP
CFLAGS   = -std=c11 -O2 -g -fno-omit-frame-pointer -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wformat-security -Werror $(HARDEN) $(EXTRA)
LDLIBS   = -lzmq -llmdb -lmsgpackc -luv -lyaml -lsodium -lnettle -lical -lpthread
LDFLAGS  = $(HARDEN_LD) $(EXTRA)

# The rooms, lowest first: what stands further down may include what stands above it, never the other way round.
PROTO  = $(addprefix proto/, $(addsuffix .c, err wire wire_put message_members message_decode message_encode json key connection pending client client_deploy))
PURE   = $(addprefix engine/, $(addsuffix .c, $(PURE_ROOMS)))
PURE_ROOMS = arena civil calendar period duration directory \
  directory_make workflow workflow_shape workflow_sound decimal rating case case_fits vote \
  vote_words condition lookup access access_words effect \
  step attempt notice moment clock clock_stand stop retain \
  publication reopen task task_report task_claim task_handlers intake \
  intake_value sender part poll poll_result poll_rating \
  poll_count place outcome kin kin_hear kin_link \
  extend number possible due migrate_vote migrate_work migrate advance
# Everything else under engine/ and workers/ is found by name.
ENGINE  = $(filter-out $(PURE) engine/main.c, $(wildcard engine/*.c engine/command/*.c))
WORKERS = $(filter-out workers/mediation_centre.c, $(wildcard workers/*.c))

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))

all: $(B)/staircase $(B)/mediation_centre
.PHONY: all run test unit simulate sanitize lint clean deps
.SECONDARY:

# Leaves a stamp when every header and tool is here; installs them when not. Quiet when there is nothing to do.
deps: $(B)/.deps
$(B)/.deps: Makefile
	@mkdir -p $(B)
	@if ! { command -v pkg-config && command -v $(CC) && pkg-config --exists $(PKGS) cmocka && test -d /usr/share/zoneinfo && \
	  /usr/bin/python3 -c 'import zmq, msgpack, yaml, jsonschema'; } >/dev/null 2>&1; then \
	  echo "installing the packages that are missing (apt-get; log in $(B)/install.log)"; \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	  { $$root apt-get update && DEBIAN_FRONTEND=noninteractive $$root apt-get install -y --no-install-recommends $(DEBS); } \
	    >$(B)/install.log 2>&1 || { tail -5 $(B)/install.log; echo "could not install: $(DEBS)"; exit 1; }; \
	fi
	@touch $@

# Other flags, other objects.
$(B)/.flags: always
	@mkdir -p $(B); printf '%s\n' '$(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || printf '%s\n' '$(CFLAGS) $(LDFLAGS)' >$@
.PHONY: always

$(B)/%.o: %.c $(B)/.flags | $(B)/.deps
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -c $< -o $@

# Files that are part of the program (engine/embedded.c).
$(B)/engine/embedded.o: config/calendar-cn.yaml config/practice-directory.yaml

$(B)/proto.a:   $(call objects,$(PROTO))
$(B)/pure.a:    $(call objects,$(PURE))
$(B)/engine.a:  $(call objects,$(ENGINE))
$(B)/workers.a: $(call objects,$(WORKERS))
$(B)/%.a:
	@rm -f $@; ar rcs $@ $^

LIBS = $(B)/workers.a $(B)/engine.a $(B)/pure.a $(B)/proto.a
$(B)/staircase: $(B)/engine/main.o $(LIBS)
	@$(CC) $(LDFLAGS) $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS) -o $@
$(B)/mediation_centre: $(B)/workers/mediation_centre.o $(LIBS)
	@$(CC) $(LDFLAGS) $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS) -o $@

# ---- tests: one program per file; its archives are those its layer needs ----
UNIT = $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*_test.c))
# Tests in which an allocation or a send fails on demand: what our objects call goes through the test (tests/unit/fault.h).
comma := ,
$(B)/tests/unit/%_nth_test: LDFLAGS += $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc strdup zmq_send zmq_msg_send zmq_msg_init_size)
# Tests of the lower layers link only those; everything else links all.
$(B)/tests/unit/0%_test: TEST_LIBS = $(B)/proto.a $(B)/pure.a
$(B)/tests/unit/0%_test: $(B)/tests/unit/0%_test.o $(B)/pure.a $(B)/proto.a
	@$(CC) $(LDFLAGS) $< -Wl,--start-group $(B)/pure.a $(B)/proto.a -Wl,--end-group -lmsgpackc -lzmq -lpthread -lcmocka -o $@
$(B)/tests/unit/%_test: $(B)/tests/unit/%_test.o $(LIBS)
	@$(CC) $(LDFLAGS) $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS) -lcmocka -o $@

-include $(shell find $(B) -name '*.d' 2>/dev/null)

unit: $(UNIT)
	@tests/run unit $(B)

# The simulator: the real core, store interface, outbox and records under one seed. tests/simulate/invariants.h says what is looked after.
$(B)/tests/simulate/simulate: $(call objects,tests/simulate/*.c) $(LIBS)
	@mkdir -p $(@D)
	@$(CC) $(LDFLAGS) $(call objects,tests/simulate/*.c) -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS) -o $@
# A clock that the tests of time move, for an engine that knows nothing of it.
$(B)/tests/process/%.so: tests/process/%.c | $(B)/.deps
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) -fPIC -shared $< -o $@ -ldl

simulate: $(B)/tests/simulate/simulate
	@$< --seeds $(SEEDS)

test: all $(UNIT) $(B)/tests/simulate/simulate $(B)/tests/campaign/crowd $(B)/tests/process/clock_shim.so
	@SEEDS=$(SEEDS) tests/run all $(B)

run: all
	@$(B)/staircase serve --config config/staircase.yaml

# What an operator has of it: README.md, "As a service". A configuration that is there already stays as it is.
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
BIN   = $(PREFIX)/bin
SHARE = $(PREFIX)/share/staircase
ETC   = $(SYSCONFDIR)/staircase
PLACES = sed -e 's|@BIN@|$(BIN)|g' -e 's|@SHARE@|$(SHARE)|g' -e 's|@ETC@|$(ETC)|g' -e 's|\.\./workflows/|$(SHARE)/workflows/|g'
.PHONY: install
install: all
	@install -d $(DESTDIR)$(BIN) $(DESTDIR)$(SHARE)/proto $(DESTDIR)$(ETC) $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/lib/sysusers.d
	@install -m 755 $(B)/staircase $(B)/mediation_centre $(DESTDIR)$(BIN)
	@find workflows -type f | while read -r file; do install -D -m 644 "$$file" "$(DESTDIR)$(SHARE)/$$file"; done
	@install -m 644 README.md SECURITY.md engine/RUNBOOK.md engine/THREATS.md $(DESTDIR)$(SHARE)
	@install -m 644 proto/PROTOCOL.md proto/staircase.py proto/check_proof.py $(DESTDIR)$(SHARE)/proto
	@for file in staircase.yaml calendar-cn.yaml directory.yaml; do test -e $(DESTDIR)$(ETC)/$$file || \
	  { $(PLACES) config/$$file >$(DESTDIR)$(ETC)/$$file && chmod 644 $(DESTDIR)$(ETC)/$$file; } || exit 1; done
	@for unit in staircase mediation-centre; do \
	  { $(PLACES) config/$$unit.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit.service && chmod 644 $(DESTDIR)$(PREFIX)/lib/systemd/system/$$unit.service; } || exit 1; done
	@install -m 644 config/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/staircase.conf

# A build of its own, so that the ordinary one stays as it is.
sanitize:
	@$(MAKE) --no-print-directory B=$(B)-sanitize EXTRA="-fsanitize=address,undefined -fno-sanitize-recover=all" SEEDS=$(SEEDS) sanitized
.PHONY: sanitized
sanitized: all $(UNIT) $(B)/tests/simulate/simulate
	@SEEDS=$(SEEDS) tests/run unit simulate $(B)

# A build of its own too, without optimization, so that gcov counts what stands in the source. Two minutes and more, so it is no part of `make test`.
coverage:
	@$(MAKE) --no-print-directory B=$(B)-coverage EXTRA="--coverage -O0" covered
.PHONY: coverage covered
covered: all $(UNIT) $(B)/tests/simulate/simulate
	@find $(B) -name '*.gcda' -delete
	@SEEDS=50 tests/run unit scenarios simulate $(B)
	@/usr/bin/python3 tests/coverage/coverage.py $(B) tests/coverage/exceptions.txt

# The tools are installed here and nowhere else. Files are looked at in parallel; what is asked for stands in .clang-tidy and tests/cppcheck.txt.
LINT = $(wildcard proto/*.c engine/*.c engine/command/*.c workers/*.c)
lint: deps
	@command -v clang-tidy >/dev/null && command -v cppcheck >/dev/null || { \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; echo "installing clang-tidy and cppcheck (log in $(B)/lint-install.log)"; \
	  { $$root apt-get update && DEBIAN_FRONTEND=noninteractive $$root apt-get install -y --no-install-recommends clang-tidy cppcheck; } \
	    >$(B)/lint-install.log 2>&1 || { tail -5 $(B)/lint-install.log; exit 1; }; }
	@cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --suppressions-list=tests/cppcheck.txt \
	  -D_GNU_SOURCE -DSTAIRCASE_OPLOG_H '-Doplog(...)=' -I. proto engine workers
	@printf '%s\n' $(LINT) | xargs -n 8 -P "$$(nproc)" sh -c 'clang-tidy --quiet "$$@" -- -std=c11 -I. -D_GNU_SOURCE 2>/dev/null' clang-tidy
	@echo "$(words $(LINT)) files, nothing to say"

# Long tests, run for a while and then again.
include tests/campaign/campaign.mk

clean:
	@rm -rf $(B) $(B)-sanitize $(B)-coverage $(B)-fuzz
