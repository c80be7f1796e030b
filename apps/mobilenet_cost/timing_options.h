#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/sweep/result.h"

#include "command.h"

namespace mobilenet_cost::app {

/// The flags of every command that measures; absent or empty: not given.
struct TimingOptions {
    std::vector<std::string> engines;
    std::vector<int> threads = {1};
    std::optional<std::int64_t> rounds;
    std::optional<std::uint64_t> seed;
    std::optional<double> max_seconds;
    std::optional<int> cpu;
};

/// `rounds` and `max_seconds` end the help lines of these flags: the scope, and the default.
void add_timing_options(Command& command, TimingOptions& options, const std::string& rounds,
                        const std::string& max_seconds);

/// --dtype: what passes compute in.
void add_types_option(Command& command, std::vector<DataType>& types);

/// --networks; `otherwise` says in the help what is timed without it.
void add_networks_option(Command& command, std::vector<NetworkKind>& networks, const std::string& otherwise);

/// Warns on stderr if times of this build mean nothing (a sanitizer, no optimisation).
void warn_of_build();

/// Sessions of one thread stay on one processor; without a flag the last allowed one, because the first takes
/// most interrupts.
[[nodiscard]] int pinned_cpu(const TimingOptions& options);

/// Sets the rounds, the seed and the time limit in the settings of any command, as far as they were given.
template <typename Settings>
void set_limits(const TimingOptions& options, Settings& settings) {
    settings.rounds = options.rounds.value_or(settings.rounds);
    settings.seed = options.seed.value_or(settings.seed);
    settings.max_seconds = options.max_seconds.value_or(settings.max_seconds);
}

/// Not one point has a time, and the limit is why: too few samples to judge anything.
[[nodiscard]] bool timed_nothing(const std::vector<PointResult>& points);

}  // namespace mobilenet_cost::app
