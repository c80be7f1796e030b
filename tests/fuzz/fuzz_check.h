#pragma once

#include <cstdio>
#include <cstdlib>

/// A property that holds for every input. Ends the process, which libFuzzer sees as a finding.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", property);
    std::abort();
}
