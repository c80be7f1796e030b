#include "mobilenet_cost/machine/machine.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The whole text as a number, or nothing.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// Calls `use` with each part until it returns false.
void for_each_part(std::string_view text, char separator, const std::function<bool(std::string_view)>& use) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (!use(text.substr(0, end))) return;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::vector<std::string_view> words(std::string_view line) {
    std::vector<std::string_view> result;
    for_each_part(line, ' ', [&](std::string_view word) {
        if (const std::string_view text = trim(word); !text.empty()) result.push_back(text);
        return true;
    });
    return result;
}

/// Value of the first line "key : value".
std::optional<std::string_view> field(std::string_view text, std::string_view key) {
    std::optional<std::string_view> value;
    for_each_part(text, '\n', [&](std::string_view line) {
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || trim(line.substr(0, colon)) != key) return true;
        value = trim(line.substr(colon + 1));
        return false;
    });
    return value;
}

std::optional<std::string> text_field(std::string_view text, std::string_view key) {
    const auto value = field(text, key);
    if (!value || value->empty()) return std::nullopt;
    return std::string(*value);
}

std::optional<int> int_field(std::string_view text, std::string_view key) {
    const auto value = field(text, key);
    return value ? parse_number<int>(*value) : std::nullopt;
}

std::optional<std::int64_t> kibibyte_field(std::string_view text, std::string_view key) {
    const auto value = field(text, key);
    if (!value) return std::nullopt;
    const auto parts = words(*value);
    if (parts.size() != 2 || parts[1] != "kB") return std::nullopt;
    const auto number = parse_number<std::int64_t>(parts[0]);
    if (!number || *number < 0 || *number > INT64_MAX / 1024) return std::nullopt;
    return *number * 1024;
}

/// Files of /proc and /sys have no length beforehand.
std::optional<std::string> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file.bad()) return std::nullopt;
    return text;
}

std::optional<std::int64_t> read_count(const std::filesystem::path& path) {
    const auto text = read_file(path);
    return text ? parse_number<std::int64_t>(trim(*text)) : std::nullopt;
}

/// Value of a line "key value", as in memory.stat.
std::optional<std::int64_t> read_stat(const std::filesystem::path& path, std::string_view key) {
    const auto text = read_file(path);
    if (!text) return std::nullopt;
    std::optional<std::int64_t> value;
    for_each_part(*text, '\n', [&](std::string_view line) {
        const auto parts = words(line);
        if (parts.size() != 2 || parts[0] != key) return true;
        value = parse_number<std::int64_t>(parts[1]);
        return false;
    });
    return value;
}

/// How one version of control groups names what it limits.
struct CgroupFiles {
    std::string_view controller;
    std::string_view mount;
    std::string_view limit;
    std::string_view usage;
    std::string_view reclaimable;  ///< key of memory.stat: page cache that is given back on demand
};

constexpr CgroupFiles kCgroupVersions[] = {
    {"", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"},
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes",
     "total_inactive_file"},
};

void lower(std::optional<std::int64_t>& bound, std::int64_t value) {
    bound = std::min(bound.value_or(value), value);
}

/// Every group between this process's and the root limits it.
void apply_cgroup(const CgroupFiles& files, const std::string& group, MemoryInfo& memory) {
    std::filesystem::path path = std::filesystem::path(group).relative_path();
    while (true) {
        const std::filesystem::path folder = std::filesystem::path(files.mount) / path;
        if (const auto limit = read_count(folder / files.limit)) {
            lower(memory.total_bytes, *limit);
            if (const auto usage = read_count(folder / files.usage)) {
                const std::int64_t cache = read_stat(folder / "memory.stat", files.reclaimable).value_or(0);
                lower(memory.available_bytes, std::max<std::int64_t>(*limit - *usage + cache, 0));
            }
        }
        if (path.empty()) return;
        path = path.parent_path();
    }
}

MemoryInfo read_memory() {
    MemoryInfo memory = parse_memory_info(read_file("/proc/meminfo").value_or(""));
    const std::string groups = read_file("/proc/self/cgroup").value_or("");
    for (const CgroupFiles& files : kCgroupVersions) {
        if (const auto group = parse_cgroup_path(groups, files.controller)) {
            apply_cgroup(files, *group, memory);
        }
    }
    return memory;
}

std::optional<std::string> read_kernel() {
    utsname name{};
    if (uname(&name) != 0) return std::nullopt;
    return fmt::format("{} {}", name.sysname, name.release);
}

}  // namespace

std::optional<std::string> read_system_line(const std::string& file) {
    const auto text = read_file("/sys/devices/system/" + file);
    if (!text || trim(*text).empty()) return std::nullopt;
    return std::string(trim(*text));
}

std::optional<std::string> read_cpu_line(int cpu, const std::string& file) {
    return read_system_line(fmt::format("cpu/cpu{}/{}", cpu, file));
}

std::vector<CpuCache> read_cpu_caches(int cpu) {
    std::vector<CpuCache> caches;
    for (int index = 0;; ++index) {
        const auto line = [&](const char* file) {
            return read_cpu_line(cpu, fmt::format("cache/index{}/{}", index, file));
        };
        const auto size_in = [&](const char* file) { return parse_size(line(file).value_or("")); };
        const auto level = size_in("level");
        if (!level) return caches;
        const auto type = line("type");
        const auto bytes = size_in("size");
        if (!type || !bytes) continue;
        CpuCache& cache = caches.emplace_back();
        cache.level = static_cast<int>(*level);
        cache.type = *type;
        cache.bytes = *bytes;
        cache.line_bytes = static_cast<int>(size_in("coherency_line_size").value_or(0));
        cache.shared_by = line("shared_cpu_list").value_or(std::to_string(cpu));
    }
}

CpuInfo parse_cpu_info(std::string_view text) {
    CpuInfo cpu;
    cpu.model_name = text_field(text, "model name");
    cpu.vendor = text_field(text, "vendor_id");
    cpu.family = int_field(text, "cpu family");
    cpu.model = int_field(text, "model");
    cpu.stepping = int_field(text, "stepping");
    if (const auto flags = field(text, "flags")) {
        const auto names = words(*flags);
        cpu.hypervisor = std::find(names.begin(), names.end(), "hypervisor") != names.end();
    }
    return cpu;
}

MemoryInfo parse_memory_info(std::string_view text) {
    return {kibibyte_field(text, "MemTotal"), kibibyte_field(text, "MemAvailable")};
}

std::vector<int> parse_cpu_list(std::string_view text) {
    constexpr int kMostCpus = 1 << 16;  // far above any kernel's NR_CPUS; bounds what a broken text allocates
    std::vector<int> cpus;
    for_each_part(trim(text), ',', [&](std::string_view part) {
        const std::size_t dash = part.find('-');
        const auto first = parse_number<int>(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parse_number<int>(part.substr(dash + 1));
        if (!first || !last || *first < 0 || *last >= kMostCpus) return true;
        for (int cpu = *first; cpu <= *last; ++cpu)
            cpus.push_back(cpu);
        return true;
    });
    return cpus;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    text = trim(text);
    if (text.empty()) return std::nullopt;
    const std::size_t unit = std::string_view("KMG").find(text.back());
    if (unit != std::string_view::npos) text.remove_suffix(1);
    const std::size_t shift = unit == std::string_view::npos ? 0 : 10 * (unit + 1);
    const auto number = parse_number<std::int64_t>(text);
    if (!number || *number < 0 || *number > (INT64_MAX >> shift)) return std::nullopt;
    return *number << shift;
}

std::optional<std::array<double, 3>> parse_load_average(std::string_view text) {
    const auto parts = words(text);
    if (parts.size() < 3) return std::nullopt;
    std::array<double, 3> load{};
    for (std::size_t i = 0; i < load.size(); ++i) {
        const auto number = parse_number<double>(parts[i]);
        if (!number) return std::nullopt;
        load[i] = *number;
    }
    return load;
}

std::optional<std::int64_t> parse_steal_ticks(std::string_view text) {
    std::optional<std::int64_t> ticks;
    for_each_part(text, '\n', [&](std::string_view line) {
        const auto parts = words(line);
        if (parts.empty() || parts[0] != "cpu") return true;
        if (parts.size() > 8) ticks = parse_number<std::int64_t>(parts[8]);
        return false;
    });
    return ticks;
}

std::optional<std::string> parse_cgroup_path(std::string_view text, std::string_view controller) {
    std::optional<std::string> path;
    for_each_part(text, '\n', [&](std::string_view line) {
        const std::size_t first = line.find(':');
        if (first == std::string_view::npos) return true;
        const std::size_t second = line.find(':', first + 1);
        if (second == std::string_view::npos) return true;
        bool found = false;
        const std::string_view names = line.substr(first + 1, second - first - 1);
        if (names.empty()) found = controller.empty();
        for_each_part(names, ',', [&](std::string_view name) {
            found = found || name == controller;
            return !found;
        });
        if (found) path = std::string(trim(line.substr(second + 1)));
        return !found;
    });
    return path;
}

namespace {

/// Under a limit such as `ulimit -v`; nothing: there is none.
std::optional<std::int64_t> address_space_left() {
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
    // The first number of statm is the size of the address space in pages.
    const std::int64_t pages = std::atoll(read_file("/proc/self/statm").value_or("0").c_str());
    const std::int64_t used = pages * sysconf(_SC_PAGESIZE);
    return std::max<std::int64_t>(static_cast<std::int64_t>(limit.rlim_cur) - used, 0);
}

}  // namespace

std::optional<std::int64_t> largest_cache_bytes(const MachineInfo& machine) {
    std::optional<std::int64_t> largest;
    for (const CacheInfo& cache : machine.caches)
        largest = std::max(largest.value_or(0), cache.bytes);
    return largest;
}

MachineInfo read_machine() {
    MachineInfo machine;
    machine.cpu = parse_cpu_info(read_file("/proc/cpuinfo").value_or(""));
    machine.allowed_cpus = allowed_cpus();
    machine.memory = read_memory();
    machine.kernel = read_kernel();
    machine.load_average = parse_load_average(read_file("/proc/loadavg").value_or(""));
    if (!machine.allowed_cpus.empty()) {
        const std::vector<CpuCache> caches = read_cpu_caches(machine.allowed_cpus.front());
        machine.caches.assign(caches.begin(), caches.end());
        machine.governor = read_cpu_line(machine.allowed_cpus.front(), "cpufreq/scaling_governor");
    }
    return machine;
}

std::optional<std::int64_t> available_memory_bytes() {
    const std::optional<std::int64_t> of_machine = read_memory().available_bytes;
    const std::optional<std::int64_t> of_limit = address_space_left();
    if (!of_machine || !of_limit) return of_machine ? of_machine : of_limit;
    return std::min(*of_machine, *of_limit);
}

std::vector<int> allowed_cpus() {
    // The kernel's own list: unlike cpu_set_t it has no fixed size.
    const auto status = read_file("/proc/thread-self/status");
    if (!status) return {};
    return parse_cpu_list(field(*status, "Cpus_allowed_list").value_or(""));
}

struct CpuPin::Affinity {
    cpu_set_t cpus;
};

CpuPin::CpuPin(int cpu) : before_(std::make_unique<Affinity>()) {
    const std::vector<int> allowed = allowed_cpus();
    if (cpu < 0 || cpu >= CPU_SETSIZE || std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
        fail("pin", fmt::format("expected one of the CPUs {}, found {}", fmt::join(allowed, ", "), cpu));
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(cpu), &one);
    if (sched_getaffinity(0, sizeof(cpu_set_t), &before_->cpus) != 0 ||
        sched_setaffinity(0, sizeof(cpu_set_t), &one) != 0) {
        fail("pin", fmt::format("this system does not let a process choose CPU {}", cpu));
    }
}

CpuPin::~CpuPin() {
    sched_setaffinity(0, sizeof(cpu_set_t), &before_->cpus);
}

std::unique_ptr<CpuPin> pin_to_cpu(int cpu) {
    return std::make_unique<CpuPin>(cpu);
}

NoiseSnapshot read_noise() {
    NoiseSnapshot noise;
    const long ticks_per_second = sysconf(_SC_CLK_TCK);
    const auto ticks = parse_steal_ticks(read_file("/proc/stat").value_or(""));
    if (ticks && ticks_per_second > 0) {
        noise.steal_seconds = static_cast<double>(*ticks) / static_cast<double>(ticks_per_second);
    }
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) noise.involuntary_switches = usage.ru_nivcsw;
    return noise;
}

NoiseSnapshot operator-(const NoiseSnapshot& later, const NoiseSnapshot& earlier) {
    NoiseSnapshot difference;
    if (later.steal_seconds && earlier.steal_seconds) {
        difference.steal_seconds = *later.steal_seconds - *earlier.steal_seconds;
    }
    if (later.involuntary_switches && earlier.involuntary_switches) {
        difference.involuntary_switches = *later.involuntary_switches - *earlier.involuntary_switches;
    }
    return difference;
}

std::string utc_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

}  // namespace mobilenet_cost
