# Every step of CI by name; `just` lists them. CI itself is .ci/run and needs no just.

target := env("CARGO_TARGET_DIR", "target")

_list:
    @just --list --unsorted

# Everything, in CI's order
ci:
    .ci/run

# The code is formatted
format:
    cargo fmt --all --check

# Files are short
sizes:
    .ci/sizes

# Links in the documents lead somewhere
links:
    .ci/links

# Pure crates are pure, and don't see one another
purity:
    .ci/purity

# Dependencies keep deny.toml
licences:
    .ci/licences

# No lint
clippy:
    cargo clippy --workspace --all-targets -- -D warnings

# The doc comments make a book without a dead link
doc:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps

# All tests
test:
    cargo test --workspace

# Both sides against random scripts, each for so many seconds; a failure prints the IWF_FUZZ_SEED that shows it again
fuzz SECONDS="600" SIDE="*":
    IWF_FUZZ_SECONDS={{SECONDS}} IWF_FUZZ_SEED=$(date +%s) cargo test -p 'iwf-{{SIDE}}-tests' --lib fuzz:: -- --nocapture

# What is delivered
release:
    cargo build --release --workspace

# The files in config/ are right
configs: release
    {{target}}/release/iwf check config/*.toml config/*/*.toml

# Installs the programs that the next two need
programs:
    .ci/programs

# Phones that others wrote
phones *CASES: release
    sip-tests/interop/run {{CASES}}

# Carriers that others wrote
carriers *CASES: release
    smpp-tests/interop/run {{CASES}}

# The benchmark, in a minute
bench: release
    {{target}}/release/iwf-bench --quick

# The case with Jasmin as the vendor; wants Debian's rabbitmq-server and redis-server
jasmin: release
    smpp-tests/interop/run jasmin
