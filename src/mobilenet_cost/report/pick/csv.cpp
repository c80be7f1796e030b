#include "mobilenet_cost/report/pick/csv.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/pick/words.h"

namespace mobilenet_cost {
namespace {

Cell maybe(const std::optional<double>& value) {
    return value ? Cell{shortest(*value), shortest(*value)} : unknown_cell();
}

/// Everything about one candidate, raw.
std::vector<Cell> csv_row(const PickReport& report, std::size_t index,
                          const std::vector<std::size_t>& places) {
    const PickCandidate& candidate = report.candidates[index];
    const SweepCell& cell = candidate.cell;
    const bool fits = report.result.misses[index].empty();
    const std::optional<std::size_t>& by = report.result.dominated_by[index];
    const auto& accuracy = candidate.accuracy;
    const auto& time = candidate.time;
    return {fits ? text_cell(fmt::format("{}", places[index])) : unknown_cell(),
            text_cell(cell.model),
            text_cell(shortest(cell.variant.alpha)),
            text_cell(shortest(cell.beta)),
            text_cell(fmt::format("{}", cell.variant.resolution)),
            maybe(accuracy ? std::optional(accuracy->top1) : std::nullopt),
            maybe(accuracy ? accuracy->top5 : std::nullopt),
            text_cell(accuracy ? accuracy->source : ""),
            maybe(candidate.estimate ? std::optional(candidate.estimate->top1) : std::nullopt),
            maybe(candidate.estimate ? std::optional(candidate.estimate->largest_error) : std::nullopt),
            maybe(time ? std::optional(time->seconds) : std::nullopt),
            maybe(time ? time->low : std::nullopt),
            maybe(time ? time->high : std::nullopt),
            text_cell(time ? time_kind(*time) : ""),
            text_cell(time ? time->file : ""),
            text_cell(time ? time->engine : ""),
            time ? count_cell(time->threads) : unknown_cell(),
            count_cell(cell.macs),
            count_cell(cell.params),
            count_cell(cell.weight_bytes),
            count_cell(cell.peak_activation_bytes),
            text_cell(fits ? "yes" : "no"),
            text_cell(flags_text(report.result.misses[index])),
            by ? text_cell(fmt::format("{}", places[*by])) : unknown_cell()};
}

}  // namespace

Table pick_table(const PickReport& report) {
    Table table;
    for (const char* key : {"rank",
                            "model",
                            "alpha",
                            "beta",
                            "resolution",
                            "top1",
                            "top5",
                            "accuracy_source",
                            "estimated_top1",
                            "estimate_largest_error",
                            "seconds",
                            "low_seconds",
                            "high_seconds",
                            "time",
                            "time_file",
                            "engine",
                            "threads",
                            "macs",
                            "params",
                            "weight_bytes",
                            "peak_activation_bytes",
                            "fits",
                            "misses",
                            "dominated_by_rank"})
        table.columns.push_back({key, key});
    const std::vector<std::size_t> places = pick_places(report);
    for (const std::size_t index : pick_order(report))
        table.rows.push_back(csv_row(report, index, places));
    return table;
}

}  // namespace mobilenet_cost
