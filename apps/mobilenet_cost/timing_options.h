#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/bench_result.h"

namespace mobilenet_cost::app {

/// The flags of every command that measures, as typed; empty: not given.
struct TimingOptions {
    std::vector<std::string> engines;
    std::vector<std::string> threads;
    std::string rounds;
    std::string seed;
    std::string max_seconds;
    std::string cpu;
};

/// `rounds` and `max_seconds` end the help's lines of these flags: what they count for, and the default.
void add_timing_options(CLI::App& command, TimingOptions& options, const std::string& rounds,
                        const std::string& max_seconds);

/// Says on stderr that times of this build mean nothing, if it is one of those.
void warn_of_build();

/// Not one row has a time, and the limit is why: too few samples to judge anything.
template <typename Row>
[[nodiscard]] bool timed_nothing(const std::vector<Row>& rows) {
    const auto timed = [](const Row& row) { return row.seconds.has_value(); };
    const auto late = [](const Row& row) { return is_of_time_limit(row.reason); };
    return std::none_of(rows.begin(), rows.end(), timed) && std::any_of(rows.begin(), rows.end(), late);
}

// Each throws Error naming the flag.

[[nodiscard]] std::vector<NetworkKind> read_networks(const std::vector<std::string>& texts,
                                                     const std::vector<NetworkKind>& otherwise);
[[nodiscard]] std::vector<int> read_threads(const std::vector<std::string>& texts);
[[nodiscard]] double read_number_flag(const std::string& text, const std::string& flag);

/// A length of time that a clock can count and a run can last.
[[nodiscard]] double read_seconds(const std::string& text, const std::string& flag);

/// Sessions of one thread stay on one processor; without a flag the last allowed one, because the first takes
/// most interrupts.
[[nodiscard]] int read_cpu(const std::string& text);

}  // namespace mobilenet_cost::app
