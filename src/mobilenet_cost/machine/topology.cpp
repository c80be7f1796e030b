#include "mobilenet_cost/machine/topology.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "mobilenet_cost/base/plugin.h"

namespace mobilenet_cost {
namespace {

std::optional<std::string> first_line(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string line;
    if (!file || !std::getline(file, line) || line.empty()) return std::nullopt;
    return line;
}

std::optional<std::int64_t> number_in(const std::filesystem::path& path) {
    const auto line = first_line(path);
    return line ? parse_size(*line) : std::nullopt;
}

/// A cache of one CPU with the CPUs that share it, which is what tells two caches apart.
struct SysCache {
    CacheLevel cache;
    std::string shared_by;
};

std::vector<SysCache> caches_of(int cpu) {
    std::vector<SysCache> caches;
    for (int index = 0;; ++index) {
        const std::filesystem::path folder = cpu_folder(cpu) / fmt::format("cache/index{}", index);
        const auto level = number_in(folder / "level");
        if (!level) return caches;
        const auto type = first_line(folder / "type");
        const auto bytes = number_in(folder / "size");
        if (!type || !bytes) continue;
        SysCache found;
        found.cache.level = static_cast<int>(*level);
        found.cache.type = *type;
        found.cache.bytes = *bytes;
        found.cache.line_bytes = static_cast<int>(number_in(folder / "coherency_line_size").value_or(0));
        found.shared_by = first_line(folder / "shared_cpu_list").value_or(fmt::format("{}", cpu));
        caches.push_back(std::move(found));
    }
}

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
        for (const SysCache& found : caches_of(cpu)) {
            const CacheLevel& cache = found.cache;
            if (!seen.insert(fmt::format("{} {} {}", cache.level, cache.type, found.shared_by)).second)
                continue;
            auto level = std::find_if(levels.begin(), levels.end(), [&](const CacheLevel& row) {
                return row.level == cache.level && row.type == cache.type && row.bytes == cache.bytes;
            });
            if (level == levels.end()) level = levels.insert(levels.end(), cache);
            ++level->instances;
            level->cpus_per_cache = std::max(level->cpus_per_cache, allowed_among(found.shared_by, cpus));
        }
    }
    return levels;
}

TopologyRead load_hwloc(std::string& reason) {
    const Plugin plugin = open_plugin(kProbePlugins, "topology", "mobilenet_cost_topology");
    reason = plugin.reason;
    if (plugin.entry == nullptr) return nullptr;
    const TopologyRead read = reinterpret_cast<TopologyModule>(plugin.entry)(kTopologyInterface);
    if (read == nullptr) reason = of_another_version(plugin);
    return read;
}

}  // namespace

Topology read_sys_topology() {
    Topology topology;
    topology.source = "/sys";
    const std::vector<int> cpus = allowed_cpus();
    std::set<std::string> packages;
    std::set<std::string> cores;
    for (const int cpu : cpus) {
        const std::filesystem::path folder = cpu_folder(cpu) / "topology";
        if (const auto package = first_line(folder / "physical_package_id")) packages.insert(*package);
        // Renamed from thread_siblings_list in Linux 5.3, which keeps both.
        if (const auto core = first_line(folder / "thread_siblings_list")) cores.insert(*core);
    }
    const auto nodes = first_line("/sys/devices/system/node/online");
    topology.packages = static_cast<int>(packages.size());
    topology.cores = static_cast<int>(cores.size());
    topology.numa_nodes = nodes ? static_cast<int>(parse_cpu_list(*nodes).size()) : 0;
    topology.cpus = static_cast<int>(cpus.size());
    topology.caches = sys_caches(cpus);
    return topology;
}

Topology read_topology() {
    std::string reason;
    const TopologyRead read = load_hwloc(reason);
    Topology topology = read != nullptr ? read() : read_sys_topology();
    if (read == nullptr) topology.source += fmt::format(" (hwloc {})", reason);
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
            "frequency and governor: not shown; the clock below is measured, and no sign that it is "
            "constant");
    }
    if (topology.caches.empty()) facts.emplace_back("caches: not shown; only DRAM can be measured");
    if (topology.cores == 0) facts.emplace_back("cores: not shown; CPUs may share a core");
    if (topology.numa_nodes == 0) facts.emplace_back("NUMA nodes: not shown");
    return facts;
}

}  // namespace mobilenet_cost
