#include "mobilenet_cost/report/compare/report.h"

#include <algorithm>
#include <array>
#include <initializer_list>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/compare/rows.h"

namespace mobilenet_cost {
namespace {

/// A screenful; csv and json have all of them.
constexpr std::size_t kMostRows = 40;

// ---- cells of the tables

std::string value_text(const std::optional<ExactValue>& value) {
    if (!value) return "-";
    const auto* count = std::get_if<std::int64_t>(&*value);
    return count != nullptr ? with_thousands(*count) : std::get<std::string>(*value);
}

const std::int64_t* count_of(const std::optional<ExactValue>& value) {
    return value ? std::get_if<std::int64_t>(&*value) : nullptr;
}

std::string change_text(const Difference& difference) {
    if (!difference.contender) return "gone";
    if (!difference.base) return "new";
    const auto ratio = exact_ratio(difference);
    if (!ratio) return "other";
    const std::int64_t change = *count_of(difference.contender) - *count_of(difference.base);
    return fmt::format("{} ({})", signed_count_text(change), signed_percent_text(*ratio - 1));
}

std::string quantity_text(const Difference& difference) {
    if (difference.quantity != kWhole) return difference.quantity;
    return difference.layer.empty() ? "the cell" : "the layer";
}

Cell plain_cell(const std::string& text) {
    return text.empty() ? unknown_cell() : text_cell(text);
}

std::string interval_percent(const Estimate& ratio) {
    if (!ratio.interval) return "-";
    return fmt::format("[{}, {}]", signed_percent_text(ratio.interval->low - 1),
                       signed_percent_text(ratio.interval->high - 1));
}

bool is_share(const std::string& name) {
    return name.ends_with("share");
}

std::string ratio_text(const std::string& name, double value) {
    return is_share(name) || name == "efficiency" ? fmt::format("{:.1f} %", 100 * value) : factor_text(value);
}

std::string ratio_interval(const RatioChange& ratio, const std::optional<Estimate>& side) {
    if (!side || !side->interval) return "-";
    return fmt::format("[{}, {}]", ratio_text(ratio.name, side->interval->low),
                       ratio_text(ratio.name, side->interval->high));
}

/// Differences of one network or layer that come together: one changed kernel changes MACs, parameters in
/// each way of counting, bytes and traffic.
using DifferenceGroup = std::vector<const Difference*>;

/// The cause comes first where it is among them: all other quantities follow from these.
void put_cause_first(DifferenceGroup& group) {
    static constexpr std::array<std::string_view, 9> kCauses = {
        kWhole, "status", "op", "kernel_size", "stride", "dilation", "groups", "kernel", "input"};
    std::stable_partition(group.begin(), group.end(), [](const Difference* difference) {
        return std::find(kCauses.begin(), kCauses.end(), difference->quantity) != kCauses.end();
    });
}

std::vector<DifferenceGroup> grouped(const std::vector<Difference>& differences) {
    std::vector<DifferenceGroup> groups;
    for (const Difference& row : differences) {
        const Difference* last = groups.empty() ? nullptr : groups.back().front();
        const bool together =
            last != nullptr && last->cell == row.cell && last->layer == row.layer && last->gates == row.gates;
        if (!together) groups.emplace_back();
        groups.back().push_back(&row);
    }
    std::for_each(groups.begin(), groups.end(), put_cause_first);
    return groups;
}

/// "+1,234", "gone", "3x3 -> 5x5"
std::string brief_change(const Difference& difference) {
    const std::int64_t* base = count_of(difference.base);
    const std::int64_t* contender = count_of(difference.contender);
    if (base != nullptr && contender != nullptr) return signed_count_text(*contender - *base);
    if (!difference.base || !difference.contender) return change_text(difference);
    return fmt::format("{} -> {}", value_text(difference.base), value_text(difference.contender));
}

/// The five ways of counting batch norm.
std::string with_ways_in_short(std::string text) {
    constexpr std::string_view kWays = "params_bn0, params_bn1, params_bn2, params_bn3, params_bn4";
    for (std::size_t at = text.find(kWays); at != std::string::npos; at = text.find(kWays))
        text.replace(at, kWays.size(), "params_bn0...bn4");
    return text;
}

/// All but the first; quantities that change by the same are named together.
std::string besides_text(const DifferenceGroup& group) {
    std::string text;
    for (std::size_t i = 1; i < group.size();) {
        const std::string change = brief_change(*group[i]);
        std::string names;
        for (; i < group.size() && brief_change(*group[i]) == change; ++i)
            names += (names.empty() ? "" : ", ") + quantity_text(*group[i]);
        text += fmt::format("{}{} {}", text.empty() ? "" : "; ", names, change);
    }
    return with_ways_in_short(std::move(text));
}

bool any_run(const CompareResult& result) {
    const auto is_run = [](const auto& row) { return !row.cell.engine.empty(); };
    return std::any_of(result.differences.begin(), result.differences.end(), is_run);
}

// ---- sections

std::string origin_text(const std::optional<StoredOrigin>& origin) {
    if (!origin) return "";
    std::string text = fmt::format("  ({} commit {}, {}", origin->version, origin->commit, origin->compiler);
    if (!origin->started.empty()) text += ", " + origin->started;
    return text + ")";
}

std::string exact_line(const CompareResult& result) {
    const std::int64_t gating = gating_differences(result);
    const std::string cells = plural(result.common_cells, "cell");
    if (result.differences.empty())
        return fmt::format("all {} of {} are equal", plural(result.quantities, "value"), cells);
    const auto all = static_cast<std::int64_t>(result.differences.size());
    std::string text = fmt::format("{}; {} of {} compared", plural(all, "difference"),
                                   plural(result.quantities, "value"), cells);
    if (gating < all) text += fmt::format(", {} of them ignored", with_thousands(all - gating));
    return text;
}

std::int64_t count_verdict(const CompareResult& result, TimeVerdict verdict) {
    return std::count_if(result.times.begin(), result.times.end(),
                         [verdict](const TimeChange& time) { return time.verdict == verdict; });
}

std::string times_line(const CompareResult& result) {
    if (same_measurement(result))
        return fmt::format("identical to the last digit in {}: one measurement, stored twice",
                           plural(static_cast<std::int64_t>(result.times.size()), "cell"));
    if (!result.times_inform.empty()) return "inform: " + result.times_inform;
    return fmt::format("gate at {}: {} slower, {} faster, {} same, {} unclear",
                       signed_percent_text(result.settings.threshold),
                       count_verdict(result, TimeVerdict::slower), count_verdict(result, TimeVerdict::faster),
                       count_verdict(result, TimeVerdict::same), count_verdict(result, TimeVerdict::unclear));
}

Section head_section(const CompareResult& result) {
    Section section;
    const auto side = [](const char* name, const auto& document) {
        return text_line(fmt::format("{}{}{}", name, document.file, origin_text(document.origin)));
    };
    section.text = side("base       ", result.base) + side("contender  ", result.contender) +
                   text_line("exact      " + exact_line(result));
    const bool measured = result.base.origin || result.contender.origin;
    if (measured || result.settings.gate_times) section.text += text_line("times      " + times_line(result));
    for (const ClassDifference& row : result.classes)
        section.text += text_line(fmt::format("           {}: {} | {}", row.what, row.base, row.contender));
    return section;
}

Section difference_section(const CompareResult& result) {
    const std::vector<DifferenceGroup> groups = grouped(result.differences);
    const bool runs = any_run(result);
    const bool ignored = gating_differences(result) < static_cast<std::int64_t>(result.differences.size());
    const bool several = groups.size() < result.differences.size();
    Section section;
    Table& table = section.table;
    table.caption = "What is counted exactly and differs";
    if (groups.size() > kMostRows)
        table.caption += fmt::format(", the first {} of {} rows", kMostRows, groups.size());
    const auto add = [&table](std::initializer_list<Column> columns) {
        table.columns.insert(table.columns.end(), columns);
    };
    add({{"cell", "cell", true}});
    if (runs) add({{"run", "run", true}});
    add({{"layer", "layer", true},
         {"quantity", "quantity", true},
         {"base", "base"},
         {"contender", "contender"},
         {"change", "change"}});
    if (several) add({{"besides", "and with it", true}});
    if (ignored) add({{"gates", "gates", true}});
    for (const DifferenceGroup& group : groups) {
        if (table.rows.size() == kMostRows) break;
        const Difference& row = *group.front();
        std::vector<Cell>& cells = table.rows.emplace_back();
        cells.push_back(text_cell(id_title(row.cell)));
        if (runs) cells.push_back(text_cell(id_run(row.cell)));
        cells.push_back(plain_cell(row.layer));
        cells.push_back(text_cell(quantity_text(row)));
        cells.push_back(text_cell(value_text(row.base)));
        cells.push_back(text_cell(value_text(row.contender)));
        cells.push_back(text_cell(change_text(row)));
        if (several) cells.push_back(text_cell(besides_text(group)));
        if (ignored) cells.push_back(text_cell(row.gates ? "yes" : "ignored"));
    }
    return section;
}

Section time_section(const CompareResult& result) {
    Section section;
    Table& table = section.table;
    table.caption =
        result.times_inform.empty() ? "Time of a pass" : "Time of a pass, which informs and does not gate";
    table.columns = {{"cell", "cell", true}, {"run", "run", true},        {"base", "base"},
                     {"contender", "cont."}, {"ratio", "change"},         {"interval", "interval"},
                     {"samples", "samples"}, {"verdict", "verdict", true}};
    table.droppable = {"samples", "base", "contender"};
    for (const TimeChange& row : result.times) {
        const bool sampled = row.base_samples > 0 && row.contender_samples > 0;
        table.rows.push_back(
            {text_cell(id_title(row.cell)), text_cell(id_run(row.cell)),
             text_cell(seconds_text(row.base.value)), text_cell(seconds_text(row.contender.value)),
             text_cell(signed_percent_text(row.ratio.value - 1)), text_cell(interval_percent(row.ratio)),
             sampled ? text_cell(fmt::format("{}/{}", row.base_samples, row.contender_samples))
                     : unknown_cell(),
             text_cell(std::string(time_verdict_name(row.verdict)))});
    }
    if (const auto mean = mean_time_ratio(result); mean && result.times.size() > 1) {
        table.total = std::vector<Cell>(table.columns.size(), text_cell(""));
        table.total[0] = text_cell("geometric mean");
        table.total[4] = text_cell(signed_percent_text(*mean - 1));
    }
    return section;
}

/// Shares of layer classes are many: those that are not apart are left to the machine formats.
Section ratio_section(const CompareResult& result) {
    Section section;
    Table& table = section.table;
    std::size_t hidden = 0;
    table.columns = {{"cell", "cell", true},
                     {"run", "run", true},
                     {"ratio", "ratio", true},
                     {"base", "base"},
                     {"base_interval", "interval"},
                     {"contender", "cont."},
                     {"contender_interval", "interval"},
                     {"mark", "", true}};
    table.droppable = {"base_interval",
                       "contender_interval"};  // whether they overlap stands in the last column
    for (const RatioChange& row : result.ratios) {
        if (is_share(row.name) && !row.apart) {
            ++hidden;
            continue;
        }
        const auto text = [&row](const std::optional<Estimate>& side) {
            return side ? text_cell(ratio_text(row.name, side->value)) : unknown_cell();
        };
        table.rows.push_back({text_cell(id_title(row.cell)), text_cell(id_run(row.cell)), text_cell(row.name),
                              text(row.base), text_cell(ratio_interval(row, row.base)), text(row.contender),
                              text_cell(ratio_interval(row, row.contender)),
                              text_cell(row.apart ? "apart" : "")});
    }
    table.caption = "Ratios inside each run, which inform; apart: the intervals do not overlap";
    if (hidden > 0) table.caption += fmt::format("; {} shares that are not apart are left out", hidden);
    if (table.rows.empty()) section = {.text = table.caption + "\n", .table = {}};
    return section;
}

}  // namespace

std::string id_title(const CellId& id) {
    std::string text = fmt::format("{} alpha {} at {} px", id.model, shortest(id.alpha), id.resolution);
    if (id.classes != 1000) text += fmt::format(", {} classes", id.classes);
    text += form_text(id.form);
    if (id.batch != 1) text += fmt::format(", batch {}", id.batch);
    if (id.data_type != "f32") text += ", " + id.data_type;
    if (id.alpha_scope != "published") text += ", " + id.alpha_scope;
    if (!id.convention.empty() && id.convention != "paper") text += ", " + id.convention;
    return text;
}

std::string id_run(const CellId& id) {
    if (id.engine.empty()) return "-";
    std::string text = fmt::format("{}, {} {}, {}", id.engine, id.threads,
                                   id.threads == 1 ? "thread" : "threads", id.network);
    if (!id.cache.empty() && id.cache != "warm") text += ", " + id.cache;
    return text;
}

std::vector<Section> compare_sections(const CompareResult& result, CompareView view) {
    std::vector<Section> sections = {head_section(result)};
    if (view == CompareView::summary) return sections;
    if (!result.differences.empty()) sections.push_back(difference_section(result));
    if (same_measurement(result)) return sections;
    if (!result.times.empty()) sections.push_back(time_section(result));
    if (!result.ratios.empty()) sections.push_back(ratio_section(result));
    return sections;
}

Table compare_table(const CompareResult& result) {
    return compare_fields().csv(compare_rows(result));
}

std::vector<std::string> compare_messages(const CompareResult& result) {
    std::vector<std::string> messages;
    const auto first = std::find_if(result.differences.begin(), result.differences.end(),
                                    [](const Difference& difference) { return difference.gates; });
    if (first != result.differences.end()) {
        messages.push_back(
            fmt::format("{} of exact quantities, the first: {}{}{}: {}: {} in the base, {} in the contender",
                        plural(gating_differences(result), "difference"), id_title(first->cell),
                        first->cell.engine.empty() ? "" : " on " + id_run(first->cell),
                        first->layer.empty() ? "" : ", " + first->layer, quantity_text(*first),
                        value_text(first->base), value_text(first->contender)));
    }
    const bool gates = result.times_inform.empty();
    if (gates && count_verdict(result, TimeVerdict::slower) > 0) {
        messages.push_back(fmt::format("{} slower than the base by more than {}",
                                       plural(count_verdict(result, TimeVerdict::slower), "cell"),
                                       signed_percent_text(result.settings.threshold)));
    }
    if (result.outcome == CompareOutcome::unclear)
        messages.push_back(gates ? "the samples do not tell whether times are slower"
                                 : "times cannot be judged: " + result.times_inform);
    return messages;
}

}  // namespace mobilenet_cost
