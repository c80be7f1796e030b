#include "mobilenet_cost/report/count/runtime_rows.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

std::string line(const std::string& label, const std::string& text) {
    return fmt::format("{:<15} {}\n", label, text);
}

}  // namespace

Json runtime_json(const RuntimeNeed& need) {
    Json json = {
        {"name", enum_name(need.runtime)}, {"ram_bytes", need.ram_bytes}, {"flash_bytes", need.flash_bytes}};
    if (need.head_bytes) {
        json["arena_bytes"] = need.ram_bytes;
        json["head_bytes"] = *need.head_bytes;
        json["tail_bytes"] = *need.tail_bytes;
        json["file_bytes"] = *need.file_bytes;
    }
    return json;
}

std::string runtime_rules_text(Runtime runtime) {
    const RuntimeRules& rules = rules_of(runtime);
    return fmt::format("{}, {}:\n{}.\nIts error: {}.\n", enum_name(runtime), rules.title, rules.rules,
                       rules.error);
}

std::string runtime_text(const RuntimeNeed& need) {
    std::string ram = bytes_text(need.ram_bytes);
    if (need.head_bytes)
        ram += fmt::format(": head {} (maps and scratch), tail {} (structures)", bytes_text(*need.head_bytes),
                           bytes_text(*need.tail_bytes));
    std::string flash = bytes_text(need.flash_bytes);
    if (need.file_bytes) flash += ", the file";
    if (need.file_bytes && *need.file_bytes != need.flash_bytes)
        flash += fmt::format(" once trained; {} as built", bytes_text(*need.file_bytes));
    return line("RAM", ram) + line("flash", flash) + "\n" + runtime_rules_text(need.runtime);
}

void add_runtime_columns(Table& table, const std::vector<RuntimeNeed>& needs) {
    if (needs.empty()) return;
    table.columns.push_back({"ram_bytes", "RAM B"});
    table.columns.push_back({"flash_bytes", "flash B"});
    for (std::size_t i = 0; i < needs.size(); ++i) {
        table.rows[i].push_back(count_cell(needs[i].ram_bytes));
        table.rows[i].push_back(count_cell(needs[i].flash_bytes));
    }
}

}  // namespace mobilenet_cost
