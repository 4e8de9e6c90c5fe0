# Long tests, run for a while and then again: crash at every write, power cut, kill -9, fuzzing. tests/campaign/README.md tells more.
#   make crash                    every write, sync and rename of a run of 200 transactions, killed once; ERROR=EIO lets it fail instead
#   make powercut N=200 SEED=1    so many cuts at random moments; root and loop devices
#   make kills N=160 SEED=1       kill -9 under load, so often
#   make seeds SEEDS=100000       the simulator in pieces; goes on where it was
#   make overload CLIENTS=1000    far more than the engine can do, with clients that do not read
#   make deadlines N=1000000      so many deadlines, fired in sleeps of the machine with a kill -9 in the midst: each once, none early
#   make service                  a systemd of its own, and the engine as a service in it; root
#   make fuzz SECONDS=60          each fuzz target for so long; TARGETS="wire log" only these

STEP    ?= 1
N       ?= 20
SEED    ?= 1
SECONDS ?= 60
CLIENTS ?= 1000
FUZZ    := wire json workflow calendar directory config scenario case log tables import principals manifest rows
TARGETS ?= $(FUZZ)
JOBS    ?= 1
.PHONY: seeds crash powercut kills overload deadlines service fuzz fuzz_programs fuzz_tools

$(B)/tests/campaign/store_driver: $(B)/tests/campaign/store_driver.o $(LIBS)
	@$(CC) $(LDFLAGS) $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS) -o $@

# Clients without a library: nothing of the project is linked.
$(B)/tests/campaign/crowd: $(B)/tests/campaign/crowd.o
	@$(CC) $(LDFLAGS) $< -o $@

CAMPAIGN = STAIRCASE_BUILD=$(abspath $(B)) STAIRCASE_SOURCE=$(CURDIR) PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 /usr/bin/python3
# Status 77 says that this machine cannot do it; what the script said is reason enough.
crash: all
	@mkdir -p $(B)/campaign
	@$(CAMPAIGN) tests/campaign/crash.py --step $(STEP) --jobs $(JOBS) --state $(B)/campaign/crash-$$(git rev-parse --short HEAD 2>/dev/null)$(if $(ERROR),-$(ERROR)) $(if $(ERROR),--error $(ERROR)) || [ $$? -eq 77 ]
powercut: all $(B)/tests/campaign/store_driver
	@$(CAMPAIGN) tests/campaign/powercut.py --cuts $(N) --seed $(SEED) || [ $$? -eq 77 ]
kills: all
	@$(CAMPAIGN) tests/campaign/kills.py --kills $(N) --seed $(SEED)

seeds: $(B)/tests/simulate/simulate
	@$(CAMPAIGN) tests/campaign/seeds.py $< $(B)/campaign/seeds --seeds $(SEEDS) --jobs $(JOBS) --commit "$$(git rev-parse --short HEAD 2>/dev/null || echo unknown)"

overload: all $(B)/tests/campaign/crowd
	@$(CAMPAIGN) tests/campaign/overload.py --clients $(CLIENTS)

deadlines: all $(B)/tests/campaign/crowd $(B)/tests/process/clock_shim.so
	@$(CAMPAIGN) tests/campaign/deadlines.py --count $(if $(filter command line,$(origin N)),$(N),1000000)

service: all
	@tests/campaign/service.sh $(B) || [ $$? -eq 77 ]

# The fuzz targets stand in a build of their own: clang, with the sanitizers and libFuzzer's eyes in every object.
fuzz: fuzz_tools
	@$(MAKE) --no-print-directory B=$(B)-fuzz CC=clang-14 EXTRA="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined" fuzz_programs
	@tests/campaign/fuzz.sh $(B)-fuzz $(SECONDS) $(TARGETS)
fuzz_programs: $(patsubst %,$(B)/tests/campaign/fuzz_%,$(FUZZ))
$(B)/tests/campaign/fuzz_%: $(B)/tests/campaign/fuzz_%.o $(LIBS)
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer $< -Wl,--start-group $(LIBS) -Wl,--end-group $(LDLIBS) -o $@
fuzz_tools:
	@if ! { command -v clang-14 && ls /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a; } >/dev/null 2>&1; then \
	  root=; [ "$$(id -u)" = 0 ] || root=sudo; mkdir -p $(B); \
	  echo "installing clang-14 and libclang-rt-14-dev (apt-get; log in $(B)/install-fuzz.log)"; \
	  { $$root apt-get update && DEBIAN_FRONTEND=noninteractive $$root apt-get install -y --no-install-recommends clang-14 libclang-rt-14-dev; } \
	    >$(B)/install-fuzz.log 2>&1 || { tail -5 $(B)/install-fuzz.log; exit 1; }; \
	fi
