#include "mobilenet_cost/report/parts/measured_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {

Cell bandwidth_cell(std::int64_t bytes, double seconds) {
    if (!(seconds > 0)) return unknown_cell();
    return number_cell(static_cast<double>(bytes) / seconds / kGiga, 1);
}

std::string instruction_set_text(const std::string& name) {
    constexpr std::string_view kHighway = "AVX3";
    return name.starts_with(kHighway) ? "AVX-512" + name.substr(kHighway.size()) : name;
}

std::string machine_line(const MachineInfo& machine) {
    return text_line(fmt::format(
        "{}, {} CPUs allowed, {} ({}), governor {}, load {}", machine.cpu.model_name.value_or("unknown CPU"),
        machine.allowed_cpus.size(), machine.kernel.value_or("unknown kernel"),
        !machine.cpu.hypervisor ? "virtual or not: unknown"
                                : (*machine.cpu.hypervisor ? "virtual machine" : "not virtual"),
        machine.governor.value_or("hidden"),
        machine.load_average ? fmt::format("{}", fmt::join(*machine.load_average, " ")) : "unknown"));
}

}  // namespace mobilenet_cost
