#!/bin/sh
# Makes .venv with everything the make targets need, and installs the system packages they need where it may.
# Run by `make install`. A second run after a change of setup.py or constraints.txt updates .venv; a .venv
# without the stamp was interrupted, or is not ours, and is made again from nothing.
#
#   PYTHON=python3.12 make install         another interpreter (default: python3, 3.10 or newer)
#   TORCH='torch==2.13.0' make install     another build of torch than the one chosen below
#
# For `make test-lowest` and `make test-newest`: VENV is another folder, and RESOLUTION (lowest-direct or highest) takes
# the oldest or the newest of each package that setup.py allows, torch apart, in place of constraints.txt.
set -eu
cd "$(dirname "$0")"

VENV=${VENV:-.venv}
RESOLUTION=${RESOLUTION:-}
EXTRAS=build,train,eval,serve,app,dev
STAMP=$VENV/.installed
TORCH_VERSION=2.13.0
CPU_INDEX=https://download.pytorch.org/whl/cpu

say() { printf '%s\n' "install: $*" >&2; }
fail() { say "$*"; exit 1; }

is_suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python3.10}; do
        if is_suitable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    found=$(${PYTHON:-python3} --version 2>&1 || true)
    fail "Python 3.10 to 3.14 is needed and ${PYTHON:-python3} says '$found': install a newer Python," \
        "or name one, as in PYTHON=python3.12 make install."
}

# Prints the Debian names of what is missing.
missing_packages() {
    missing=""
    command -v ffmpeg >/dev/null || missing="$missing ffmpeg"
    command -v fluidsynth >/dev/null || missing="$missing fluidsynth"
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        missing="$missing $("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    echo "$missing"
}

install_system_packages() {
    packages=$(missing_packages "$1")
    [ -n "$packages" ] || return 0
    if ! command -v apt-get >/dev/null; then
        command -v brew >/dev/null &&
            fail "missing:$packages. Get them with 'brew install$packages', then run this again."
        fail "missing:$packages. Install them with this system's package manager, then run this again."
    fi
    as_root=""
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            fail "missing:$packages, and this user may not install them. Run" \
                "'sudo apt-get install --no-install-recommends$packages', then run this again."
        fi
        as_root="sudo -n"
    fi
    say "installing the system packages$packages"
    # Word splitting is meant: as_root may be empty, packages holds several names.
    # shellcheck disable=SC2086
    $as_root apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages ||
        fail "apt-get could not install$packages (see above): install them by hand, then run this again."
}

# Without byte-compiling: it takes longer than the rest of the installation, and Python does it for what is imported.
pip_install() {
    "$VENV/bin/python" -m pip --disable-pip-version-check install --no-compile "$@"
}

install_torch() {
    if [ -n "${TORCH:-}" ]; then
        pip_install "$TORCH"
    elif [ "$(uname -s)" = Darwin ]; then
        pip_install "torch==$TORCH_VERSION"
    elif command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then
        say "found a CUDA GPU: installing the CUDA build of torch"
        pip_install "torch==$TORCH_VERSION"
    else
        say "found no CUDA GPU: installing the CPU build of torch"
        pip_install "torch==$TORCH_VERSION+cpu" ||
            pip_install "torch==$TORCH_VERSION+cpu" --index-url "$CPU_INDEX" ||
            fail "no CPU build of torch $TORCH_VERSION could be downloaded for $("$VENV/bin/python" --version)" \
                "(see above); TORCH='torch==$TORCH_VERSION' make install takes the CUDA build, several GB."
    fi
}

python=$(find_python)
install_system_packages "$python"

if [ ! -e "$STAMP" ]; then
    say "making $VENV with $("$python" --version)"
    "$python" -m venv --clear "$VENV"
fi
rm -f "$STAMP" # stays away until everything below is done

install_torch
if [ -z "$RESOLUTION" ]; then
    pip_install --constraint constraints.txt --editable ".[$EXTRAS]"
else
    # pip has no way to ask for the oldest.
    pip_install --quiet 'uv>=0.9,<1'
    "$VENV/bin/python" -c 'import torch; print(f"torch=={torch.__version__}")' >"$VENV/override.txt"
    "$VENV/bin/uv" pip install --python "$VENV/bin/python" --resolution "$RESOLUTION" --override "$VENV/override.txt" \
        --editable ".[$EXTRAS]"
fi
touch "$STAMP"
say "done; '. $VENV/bin/activate' puts audio-reasoner on this shell's path"
