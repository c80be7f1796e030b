// Topology by hwloc. A plug-in, because only one command needs the library.

#include <algorithm>

#include <fmt/format.h>
#include <hwloc.h>

#include "mobilenet_cost/machine/topology.h"

namespace mobilenet_cost {
namespace {

/// Unloads on every way out.
class Tree {
  public:
    Tree() : loaded_(hwloc_topology_init(&tree_) == 0) {
        if (!loaded_) return;
        // Instruction caches are left out by default.
        hwloc_topology_set_icache_types_filter(tree_, HWLOC_TYPE_FILTER_KEEP_ALL);
        // Only CPUs that this process may run on remain, which is hwloc's default for what is not allowed by
        // the administrator, and this flag's for what the process itself is bound to.
        hwloc_topology_set_flags(
            tree_, HWLOC_TOPOLOGY_FLAG_RESTRICT_TO_CPUBINDING | HWLOC_TOPOLOGY_FLAG_IS_THISSYSTEM);
        built_ = hwloc_topology_load(tree_) == 0;
    }
    ~Tree() {
        if (loaded_) hwloc_topology_destroy(tree_);
    }
    Tree(const Tree&) = delete;
    Tree& operator=(const Tree&) = delete;

    [[nodiscard]] bool built() const { return built_; }
    [[nodiscard]] hwloc_topology_t get() const { return tree_; }
    [[nodiscard]] int count(hwloc_obj_type_t type) const {
        return std::max(hwloc_get_nbobjs_by_type(tree_, type), 0);
    }

  private:
    hwloc_topology_t tree_ = nullptr;
    bool loaded_ = false;
    bool built_ = false;
};

std::string cache_type(hwloc_obj_cache_type_t type) {
    switch (type) {
        case HWLOC_OBJ_CACHE_DATA:
            return "Data";
        case HWLOC_OBJ_CACHE_INSTRUCTION:
            return "Instruction";
        case HWLOC_OBJ_CACHE_UNIFIED:
            break;
    }
    return "Unified";
}

void add_cache(std::vector<CacheLevel>& levels, hwloc_obj_t object) {
    const auto& attributes = object->attr->cache;
    CacheLevel cache;
    cache.level = static_cast<int>(attributes.depth);
    cache.type = cache_type(attributes.type);
    cache.bytes = static_cast<std::int64_t>(attributes.size);
    cache.line_bytes = static_cast<int>(attributes.linesize);
    auto level = std::find_if(levels.begin(), levels.end(), [&](const CacheLevel& row) {
        return row.level == cache.level && row.type == cache.type && row.bytes == cache.bytes;
    });
    if (level == levels.end()) level = levels.insert(levels.end(), cache);
    ++level->instances;
    level->cpus_per_cache = std::max(level->cpus_per_cache, hwloc_bitmap_weight(object->cpuset));
}

constexpr hwloc_obj_type_t kCaches[] = {HWLOC_OBJ_L1CACHE,  HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE,
                                        HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3CACHE,  HWLOC_OBJ_L3ICACHE,
                                        HWLOC_OBJ_L4CACHE};

Topology read_hwloc() {
    const Tree tree;
    if (!tree.built()) {
        Topology topology = read_sys_topology();
        topology.source += " (hwloc cannot read this machine)";
        return topology;
    }
    const unsigned version = hwloc_get_api_version();
    Topology topology;
    topology.source =
        fmt::format("hwloc, interface {}.{}.{}", version >> 16U, (version >> 8U) & 0xffU, version & 0xffU);
    topology.packages = tree.count(HWLOC_OBJ_PACKAGE);
    topology.numa_nodes = tree.count(HWLOC_OBJ_NUMANODE);
    topology.cores = tree.count(HWLOC_OBJ_CORE);
    topology.cpus = tree.count(HWLOC_OBJ_PU);
    for (const hwloc_obj_type_t type : kCaches) {
        for (hwloc_obj_t object = hwloc_get_next_obj_by_type(tree.get(), type, nullptr); object != nullptr;
             object = hwloc_get_next_obj_by_type(tree.get(), type, object))
            add_cache(topology.caches, object);
    }
    return topology;
}

}  // namespace
}  // namespace mobilenet_cost

extern "C" [[gnu::visibility("default")]] mobilenet_cost::TopologyRead mobilenet_cost_topology(
    int topology_interface) {
    return topology_interface == mobilenet_cost::kTopologyInterface ? mobilenet_cost::read_hwloc : nullptr;
}
