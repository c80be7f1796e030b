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

# Whether build/PRESET is configured as the presets, the installed packages and the flags (-DNAME=VALUE) have it now.
is_configured() {
    local build=build/$1 flag
    shift
    [ -f "$build/build.ninja" ] && [ ! CMakePresets.json -nt "$build/build.ninja" ] && cmp -s build/packages "$build/packages" ||
        return 1
    for flag in "${@#-D}"; do
        grep -qE "^${flag%%=*}:[A-Z]+=${flag#*=}\$" "$build/CMakeCache.txt" || return 1
    done
}

# configure PRESET [FLAG...], after scripts/setup. Ninja configures again by itself for a changed CMakeLists.txt, but it knows
# neither of the presets nor of packages.
configure() {
    local build=build/$1
    if is_configured "$@"; then return 0; fi
    mkdir -p "$build" && cp build/packages "$build/packages" || return 1
    cmake --preset "$@" && touch "$build/build.ninja" || {
        rm -f "$build/packages"
        return 1
    }
}
