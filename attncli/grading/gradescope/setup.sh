#!/usr/bin/env bash
# Gradescope runs this file once, when it builds the image of the autograder. It installs Python
# and the libraries that attncli needs; attncli itself lies beside this file.
set -euo pipefail
root=${AUTOGRADER:-/autograder}

find_python() {
    for python in python3.14 python3.13 python3.12 python3.11 python3; do
        if "$python" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then
            echo "$python"
            return
        fi
    done
    return 1
}

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --yes python3 python3-venv
# The python3 of Ubuntu 22.04 is 3.10, and its python3.11 is a package of its own.
if ! find_python > /dev/null; then
    apt-get install -qq --yes python3.11 python3.11-venv
fi
if ! python=$(find_python); then
    echo "attncli needs Python 3.11 or later: choose a newer base image." >&2
    exit 1
fi
"$python" -m venv "$root/venv"
"$root/venv/bin/pip" install --quiet --requirement "$root/source/requirements.txt"
