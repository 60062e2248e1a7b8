# The two commands a newcomer needs are `make verify` and `make test`; `make help` names the rest.
CARGO ?= cargo
RUN = $(CARGO) run --release --locked --quiet --
STUDY ?=
OUT ?= runs/default
# Every stage says that it began, so that a log shows where time goes.
stage = @printf '\n== %s (%s)\n' "$(1)" "$$(date +%H:%M:%S)"

.PHONY: help setup build verify test test-laws test-pages test-scripts test-wheel look wheel book large controls clusters kills fuzz deny sanitize mutations figures studies comparisons reproductions calibrate bench clean

help:
	@echo 'make verify    the main job: the built-in study, its table and its page (STUDY=file.toml OUT=folder for your own)'
	@echo 'make test      formatting, clippy, all tests, a quick verify, documentation'
	@echo 'make look      every study of experiments/ in small, and its figures looked at'
	@echo 'make wheel     the Python wheel, built as it is shipped and tried in a bare environment'
	@echo 'make book      the book of docs/, into target/book (cargo install mdbook)'
	@echo 'make mutations 10,000 broken files of every form and as many broken runs, MUTATIONS=N for another number'
	@echo 'make controls  designed violations on gated cells, and a moment that does not exist, with ten seeds each instead of one; some ten minutes'
	@echo 'make clusters  the same bytes from GNU parallel, Slurm on one node and HyperQueue, with workers killed; each where it is installed'
	@echo 'make kills     100 kills at random times on one machine, under Slurm and under HyperQueue, each with the bytes of one run; some ten minutes'
	@echo 'make fuzz      a million executions of every fuzz target, FUZZ=N for another number; needs a nightly compiler'
	@echo 'make deny      licences, sources and advisories of the dependencies (cargo install cargo-deny)'
	@echo 'make sanitize  the kernels under the address sanitizer; needs a nightly compiler'
	@echo 'make large     exact online learning of a dense network of a million parameters, beside its step form and timed; 17 GB, some ten minutes'
	@echo 'make setup     checks for Rust, a C compiler and OpenBLAS, and installs OpenBLAS where it may'
	@echo 'make build     the command, at target/release/rtrl-lab'
	@echo 'make studies   every study of experiments/ into runs/'
	@echo 'make comparisons every comparison of methods of experiments/compare/ into runs/; some hours'
	@echo 'make reproductions  published losses of six methods on five series, again; some ten minutes'
	@echo 'make calibrate coverage of every interval and error rates of every verdict, with the draw; some three hours on two cores'
	@echo 'make bench     the hot loops against the processor (criterion: cargo bench --manifest-path benches/Cargo.toml; against NumPy, JAX, POT, SciPy and ArviZ: benches/peers)'
	@echo 'make figures   the gallery of figures/ again, from its studies'
	@echo 'make clean     takes away what was built; runs stay'

setup:
	@./setup.sh

build: setup
	$(call stage,build)
	@$(CARGO) build --release --locked

verify: build
	$(call stage,verify)
	@$(RUN) verify $(STUDY) --out $(OUT) --force

# The library is compiled a second time for the tests inside it. Without optimisation that takes one minute instead of
# four, and they run one minute longer; the dependencies are those of the release.
test: setup
	$(call stage,formatting)
	@$(CARGO) fmt --all --check
	$(call stage,clippy)
	@$(CARGO) clippy --release --locked --all-targets -- -D warnings
	$(call stage,documentation)
	@RUSTDOCFLAGS='-D warnings' $(CARGO) doc --release --locked --no-deps --document-private-items
	$(call stage,unit tests)
	@$(CARGO) test --release --locked --no-fail-fast --lib --config 'profile.release.package.rtrl-lab.opt-level=0'
	$(call stage,build of what follows)
	@$(CARGO) test --release --locked --no-run --test commands --test laws
	$(call stage,the form of the source)
	@$(CARGO) test --release --locked --quiet --test laws architecture
	$(call stage,commands)
	@$(CARGO) test --release --locked --no-fail-fast --test commands
	$(call stage,examples)
	@for example in examples/*.rs; do $(CARGO) run --release --locked --quiet --example $$(basename $$example .rs) || exit $$?; done
	$(call stage,examples of the documentation)
	@$(CARGO) test --release --locked --doc
	$(call stage,quick verify)
	@target/release/rtrl-lab verify --quick --out target/quick-verify --force
	@target/release/rtrl-lab check target/quick-verify
	$(call stage,laws beside pages in Chromium; pandas and polars and ArviZ; the wheel)
	@$(MAKE) --no-print-directory --jobs 4 --keep-going --output-sync=line test-laws test-pages test-scripts test-wheel
	$(call stage,all stages passed)

# A browser and an installer mostly wait, so that they run beside the laws.
test-laws:
	@$(CARGO) test --release --locked --no-fail-fast --test laws

test-pages:
	@tests/page/run.sh target/release/rtrl-lab

test-scripts:
	@docs/scripts/check.sh target/quick-verify target/release/rtrl-lab

test-wheel:
	@python/build.sh target/wheel --features default

# As it is shipped, without the feature `lapack`.
wheel:
	@python/build.sh target/wheel

# Every study of experiments/, looked at: no text leaves its figure or lies on another, no interval leaves its frame.
look: build
	@for study in experiments/*.toml; do \
	  case $$study in */calibration.toml|*/million.toml) continue;; */real-data.toml) [ -d ../shared/data ] || { echo "skipped $$study: there is no folder ../shared/data"; continue; };; esac; \
	  $(RUN) verify $$study --quick --out target/look/$$(basename $$study .toml) --force > /dev/null || [ $$? = 1 ] || exit 1; done
	@RTRL_LAB_RUNS=target/look $(CARGO) test --release --locked --test commands figures:: -- --nocapture

book:
	@command -v mdbook > /dev/null || { echo 'mdbook is missing: cargo install mdbook'; exit 1; }
	@mdbook build docs

MUTATIONS ?= 10000
mutations: build
	@RTRL_LAB_MUTATIONS=$(MUTATIONS) $(CARGO) test --release --locked --test commands mutat -- --nocapture

controls: build
	@RTRL_LAB_SEEDS=10 $(CARGO) test --release --locked --test laws -- --nocapture on_gated_cells no_finite_w2

clusters: build
	@for engine in alone parallel slurm hyperqueue; do echo "== $$engine"; tests/cluster/$$engine.sh target/release/rtrl-lab || exit $$?; done

kills: build
	@NETWORK=tanh KILLS=100 tests/cluster/alone.sh target/release/rtrl-lab
	@NETWORK=gru KILLS=100 tests/cluster/slurm.sh target/release/rtrl-lab
	@NETWORK=linear KILLS=100 tests/cluster/hyperqueue.sh target/release/rtrl-lab

FUZZ ?= 1000000
fuzz:
	@fuzz/run.sh $(FUZZ)

deny:
	@$(CARGO) deny check

# The kernels of `simd` under the address sanitizer, on every instruction set that this machine has.
sanitize:
	@RUSTFLAGS=-Zsanitizer=address ASAN_OPTIONS=detect_leaks=0 $(CARGO) +nightly test --release --locked --lib \
	  --target "$$(rustc +nightly -vV | sed -n 's/^host: //p')" --target-dir target/sanitize simd

large: build
	@RTRL_LAB_LARGE=1000 $(CARGO) test --release --locked --test laws -- --nocapture a_large
	@$(RUN) bench --only learn --sizes 1000 --threads 2 --steps 1000

studies: build
	@for study in experiments/*.toml; do \
	  if [ $$study = experiments/real-data.toml ] && [ ! -d ../shared/data ]; then echo "skipped $$study: there is no folder ../shared/data"; continue; fi; \
	  $(RUN) verify $$study --out runs/$$(basename $$study .toml) --force || exit $$?; done

comparisons: build
	@for study in experiments/compare/*.toml; do \
	  $(RUN) train $$study --out runs/$$(basename $$study .toml) --force || exit $$?; done

reproductions: build
	@for study in experiments/reproductions/*.toml; do \
	  if grep -q shared/data $$study && [ ! -d ../shared/data ]; then echo "skipped $$study: there is no folder ../shared/data"; continue; fi; \
	  $(RUN) train $$study --out runs/reproduction-$$(basename $$study .toml) --force || exit $$?; done

calibrate: build
	@$(RUN) calibrate experiments/calibration.toml --out runs/calibration

bench: build
	@$(RUN) bench

figures: build
	@./figures/make.sh

clean:
	@$(CARGO) clean
