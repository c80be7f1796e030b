#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mobilenet_cost {

/// One cache as the first allowed CPU sees it.
struct CacheInfo {
    int level = 0;
    std::string type;  ///< "Data", "Instruction" or "Unified", as the kernel words it
    std::int64_t bytes = 0;

    bool operator==(const CacheInfo&) const = default;
};

/// From /proc/cpuinfo. Fields that this kernel or architecture does not print are absent.
struct CpuInfo {
    std::optional<std::string> model_name;
    std::optional<std::string> vendor;
    std::optional<int> family;
    std::optional<int> model;
    std::optional<int> stepping;
    std::optional<bool> hypervisor;  ///< the CPU says that it is a guest's

    bool operator==(const CpuInfo&) const = default;
};

struct MemoryInfo {
    std::optional<std::int64_t> total_bytes;
    std::optional<std::int64_t> available_bytes;

    bool operator==(const MemoryInfo&) const = default;
};

/// This computer, as far as it lets itself be read; what cannot be read is absent, never a default. No host
/// name: records of equal machines must look equal.
struct MachineInfo {
    CpuInfo cpu;
    std::vector<int> allowed_cpus;  ///< that this process may run on
    std::vector<CacheInfo> caches;
    MemoryInfo memory;  ///< limits of the control group applied
    std::optional<std::string> kernel;
    std::optional<std::array<double, 3>> load_average;  ///< over 1, 5 and 15 minutes
    /// Of the first allowed CPU. Absent in most virtual machines: the host's setting is hidden then, which is
    /// no sign of a constant clock.
    std::optional<std::string> governor;
};

[[nodiscard]] MachineInfo read_machine();

/// Absent where the machine does not show its caches.
[[nodiscard]] std::optional<std::int64_t> largest_cache_bytes(const MachineInfo& machine);

/// The time of day, "2026-01-31T23:59:59Z".
[[nodiscard]] std::string utc_now();

/// What this process could still allocate: the smallest of the machine's, its control group's and what its
/// limit on the address space leaves.
[[nodiscard]] std::optional<std::int64_t> available_memory_bytes();

// The texts behind read_machine(); any text is accepted.

[[nodiscard]] CpuInfo parse_cpu_info(std::string_view text);                  ///< /proc/cpuinfo
[[nodiscard]] MemoryInfo parse_memory_info(std::string_view text);            ///< /proc/meminfo
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);         ///< "0-3,8"
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);  ///< "512K", "1M", "32"
[[nodiscard]] std::optional<std::array<double, 3>> parse_load_average(std::string_view text);

/// Ticks stolen by the hypervisor, over all CPUs: field 8 of the line "cpu" of /proc/stat.
[[nodiscard]] std::optional<std::int64_t> parse_steal_ticks(std::string_view text);

/// Path of a controller in /proc/self/cgroup; "" asks for the one of version 2.
[[nodiscard]] std::optional<std::string> parse_cgroup_path(std::string_view text,
                                                           std::string_view controller);

/// Runs the calling thread on one CPU as long as it lives, then where it ran before. Threads that are started
/// meanwhile inherit the restriction.
class CpuPin {
  public:
    /// Throws Error when this process may not run on that CPU.
    explicit CpuPin(int cpu);
    ~CpuPin();
    CpuPin(const CpuPin&) = delete;
    CpuPin& operator=(const CpuPin&) = delete;

  private:
    struct Affinity;
    std::unique_ptr<Affinity> before_;
};

[[nodiscard]] std::unique_ptr<CpuPin> pin_to_cpu(int cpu);

/// CPUs that the calling thread may run on.
[[nodiscard]] std::vector<int> allowed_cpus();

/// Counters that only grow; the difference of two says what disturbed the time between them.
struct NoiseSnapshot {
    std::optional<double> steal_seconds;               ///< taken by the hypervisor, sum over all CPUs
    std::optional<std::int64_t> involuntary_switches;  ///< of this process, all threads

    bool operator==(const NoiseSnapshot&) const = default;
};

[[nodiscard]] NoiseSnapshot read_noise();

/// Present where both are.
[[nodiscard]] NoiseSnapshot operator-(const NoiseSnapshot& later, const NoiseSnapshot& earlier);

/// The text, without blanks around it, of a file below /sys/devices/system or of those that describe a CPU.
[[nodiscard]] std::optional<std::string> read_system_line(const std::string& file);
[[nodiscard]] std::optional<std::string> read_cpu_line(int cpu, const std::string& file);

/// A cache with the CPUs that share it, which tell two caches of a kind apart.
struct CpuCache : CacheInfo {
    int line_bytes = 0;     ///< 0: unknown
    std::string shared_by;  ///< a list of CPUs, "0-1"
};
[[nodiscard]] std::vector<CpuCache> read_cpu_caches(int cpu);

}  // namespace mobilenet_cost
