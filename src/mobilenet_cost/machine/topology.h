#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/machine/machine.h"

namespace mobilenet_cost {

/// Caches of one kind among the CPUs that this process may run on.
struct CacheLevel {
    int level = 0;
    std::string type;        ///< "Data", "Instruction" or "Unified"
    std::int64_t bytes = 0;  ///< of one
    int line_bytes = 0;      ///< 0: not told
    int instances = 0;       ///< how many there are
    int cpus_per_cache = 0;  ///< most CPUs that share one

    bool operator==(const CacheLevel&) const = default;
};

/// How the CPUs hang together, as this machine says. 0: not told.
struct Topology {
    std::string source;  ///< "hwloc, interface 2.8.0", or "/sys" and why not by hwloc
    int packages = 0;
    int numa_nodes = 0;
    int cores = 0;
    int cpus = 0;  ///< hardware threads that this process may run on
    std::vector<CacheLevel> caches;

    bool operator==(const Topology&) const = default;
};

/// By hwloc where its plug-in was built, otherwise from /sys.
[[nodiscard]] Topology read_topology();
[[nodiscard]] Topology read_sys_topology();

/// The data or unified cache of a level; null: not told.
[[nodiscard]] const CacheLevel* find_data_cache(const Topology& topology, int level);

/// Sentences on what this machine does not show, or shows only as its host chose: that a warning is absent is
/// no sign of a steady machine.
[[nodiscard]] std::vector<std::string> hidden_facts(const MachineInfo& machine, const Topology& topology);

/// Raised when Topology changes: a module of another number is refused.
inline constexpr int kTopologyInterface = 1;

/// What the plug-in exports as extern "C" mobilenet_cost_topology: null when the number is not its own.
using TopologyRead = Topology (*)();
using TopologyModule = TopologyRead (*)(int topology_interface);

}  // namespace mobilenet_cost
