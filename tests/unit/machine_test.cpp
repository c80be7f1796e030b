#include "mobilenet_cost/machine/machine.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

constexpr std::string_view kX86 =
    "processor\t: 0\n"
    "vendor_id\t: AuthenticAMD\n"
    "cpu family\t: 25\n"
    "model\t\t: 17\n"
    "model name\t: AMD EPYC 9R14\n"
    "stepping\t: 1\n"
    "cpu MHz\t\t: 2600.000\n"
    "flags\t\t: fpu sse2 hypervisor avx2\n"
    "\n"
    "processor\t: 1\n"
    "vendor_id\t: SomeoneElse\n"
    "model\t\t: 99\n";

TEST(ParseCpuInfo, FirstProcessorOfX86) {
    const CpuInfo cpu = parse_cpu_info(kX86);
    EXPECT_EQ(cpu.model_name, "AMD EPYC 9R14");
    EXPECT_EQ(cpu.vendor, "AuthenticAMD");
    EXPECT_EQ(cpu.family, 25);
    EXPECT_EQ(cpu.model, 17);
    EXPECT_EQ(cpu.stepping, 1);
    EXPECT_EQ(cpu.hypervisor, true);
}

TEST(ParseCpuInfo, NoHypervisorFlagIsAnAnswerNoFlagsIsNone) {
    EXPECT_EQ(parse_cpu_info("flags : fpu hypervisors\n").hypervisor, false);
    // AArch64 prints "Features" and numbers, no names.
    const CpuInfo arm = parse_cpu_info(
        "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\n"
        "CPU implementer\t: 0x41\nCPU part\t: 0xd40\n");
    EXPECT_EQ(arm, CpuInfo{});
}

TEST(ParseCpuInfo, BrokenTextIsUnknown) {
    EXPECT_EQ(parse_cpu_info(""), CpuInfo{});
    EXPECT_EQ(parse_cpu_info("model : twelve\nmodel name :\n:::\n"), CpuInfo{});
}

TEST(ParseMemoryInfo, KibibytesToBytes) {
    const MemoryInfo memory = parse_memory_info(
        "MemTotal:       24684092 kB\nMemFree:        22812236 kB\nMemAvailable:   24258692 kB\n");
    EXPECT_EQ(memory.total_bytes, 24684092LL * 1024);
    EXPECT_EQ(memory.available_bytes, 24258692LL * 1024);
}

TEST(ParseMemoryInfo, OldKernelWithoutAvailable) {
    const MemoryInfo memory = parse_memory_info("MemTotal: 1024 kB\nMemFree: 12 kB\n");
    EXPECT_EQ(memory.total_bytes, 1024 * 1024);
    EXPECT_FALSE(memory.available_bytes.has_value());
}

TEST(ParseMemoryInfo, AnotherUnitOrTooLargeIsUnknown) {
    EXPECT_EQ(parse_memory_info("MemTotal: 12 MB\nMemAvailable: 9223372036854775807 kB\n"), MemoryInfo{});
}

TEST(ParseCpuList, RangesAndSingles) {
    EXPECT_EQ(parse_cpu_list("0-3,8\n"), (std::vector<int>{0, 1, 2, 3, 8}));
    EXPECT_EQ(parse_cpu_list("5"), std::vector<int>{5});
    EXPECT_TRUE(parse_cpu_list("").empty());
    EXPECT_TRUE(parse_cpu_list("a-b,-,0-999999999999").empty());
}

TEST(ParseSize, BinaryUnits) {
    EXPECT_EQ(parse_size("48K\n"), 48 * 1024);
    EXPECT_EQ(parse_size("1M"), 1024 * 1024);
    EXPECT_EQ(parse_size("2G"), 2LL * 1024 * 1024 * 1024);
    EXPECT_EQ(parse_size("32"), 32);
    EXPECT_FALSE(parse_size("K").has_value());
    EXPECT_FALSE(parse_size("1.5M").has_value());
    EXPECT_FALSE(parse_size("-1K").has_value());
    EXPECT_FALSE(parse_size("9223372036854775807G").has_value());
}

TEST(ParseLoadAverage, ThreeNumbers) {
    const auto load = parse_load_average("0.51 1.54 12.28 1/90 11673\n");
    ASSERT_TRUE(load.has_value());
    EXPECT_EQ(*load, (std::array<double, 3>{0.51, 1.54, 12.28}));
    EXPECT_FALSE(parse_load_average("0.51 1.54\n").has_value());
    EXPECT_FALSE(parse_load_average("a b c\n").has_value());
}

TEST(ParseStealTicks, EighthFieldOfTheSum) {
    EXPECT_EQ(parse_steal_ticks("cpu  16779 0 8043 142635 1632 0 504 3652 0 0\n"
                                "cpu0 6475 0 3577 74622 189 0 33 1761 0 0\n"),
              3652);
    // Before Linux 2.6.11 the line ends early.
    EXPECT_FALSE(parse_steal_ticks("cpu  1 2 3 4 5 6 7\n").has_value());
    EXPECT_FALSE(parse_steal_ticks("intr 1 2 3\n").has_value());
}

TEST(ParseCgroupPath, BothVersions) {
    constexpr std::string_view kGroups =
        "9:name=systemd:/\n5:cpu,cpuacct:/a\n4:cpuset,memory:/jobs/one\n0::/user.slice\n";
    EXPECT_EQ(parse_cgroup_path(kGroups, "memory"), "/jobs/one");
    EXPECT_EQ(parse_cgroup_path(kGroups, "cpuacct"), "/a");
    EXPECT_EQ(parse_cgroup_path(kGroups, ""), "/user.slice");
    EXPECT_FALSE(parse_cgroup_path(kGroups, "mem").has_value());
    EXPECT_FALSE(parse_cgroup_path("4:memory\n", "memory").has_value());
}

std::vector<int> affinity() {
    cpu_set_t set;
    EXPECT_EQ(sched_getaffinity(0, sizeof(set), &set), 0);
    std::vector<int> cpus;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(static_cast<std::size_t>(cpu), &set)) cpus.push_back(cpu);
    }
    return cpus;
}

TEST(CpuPin, RestoresTheAffinity) {
    const std::vector<int> before = affinity();
    ASSERT_EQ(before, allowed_cpus());
    {
        const auto pin = pin_to_cpu(before.back());
        EXPECT_EQ(affinity(), std::vector<int>{before.back()});
        EXPECT_EQ(sched_getcpu(), before.back());
    }
    EXPECT_EQ(affinity(), before);
}

TEST(CpuPin, RefusesACpuThatIsNotAllowed) {
    const std::vector<int> before = affinity();
    EXPECT_THROW((void)pin_to_cpu(-1), Error);
    EXPECT_THROW((void)pin_to_cpu(1 << 20), Error);
    EXPECT_EQ(affinity(), before);
}

TEST(Noise, DifferenceIsKnownWhereBothAre) {
    const NoiseSnapshot earlier{.steal_seconds = 1.5, .involuntary_switches = std::nullopt};
    const NoiseSnapshot later{.steal_seconds = 2.0, .involuntary_switches = 7};
    EXPECT_EQ(later - earlier, (NoiseSnapshot{.steal_seconds = 0.5, .involuntary_switches = std::nullopt}));
}

TEST(Noise, CountersOnlyGrow) {
    const NoiseSnapshot first = read_noise();
    const NoiseSnapshot second = read_noise();
    ASSERT_TRUE(first.involuntary_switches.has_value());
    EXPECT_GE(*(second - first).involuntary_switches, 0);
    if (first.steal_seconds) {
        EXPECT_GE(*(second - first).steal_seconds, 0);
    }
}

TEST(ReadMachine, AgreesWithTheSystem) {
    const MachineInfo machine = read_machine();
    EXPECT_EQ(machine.allowed_cpus, affinity());
    ASSERT_TRUE(machine.kernel.has_value());
    EXPECT_EQ(machine.kernel->rfind("Linux ", 0), 0U) << *machine.kernel;
    ASSERT_TRUE(machine.memory.total_bytes && machine.memory.available_bytes);
    EXPECT_LE(*machine.memory.available_bytes, *machine.memory.total_bytes);
    for (const CacheInfo& cache : machine.caches)
        EXPECT_GT(cache.bytes, 0) << cache.type;
}

}  // namespace
}  // namespace mobilenet_cost
