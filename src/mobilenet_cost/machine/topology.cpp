#include "mobilenet_cost/machine/topology.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace mobilenet_cost {
namespace {

int allowed_among(const std::string& list, const std::vector<int>& allowed) {
    const std::vector<int> cpus = parse_cpu_list(list);
    return static_cast<int>(std::count_if(cpus.begin(), cpus.end(), [&](int cpu) {
        return std::find(allowed.begin(), allowed.end(), cpu) != allowed.end();
    }));
}

std::vector<CacheLevel> sys_caches(const std::vector<int>& cpus) {
    std::vector<CacheLevel> levels;
    std::set<std::string> seen;
    for (const int cpu : cpus) {
        for (const CpuCache& cache : read_cpu_caches(cpu)) {
            if (!seen.insert(fmt::format("{} {} {}", cache.level, cache.type, cache.shared_by)).second)
                continue;
            auto level = std::find_if(levels.begin(), levels.end(), [&](const CacheLevel& row) {
                return row.level == cache.level && row.type == cache.type && row.bytes == cache.bytes;
            });
            if (level == levels.end()) {
                const CacheLevel fresh = {.level = cache.level,
                                          .type = cache.type,
                                          .bytes = cache.bytes,
                                          .line_bytes = cache.line_bytes};
                level = levels.insert(levels.end(), fresh);
            }
            ++level->instances;
            level->cpus_per_cache = std::max(level->cpus_per_cache, allowed_among(cache.shared_by, cpus));
        }
    }
    return levels;
}

}  // namespace

Topology read_topology() {
    Topology topology;
    topology.source = "/sys";
    const std::vector<int> cpus = allowed_cpus();
    std::set<std::string> packages;
    std::set<std::string> cores;
    for (const int cpu : cpus) {
        if (const auto package = read_cpu_line(cpu, "topology/physical_package_id"))
            packages.insert(*package);
        // Linux 5.3 has a new name for it and keeps this one.
        if (const auto core = read_cpu_line(cpu, "topology/thread_siblings_list")) cores.insert(*core);
    }
    const auto nodes = read_system_line("node/online");
    topology.packages = static_cast<int>(packages.size());
    topology.cores = static_cast<int>(cores.size());
    topology.numa_nodes = nodes ? static_cast<int>(parse_cpu_list(*nodes).size()) : 0;
    topology.cpus = static_cast<int>(cpus.size());
    topology.caches = sys_caches(cpus);
    return topology;
}

const CacheLevel* find_data_cache(const Topology& topology, int level) {
    for (const CacheLevel& cache : topology.caches) {
        if (cache.level == level && cache.type != "Instruction") return &cache;
    }
    return nullptr;
}

std::vector<std::string> hidden_facts(const MachineInfo& machine, const Topology& topology) {
    std::vector<std::string> facts;
    if (machine.cpu.hypervisor.value_or(false))
        facts.emplace_back("hypervisor: the caches and topology shown are what the host chose to show");
    if (!machine.governor) {
        facts.emplace_back(
            "frequency and governor: not shown; the clock below was measured once and may vary");
    }
    if (topology.caches.empty()) facts.emplace_back("caches: not shown; only DRAM can be measured");
    if (topology.cores == 0) facts.emplace_back("cores: not shown; CPUs may share a core");
    if (topology.numa_nodes == 0) facts.emplace_back("NUMA nodes: not shown");
    return facts;
}

}  // namespace mobilenet_cost
