#include "mobilenet_cost/report/count/memory_map_report.h"

#include <array>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

// A row has 80 columns: name, bytes, the memory, and a mark.
constexpr std::size_t kNameColumns = 26;
constexpr std::int64_t kCells = 40;

constexpr std::array<char, 4> kMarks = {'r', 'W', 'k', 's'};  // by BufferUse

/// The name, or its end, which tells layers of a block apart.
std::string short_name(const MemoryStep& step) {
    const std::string name = printable(step.name.starts_with('#') ? step.op + " " + step.name : step.name);
    if (name.size() <= kNameColumns) return name;
    return "..." + name.substr(name.size() - (kNameColumns - 3));
}

/// Each cell shows what lies at its middle.
std::string drawn(const MemoryMap& map, const MemoryStep& step) {
    std::string cells(static_cast<std::size_t>(kCells), '.');
    for (std::int64_t i = 0; i < kCells; ++i) {
        const double middle = (static_cast<double>(i) + 0.5) * static_cast<double>(map.bytes) / kCells;
        for (const MemoryPart& part : step.parts) {
            const auto begin = static_cast<double>(part.offset);
            if (begin <= middle && middle < begin + static_cast<double>(part.bytes))
                cells[static_cast<std::size_t>(i)] = kMarks.at(static_cast<std::size_t>(part.use));
        }
    }
    return cells;
}

std::string map_text(const MappedVariant& shown) {
    const MemoryMap& map = shown.map;
    std::string text =
        fmt::format("{}, {}, {}: {} of {} for maps and scratch\n",
                    variant_text(shown.model, shown.variant.alpha, shown.variant.resolution),
                    head_text(shown.variant.classes, shown.variant.form), data_type_name(shown.data_type),
                    bytes_text(map.bytes), enum_name(map.runtime));
    text += fmt::format("A column is {}: r read, W written, k kept for later, s scratch, . free.\n\n",
                        bytes_text(map.bytes / kCells));
    for (std::size_t i = 0; i < map.steps.size(); ++i) {
        const MemoryStep& step = map.steps[i];
        text += fmt::format("{:<{}} {:>9} {}{}\n", short_name(step), kNameColumns,
                            bytes_text(step.live_bytes), drawn(map, step), i == map.peak ? " <" : "");
    }
    return text + fmt::format("\n<: the most live bytes, {}, at {}.\n",
                              bytes_text(map.steps[map.peak].live_bytes), short_name(map.steps[map.peak]));
}

[[noreturn]] void refuse() {
    fail("--memory-map", "expected the format table or markdown, found another one");
}

}  // namespace

Report memory_map_report(const std::vector<MappedVariant>& variants) {
    const auto sections = [&variants] {
        std::vector<Section> made;
        for (const MappedVariant& shown : variants)
            made.push_back({map_text(shown), {}});
        return made;
    };
    return {.sections = sections,
            .csv = []() -> Table { refuse(); },
            .json = []() -> std::string { refuse(); },
            .jsonl = []() -> std::string { refuse(); }};
}

}  // namespace mobilenet_cost
