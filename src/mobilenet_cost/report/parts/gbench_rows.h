#pragma once

#include <cstdint>
#include <string>

#include "mobilenet_cost/base/json_text.h"

namespace mobilenet_cost {

// The JSON of Google Benchmark: keys of google/benchmark's json_reporter.cc.

/// Where a row stands among the repetitions of what it times.
struct GbenchRepetition {
    std::size_t family = 0;
    std::int64_t count = 1;
    std::int64_t index = 0;
    std::int64_t iterations = 1;  ///< passes
};

/// Whole picoseconds: without the digits that a factor of 1e9 adds to a binary fraction (340214.00000000006).
[[nodiscard]] double nanoseconds_of(double seconds);

/// What every such document's "context" has; more may be added. No host name: it says nothing about the
/// machine.
[[nodiscard]] Json gbench_context(const std::string& date, const std::string& executable, std::size_t cpus);

/// `seconds` of one pass are both its times: processor time is not measured.
[[nodiscard]] Json gbench_row(const std::string& name, const GbenchRepetition& repetition, int threads,
                              double seconds);

/// Conbench takes the wall-clock time only of names like this.
[[nodiscard]] std::string gbench_name(const std::string& name);

[[nodiscard]] std::string gbench_document(Json context, Json rows);

}  // namespace mobilenet_cost
