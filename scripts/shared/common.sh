# shellcheck shell=bash
# Sourced by scripts in bash, in the root of the repository. What ends them is one sentence on stderr.

script=scripts/$(basename "$0")

# die STATUS WORD...: 1 the work failed, 2 wrong usage
die() {
    local status=$1
    shift
    echo "$script: error: $*" >&2
    exit "$status"
}

# What the command says is shown only when it fails.
quietly() {
    local said
    said=$("$@" 2>&1 </dev/null) || {
        echo "$said" >&2
        die 1 "$1 failed: see above"
    }
}

# This folder is a repository of its own, not a tarball, and not a folder of somebody else's repository. One that git does
# not read, because it belongs to another user or git is missing, ends the script.
in_git() {
    local top
    [ -e .git ] || return 1
    top=$(git rev-parse --show-toplevel 2>&1) || die 1 "git does not read this repository: ${top%%$'\n'*}"
    [ "$top" = "$(pwd -P)" ]
}
