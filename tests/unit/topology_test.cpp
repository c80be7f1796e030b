#include "mobilenet_cost/machine/topology.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

TEST(ReadTopology, CountsTheAllowedCpus) {
    const auto cpus = static_cast<int>(allowed_cpus().size());
    EXPECT_EQ(read_topology().cpus, cpus);
    EXPECT_EQ(read_topology().source, "/sys");
}

TEST(ReadTopology, ItsCachesAreThoseOfTheCpus) {
    const std::vector<int> cpus = allowed_cpus();
    const Topology topology = read_topology();
    for (const CpuCache& cache : read_cpu_caches(cpus.front())) {
        const auto same = std::find_if(
            topology.caches.begin(), topology.caches.end(),
            [&](const CacheLevel& row) { return row.level == cache.level && row.type == cache.type; });
        ASSERT_NE(same, topology.caches.end()) << "L" << cache.level << " " << cache.type;
        EXPECT_EQ(same->bytes, cache.bytes);
        EXPECT_EQ(same->line_bytes, cache.line_bytes);
        EXPECT_GE(same->instances, 1);
        EXPECT_LE(same->cpus_per_cache, static_cast<int>(cpus.size()));
        EXPECT_GE(same->instances * same->cpus_per_cache, static_cast<int>(cpus.size()));
    }
}

TEST(FindDataCache, StepsOverInstructions) {
    Topology topology;
    topology.caches = {
        {1, "Instruction", 64, 0, 1, 1}, {1, "Data", 32, 0, 1, 1}, {2, "Unified", 512, 0, 1, 1}};
    EXPECT_EQ(find_data_cache(topology, 1)->bytes, 32);
    EXPECT_EQ(find_data_cache(topology, 2)->bytes, 512);
    EXPECT_EQ(find_data_cache(topology, 3), nullptr);
}

TEST(HiddenFacts, TellWhatAVirtualMachineHides) {
    MachineInfo machine;
    machine.cpu.hypervisor = true;
    const std::vector<std::string> facts = hidden_facts(machine, {});
    ASSERT_EQ(facts.size(), 5U);
    EXPECT_EQ(facts[0], "hypervisor: the caches and topology shown are what the host chose to show");
    EXPECT_EQ(facts[1].rfind("frequency and governor: not shown", 0), 0U);
}

TEST(HiddenFacts, AnOpenMachineHidesNothing) {
    MachineInfo machine;
    machine.cpu.hypervisor = false;
    machine.governor = "performance";
    Topology topology{.source = "/sys", .packages = 1, .numa_nodes = 1, .cores = 1, .cpus = 1, .caches = {}};
    topology.caches = {{1, "Data", 32, 64, 1, 1}};
    EXPECT_TRUE(hidden_facts(machine, topology).empty());
}

}  // namespace
}  // namespace mobilenet_cost
