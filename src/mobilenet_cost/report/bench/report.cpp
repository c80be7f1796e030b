#include "mobilenet_cost/report/bench/report.h"

#include <functional>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/bench/layers.h"
#include "mobilenet_cost/report/bench/notes.h"
#include "mobilenet_cost/sweep/bench_comparison.h"

namespace mobilenet_cost {
namespace {

std::string variant_title(const BenchResult& result) {
    const Variant& variant = result.variant;
    std::string text = fmt::format("{}  alpha {}  resolution {} (beta {:.4g})  classes {}  f32", result.model,
                                   variant.alpha, variant.resolution, result.beta, variant.classes);
    if (variant.batch != 1) text += fmt::format("  batch {}", variant.batch);
    if (variant.scope == AlphaScope::inner) text += "  alpha scope inner";
    return text;
}

std::string interval_title(const BenchResult& result) {
    return fmt::format("{:.4g} % interval", result.settings.confidence * 100);
}

/// Texts of the reasons, each once, in the order of the rows.
class Reasons {
  public:
    void add(const std::string& what, std::string_view status, const std::string& reason) {
        const std::string line = fmt::format("{} {}: {}\n", what, status, reason);
        if (text_.find(line) == std::string::npos) text_ += line;
    }
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    std::string text_;
};

Section comparison_section(const BenchResult& result, Reasons& reasons) {
    Section section{.text = variant_title(result) + "\n", .table = {}};
    section.table.caption = "How much faster this variant is";
    section.table.columns = {{"engine", "engine", true}, {"threads", "threads"},
                             {"slower", "than", true},   {"analytic_speedup", "on paper"},
                             {"speedup", "measured"},    {"speedup_interval", interval_title(result)},
                             {"fraction_kept", "kept"}};
    for (const Comparison& row : result.comparisons) {
        const std::string name = network_title(result, row.slower);
        std::vector<Cell> cells = {text_cell(row.engine), count_cell(row.threads), text_cell(name),
                                   optional_cell(row.analytic_speedup, factor_cell)};
        if (row.speedup) {
            cells.push_back(factor_cell(row.speedup->value));
            cells.push_back(text_cell(interval_text(*row.speedup, factor_text)));
        } else {
            cells.insert(cells.end(), 2, unknown_cell());
            // A network that was not timed has its own row, which says why.
            if (find_network(result, row.engine, row.threads, row.slower) == nullptr) {
                reasons.add("against " + name + ":", bench_status_name(row.status), row.reason);
            }
        }
        cells.push_back(row.fraction_kept ? percent_cell(row.fraction_kept->value, 0) : unknown_cell());
        section.table.rows.push_back(std::move(cells));
    }
    return section;
}

Section time_section(const BenchResult& result, Reasons& reasons) {
    Section section;
    section.table.caption = "Time of one forward pass, median over the rounds";
    section.table.columns = {{"engine", "engine", true},      {"threads", "threads"},
                             {"network", "network", true},    {"macs", "MACs"},
                             {"median_seconds", "median"},    {"interval_seconds", interval_title(result)},
                             {"gflop_per_second", "GFLOP/s"}, {"samples", "rounds"},
                             {"memory_bytes", "memory"}};
    for (const NetworkResult& row : result.networks) {
        const std::string name = network_title(result, row.network);
        std::vector<Cell> cells = {text_cell(row.engine), count_cell(row.threads), text_cell(name)};
        cells.push_back(row.counts ? macs_cell(row.counts->macs) : unknown_cell());
        if (row.seconds) {
            cells.push_back(seconds_cell(row.seconds->value));
            cells.push_back(text_cell(interval_text(*row.seconds, seconds_text)));
            cells.push_back(rate_cell(row.counts->macs, row.seconds->value));
            cells.push_back(count_cell(static_cast<std::int64_t>(row.samples.blocks.size())));
        } else {
            cells.insert(cells.end(), 4, unknown_cell());
            reasons.add(fmt::format("{}, {}:", row_title(row.engine, row.threads), name),
                        bench_status_name(row.status), row.reason);
        }
        cells.push_back(row.memory ? bytes_cell(total_bytes(*row.memory)) : unknown_cell());
        section.table.rows.push_back(std::move(cells));
    }
    return section;
}

/// Bytes in full: people add them up.
Section memory_section(const BenchResult& result) {
    Section section;
    section.table.caption =
        "Bytes of activations: the live peak of the analysis and what leads to the engine's";
    section.table.columns = {{"engine", "engine", true},        {"threads", "threads"},
                             {"network", "network", true},      {"peak_activation_bytes", "live peak"},
                             {"in_place_bytes", "in place"},    {"kept_bytes", "kept"},
                             {"padding_bytes", "padding"},      {"gap_bytes", "gaps"},
                             {"scratch_bytes", "scratch"},      {"real_peak_bytes", "real peak"},
                             {"packed_weight_bytes", "weights"}};
    for (const NetworkResult& row : result.networks) {
        if (!row.memory || !row.counts) continue;
        const SessionMemory& memory = *row.memory;
        section.table.rows.push_back(
            {text_cell(row.engine), count_cell(row.threads), text_cell(network_title(result, row.network)),
             count_cell(row.counts->peak_activation_bytes), count_cell(memory.in_place_bytes),
             count_cell(memory.kept_bytes), count_cell(memory.padding_bytes), count_cell(memory.gap_bytes),
             count_cell(memory.scratch_bytes), count_cell(real_peak_bytes(memory)),
             count_cell(memory.weight_bytes)});
    }
    if (section.table.rows.empty()) return {};
    return section;
}

/// Why there are layers of some rows only. A row that was not timed says so itself.
void add_reasons(const BenchResult& result, Reasons& reasons) {
    for (const LayerProfile& profile : result.profiles) {
        if (profile.status == BenchStatus::ok) continue;
        const NetworkResult* row =
            find_network(result, profile.engine, profile.threads, NetworkKind::separable);
        if (row == nullptr || row->status != BenchStatus::ok) continue;
        reasons.add("layers of " + row_title(profile.engine, profile.threads) + ":",
                    bench_status_name(profile.status), profile.reason);
    }
}

}  // namespace

std::vector<Section> bench_sections(const std::vector<BenchResult>& results, const BuildInfo& build) {
    std::vector<Section> sections;
    if (const std::string warning = build_warning(build); !warning.empty()) {
        sections.push_back({.text = "WARNING: " + warning + "\n", .table = {}});
    }
    for (const BenchResult& result : results) {
        Reasons reasons;
        sections.push_back(comparison_section(result, reasons));
        sections.push_back(time_section(result, reasons));
        sections.push_back(memory_section(result));
        add_reasons(result, reasons);
        for (Section& section : layer_sections(result))
            sections.push_back(std::move(section));
        sections.push_back({.text = reasons.text() + bench_notes(result), .table = {}});
    }
    return sections;
}

}  // namespace mobilenet_cost
