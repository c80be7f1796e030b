#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/machine/machine.h"

namespace mobilenet_cost {

/// The memory that is evicted from the caches before each timed pass.
enum class CacheMode {
    warm,          ///< none: as in a program that runs one network over and over
    cold_weights,  ///< the packed weights: as when other work came between, but the input has just been
                   ///< written
    cold,          ///< weights, activations, input and scratch
};

/// One way of evicting memory from all caches of all processors.
struct Evictor {
    std::string method;
    bool by_line = false;  ///< evicts just what it is given; else everything, whatever it is given
    std::function<void(std::span<const MemoryRegion>)> evict;
};

/// By the processor's instruction for one cache line. Absent: this processor, or this build, has none.
[[nodiscard]] std::optional<Evictor> line_evictor();

/// Writes and reads so much memory that nothing else stays cached. Where the size of the last cache is
/// unknown, 64 MiB are assumed.
[[nodiscard]] Evictor sweep_evictor(const MachineInfo& machine);

/// The first of the two that this machine has.
[[nodiscard]] Evictor best_evictor(const MachineInfo& machine);

/// How memory was evicted, and whether a probe saw it work.
struct CacheFlush {
    CacheMode mode = CacheMode::warm;
    std::string method;                         ///< empty: nothing is evicted
    std::optional<bool> verified;               ///< absent: nothing is evicted
    std::optional<double> warm_ns_per_line;     ///< to read a line of memory that has just been read
    std::optional<double> flushed_ns_per_line;  ///< and one that has just been evicted
};

/// Reads a buffer of the size of a second-level cache line by line, each line naming the next, in random
/// order, so that nothing is fetched ahead: warm, and after an eviction. Verified: the second takes at least
/// kFlushedFactor times as long. Third-level caches take 3 to 5 times as long as second-level ones, memory
/// more than 15 times.
[[nodiscard]] CacheFlush verify_flush(CacheMode mode, const Evictor& evictor);
inline constexpr double kFlushedFactor = 8;

/// Evicts before each pass of a session; empty: nothing to do. Throws Error with the reason when this mode
/// cannot be had: it takes an eviction by line and knowing where the weights are, or, for `cold` alone, a
/// sweep. `evictor` must live as long as the function, and so must the session.
[[nodiscard]] std::function<void()> flush_before_pass(const Session& session, CacheMode mode,
                                                      const Evictor& evictor);

template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<CacheMode> = {"warm", "cold-weights", "cold"};
[[nodiscard]] constexpr std::string_view cache_mode_name(CacheMode mode) {
    return enum_name(mode);
}

/// Throws Error naming the nearest mode.
[[nodiscard]] inline CacheMode read_cache_mode(const std::string& name) {
    return read_enum<CacheMode>(name, "--cache", "mode");
}

}  // namespace mobilenet_cost
