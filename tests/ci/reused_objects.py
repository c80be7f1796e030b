"""A compiler launcher, in the place of ccache, that takes the object that another build (REUSED_BUILD) has of the same file,
and compiles where there is none. It lists what it took in REUSED_LIST. The commit is in build_info.cpp, so that is always
compiled."""

LAUNCHER = """#!/usr/bin/env bash
set -eu
for ((i = 1; i <= $#; i++)); do
    if [ "${!i}" = -o ]; then next=$((i + 1)); object=${!next}; fi
    if [ "${!i}" = -MF ]; then next=$((i + 1)); depfile=${!next}; fi
done
if [ -n "${depfile-}" ] && [[ $object != *build_info* ]] && [ -f "$REUSED_BUILD/$object" ]; then
    cp "$REUSED_BUILD/$object" "$object"
    echo "$object:" >"$depfile"
    echo "$object" >>"$REUSED_LIST"
else
    exec "$@"
fi
"""
