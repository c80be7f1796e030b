#include "mobilenet_cost/report/bench/report.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/report/bench/cells.h"
#include "mobilenet_cost/report/bench/comparisons.h"
#include "mobilenet_cost/report/bench/layers.h"
#include "mobilenet_cost/report/bench/notes.h"
#include "mobilenet_cost/report/sweep/groups.h"

namespace mobilenet_cost {
namespace {

/// The tables of one call of bench_sections().
class BenchReport {
  public:
    BenchReport(const SweepRun& run, const SweepResult& result)
        : run_(run), result_(result), variants_(bench_variants(run, result)) {}

    [[nodiscard]] std::vector<Section> sections() {
        std::vector<Section> sections = {comparison_section(), time_section(), memory_section()};
        add_profile_reasons();
        for (const BenchVariant& variant : variants_) {
            const std::string title = several() ? short_title(variant.cell) : "";
            for (Section& section : layer_sections(variant.profiles, run_.timing.cache, title))
                sections.push_back(std::move(section));
        }
        sections.push_back({.text = reasons_ + bench_notes(run_, result_, variants_), .table = {}});
        return sections;
    }

  private:
    [[nodiscard]] bool several() const { return variants_.size() > 1; }
    [[nodiscard]] const Variant& variant_of(std::size_t cell) const { return run_.cells[cell].variant; }

    /// The facts that all variants share; for a single variant all of its facts.
    [[nodiscard]] std::string title() const {
        if (variants_.empty()) return {};
        const SweepCell& cell = run_.cells[variants_.front().cell];
        const Variant& variant = cell.variant;
        std::string text;
        if (!several())
            text = fmt::format("{}  alpha {}  resolution {} (beta {:.4g})  ", cell.model, variant.alpha,
                               variant.resolution, cell.beta);
        text += head_text(variant.classes, variant.form) + "  " + types_text();
        if (variant.batch != 1) text += fmt::format("  batch {}", variant.batch);
        if (variant.scope == AlphaScope::inner) text += "  alpha scope inner";
        return text + "\n";
    }

    /// "f32", "f32 and i8"
    [[nodiscard]] std::string types_text() const {
        std::vector<std::string_view> types;
        for (const std::string& engine : run_.timing.engines)
            types.push_back(data_type_name(read_typed_name(engine).data_type));
        return fmt::format("{}", fmt::join(without_repeats(types), " and "));
    }

    [[nodiscard]] std::string short_title(std::size_t cell) const {
        return fmt::format("{} {}", run_.cells[cell].model, cell_title(run_.cells[cell]));
    }

    [[nodiscard]] std::string interval_title() const {
        return fmt::format("{:.4g} % interval", run_.timing.confidence * 100);
    }

    [[nodiscard]] std::string network_title(const BenchVariant& variant, NetworkKind kind) const {
        if (kind == NetworkKind::standard) return "standard convolutions";
        if (kind == NetworkKind::separable) return "this variant";
        const Variant& base = variant_of(variant.base_cell);
        return fmt::format("base (alpha {}, {})", base.alpha, base.resolution);
    }

    /// The columns that every table begins with; those of the variant where there are several.
    [[nodiscard]] std::vector<Column> head_columns() const {
        std::vector<Column> columns;
        if (several()) columns = {{"model", "model", true}, {"alpha", "alpha"}, {"resolution", "res"}};
        append(columns, {{"engine", "engine", true}, {"threads", "threads"}});
        return columns;
    }

    [[nodiscard]] std::vector<Cell> head_cells(std::size_t point) const {
        std::vector<Cell> cells;
        if (several()) {
            const std::size_t cell = run_.points[point].cell;  // of a base that variants share: its own
            cells = {text_cell(run_.cells[cell].model), text_cell(shortest(variant_of(cell).alpha)),
                     resolution_cell(variant_of(cell).resolution)};
        }
        append(cells, {text_cell(run_.points[point].engine), count_cell(run_.points[point].threads)});
        return cells;
    }

    /// Each reason once, in the order of the rows.
    void add_reason(const BenchVariant& variant, const std::string& what, BenchStatus status,
                    const std::string& reason) {
        const std::string where = several() ? short_title(variant.cell) + ", " : "";
        const std::string line = fmt::format("{}{} {}: {}\n", where, what, bench_status_name(status), reason);
        if (reasons_.find(line) == std::string::npos) reasons_ += line;
    }

    Section comparison_section() {
        Section section{.text = title(), .table = {}};
        section.table.caption =
            several() ? "How much faster each variant is" : "How much faster this variant is";
        section.table.droppable = droppable_comparison_columns();
        section.table.columns = head_columns();
        section.table.columns.push_back({"slower", "than", true});
        append(section.table.columns, comparison_columns(interval_title()));
        for (const BenchVariant& variant : variants_) {
            for (const BenchComparison& row : variant.comparisons)
                section.table.rows.push_back(comparison_row(variant, row));
        }
        return section;
    }

    std::vector<Cell> comparison_row(const BenchVariant& variant, const BenchComparison& row) {
        const std::string name = row.over_f32 ? "this variant, f32" : network_title(variant, row.slower);
        std::vector<Cell> cells = head_cells(row.point);
        cells.push_back(text_cell(name));
        append(cells, comparison_cells(row));
        // A network that was not timed has its own row, which says why.
        if (!row.speedup && !has_row_that_failed(variant, row))
            add_reason(variant, "against " + name + ":", row.status, row.reason);
        return cells;
    }

    [[nodiscard]] bool has_row_that_failed(const BenchVariant& variant, const BenchComparison& row) const {
        return std::any_of(variant.rows.begin(), variant.rows.end(), [&](const BenchRow& candidate) {
            const SweepPoint& point = run_.points[candidate.point];
            if (candidate.network != NetworkKind::separable && candidate.network != row.slower) return false;
            return point.engine == run_.points[row.point].engine &&
                   point.threads == run_.points[row.point].threads &&
                   result_.points[candidate.point].status != BenchStatus::ok;
        });
    }

    Section time_section() {
        Section section;
        section.table.caption = "Time of one forward pass, median over the rounds";
        section.table.droppable = {"samples", "memory_bytes", "macs", "gflop_per_second"};
        section.table.columns = head_columns();
        append(section.table.columns, {{"network", "network", true},
                                       {"macs", "MACs"},
                                       {"median_seconds", "median"},
                                       {"interval_seconds", interval_title()},
                                       {"gflop_per_second", "GFLOP/s"},
                                       {"samples", "rounds"},
                                       {"memory_bytes", "memory"}});
        for_each_point([&](const BenchVariant& variant, const BenchRow& row) {
            section.table.rows.push_back(time_cells(variant, row));
        });
        return section;
    }

    std::vector<Cell> time_cells(const BenchVariant& variant, const BenchRow& row) {
        const SweepPoint& point = run_.points[row.point];
        const PointResult& found = result_.points[row.point];
        const std::string name = network_title(variant, row.network);
        std::vector<Cell> cells = head_cells(row.point);
        append(cells, {text_cell(name), point.counts ? macs_cell(point.counts->macs) : unknown_cell()});
        if (found.seconds) {
            Cell median = seconds_cell(found.seconds->value);
            median.text = marked_seconds(found);
            append(cells, {std::move(median), text_cell(interval_text(*found.seconds, seconds_text)),
                           rate_cell(point.counts->macs, found.seconds->value),
                           count_cell(found.rounds - found.disturbed)});
        } else {
            append(cells, std::vector<Cell>(4, unknown_cell()));
            add_reason(variant, fmt::format("{}, {}:", row_title(point.engine, point.threads), name),
                       found.status, found.reason);
        }
        cells.push_back(point.memory_bytes ? bytes_cell(*point.memory_bytes) : unknown_cell());
        return cells;
    }

    /// Bytes in full: people add them up.
    Section memory_section() {
        Section section;
        section.table.caption =
            "Bytes of activations: the live peak of the analysis and what leads to the engine's";
        section.table.droppable = {"packed_weight_bytes", "gap_bytes",  "scratch_bytes",
                                   "padding_bytes",       "kept_bytes", "in_place_bytes"};
        section.table.columns = head_columns();
        append(section.table.columns, {{"network", "network", true},
                                       {"peak_activation_bytes", "live peak"},
                                       {"in_place_bytes", "in place"},
                                       {"kept_bytes", "kept"},
                                       {"padding_bytes", "padding"},
                                       {"gap_bytes", "gaps"},
                                       {"scratch_bytes", "scratch"},
                                       {"real_peak_bytes", "real peak"},
                                       {"packed_weight_bytes", "weights"}});
        for_each_point([&](const BenchVariant& variant, const BenchRow& row) {
            const SweepPoint& point = run_.points[row.point];
            if (!point.memory || !point.counts) return;
            const SessionMemory& memory = *point.memory;
            std::vector<Cell>& cells = section.table.rows.emplace_back(head_cells(row.point));
            cells.push_back(text_cell(network_title(variant, row.network)));
            for (const std::int64_t bytes :
                 {point.counts->peak_activation_bytes, memory.in_place_bytes, memory.kept_bytes,
                  memory.padding_bytes, memory.gap_bytes, memory.scratch_bytes, real_peak_bytes(memory),
                  memory.weight_bytes})
                cells.push_back(count_cell(bytes));
        });
        return section.table.rows.empty() ? Section{} : section;
    }

    /// A base that several variants share has one row.
    template <typename Work>
    void for_each_point(const Work& work) const {
        std::set<std::size_t> seen;
        for (const BenchVariant& variant : variants_) {
            for (const BenchRow& row : variant.rows) {
                const bool repeated = row.network == NetworkKind::base && !seen.insert(row.point).second;
                if (!repeated) work(variant, row);
            }
        }
    }

    /// Why there are layers of some rows only. A row that was not timed says so itself.
    void add_profile_reasons() {
        for (const BenchVariant& variant : variants_) {
            for (const LayerProfile& profile : variant.profiles) {
                const bool row_says = std::any_of(
                    variant.rows.begin(), variant.rows.end(),
                    [&](const BenchRow& row) { return result_.points[row.point].reason == profile.reason; });
                if (profile.status == BenchStatus::ok || row_says) continue;
                add_reason(variant, "layers of " + row_title(profile.engine, profile.threads) + ":",
                           profile.status, profile.reason);
            }
        }
    }

    const SweepRun& run_;
    const SweepResult& result_;
    std::vector<BenchVariant> variants_;
    std::string reasons_;
};

}  // namespace

std::vector<Section> bench_sections(const SweepRun& run, const SweepResult& result, const BuildInfo& build) {
    std::vector<Section> sections;
    if (const std::string warning = build_warning(build); !warning.empty())
        sections.push_back({.text = "WARNING: " + warning + "\n", .table = {}});
    for (Section& section : BenchReport(run, result).sections())
        sections.push_back(std::move(section));
    return sections;
}

}  // namespace mobilenet_cost
