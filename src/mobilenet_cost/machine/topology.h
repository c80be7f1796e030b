#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/machine/machine.h"

namespace mobilenet_cost {

/// The caches of one kind of the CPUs that this process may run on.
struct CacheLevel {
    int level = 0;
    std::string type;        ///< "Data", "Instruction" or "Unified"
    std::int64_t bytes = 0;  ///< of one
    int line_bytes = 0;      ///< 0: unknown
    int instances = 0;       ///< how many there are
    int cpus_per_cache = 0;  ///< the most CPUs that share one

    bool operator==(const CacheLevel&) const = default;
};

/// Packages, cores and caches of the CPUs, as this machine shows them. 0: unknown.
struct Topology {
    std::string source;  ///< "/sys"
    int packages = 0;
    int numa_nodes = 0;
    int cores = 0;
    int cpus = 0;  ///< hardware threads that this process may run on
    std::vector<CacheLevel> caches;

    bool operator==(const Topology&) const = default;
};

/// From /sys.
[[nodiscard]] Topology read_topology();

/// The data or unified cache of a level; null: unknown.
[[nodiscard]] const CacheLevel* find_data_cache(const Topology& topology, int level);

/// Sentences on the facts that this machine hides, or shows only as its host chose: the absence of a warning
/// is no sign of a steady machine.
[[nodiscard]] std::vector<std::string> hidden_facts(const MachineInfo& machine, const Topology& topology);

}  // namespace mobilenet_cost
