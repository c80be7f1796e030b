#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

/// The engines asked for, by name or typed name (typed_engine.h), in that order and once each, available or
/// not; the fastest available if none is named. Throws Error for a name that is not in `known`.
[[nodiscard]] std::vector<EngineStatus> choose_engines(const std::vector<EngineStatus>& known,
                                                       const std::vector<std::string>& asked);

/// Typed names of these engines, or of the fastest one, in each of these data types; an engine that was named
/// with its data type stays that one. Throws Error for a name that is not in `known`.
[[nodiscard]] std::vector<std::string> typed_names(const std::vector<EngineStatus>& known,
                                                   const std::vector<std::string>& asked,
                                                   const std::vector<DataType>& types);

/// Each value once, in the order given.
template <typename Value>
[[nodiscard]] std::vector<Value> without_repeats(const std::vector<Value>& values) {
    std::vector<Value> unique;
    for (const Value& value : values) {
        if (std::find(unique.begin(), unique.end(), value) == unique.end()) unique.push_back(value);
    }
    return unique;
}

/// Why a network cannot be made ready in `available` bytes; empty: it can, or nobody knows. Linux promises
/// more memory than there is and kills later, so this is asked before anything is allocated.
/// `weight_copies`: as generated and as an engine packs them are two.
[[nodiscard]] std::string memory_refusal(const NetworkCounts& counts, std::int64_t weight_copies,
                                         std::optional<std::int64_t> available);

/// Why making a network ready, or one pass of it, cannot end within `max_seconds`, by rates that no machine
/// exceeds; empty: they may. Each has that time to itself, as where they are timed. Neither can be
/// interrupted, so this is asked before they begin.
[[nodiscard]] std::string time_refusal(const NetworkCounts& counts, int threads, double max_seconds);

/// Throws Error at `place` for more threads than CPUs that this process may run on: their passes would time
/// the scheduler.
void check_cpus_for(int threads, const std::string& place);

/// The reason of a network whose turn came after the last moment of the limit.
inline constexpr const char* kNotMadeReady = "--max-seconds was over before it was made ready";

/// A session whose input is filled from `input_seed`: all that remains is to run it. Throws what the engine
/// throws.
[[nodiscard]] std::unique_ptr<Session> make_ready_session(const Engine& engine, const Network& network,
                                                          const Weights& weights,
                                                          const SessionOptions& options,
                                                          std::uint64_t input_seed = kDataSeed);

}  // namespace mobilenet_cost
