#include "mobilenet_cost/report/page/tables.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/report/parts/columns.h"
#include "mobilenet_cost/report/parts/measured_json.h"

namespace mobilenet_cost {
namespace {

/// Keeps a page below 2 MB: of more rows only the base and the smallest cell are shown, or every n-th round.
constexpr std::size_t kMostRows = 3000;

Json table_of(Json columns) {
    return {{"columns", std::move(columns)}, {"rows", Json::array()}};
}

void add(Json& table, Json row) {
    table["rows"].push_back(std::move(row));
}

/// The cell of a group with the fewest MACs.
std::size_t smallest_of(const SweepRun& run, const SweepGroup& group) {
    const auto macs = [&run](std::size_t a, std::size_t b) {
        return run.cells[run.points[a].cell].macs < run.cells[run.points[b].cell].macs;
    };
    return run.points[*std::min_element(group.points.begin(), group.points.end(), macs)].cell;
}

/// Points of a group whose layers were timed, fewer if these are too many.
std::vector<std::size_t> shown_profiles(const PicturedRun& pictured, const SweepGroup& group) {
    const SweepRun& run = pictured.run;
    std::vector<std::size_t> points = profiled_points(run, group);
    std::size_t rows = 0;
    for (const std::size_t i : points)
        rows += run.profiles[i]->layers.size();
    if (rows <= kMostRows) return points;
    const std::size_t smallest = smallest_of(run, group);
    std::erase_if(points, [&](std::size_t i) {
        const std::size_t cell = run.points[i].cell;
        return cell != smallest && !is_shown_first(pictured, run.cells[cell]);
    });
    return points;
}

/// FLOP per byte; absent for what does not compute, or runs inside another layer's kernel.
std::optional<double> intensity(const LayerTime& layer) {
    if (layer.macs == 0 || layer.traffic_bytes == 0 || !(layer.seconds.value > 0)) return std::nullopt;
    return 2 * static_cast<double>(layer.macs) / static_cast<double>(layer.traffic_bytes);
}

struct LayerRow {
    std::string cell;
    std::size_t index = 0;
    const LayerTime& layer;
};

const RowFields<LayerRow>& layer_fields() {
    static const RowFields<LayerRow> fields = {
        {"cell", kJson, &LayerRow::cell},
        {"index", kJson, &LayerRow::index},
        {"layer", kJson, [](const LayerRow& row) { return row.layer.name; }},
        {"op", kJson, [](const LayerRow& row) { return row.layer.op; }},
        {"class", kJson, [](const LayerRow& row) { return layer_class_name(row.layer.layer_class); }},
        {"macs", kJson, [](const LayerRow& row) { return row.layer.macs; }},
        {"traffic_bytes", kJson, [](const LayerRow& row) { return row.layer.traffic_bytes; }},
        {"seconds", kJson, [](const LayerRow& row) { return row.layer.seconds; }},
        {"kernel", kJson, [](const LayerRow& row) { return row.layer.kernel; }},
        {"fused", kJson, [](const LayerRow& row) { return row.layer.fused; }}};
    return fields;
}

/// Calls `add` with the title and the analysis of each cell of a model, until there are enough rows.
template <typename Add>
void for_each_analysis(const PicturedRun& pictured, const std::string& model, const Json& table, Add add) {
    for (std::size_t i = 0; i < pictured.analyses.size(); ++i) {
        const SweepCell& cell = pictured.run.cells[i];
        const bool full = table["rows"].size() > kMostRows && !is_shown_first(pictured, cell);
        if (cell.model == model && !full) add(Json(cell_title(cell)), pictured.analyses[i]);
    }
}

/// A block of the drawing: its layers as one.
struct DrawnBlock {
    std::string name;
    std::string layers;  ///< "3×3 depthwise, stride 2, 1×1"
    int depthwise = 0;
    int pointwise = 0;
    int convolutions = 0;  ///< pointwise and others; not depthwise
    std::string last_op;
    Shape output;
    std::int64_t macs = 0;
    std::int64_t params = 0;

    [[nodiscard]] const char* kind() const {
        if (depthwise > 0) return pointwise > 1 ? "inverted bottleneck" : "depthwise separable";
        if (last_op == "dense") return "dense";
        if (last_op == "global_average_pool") return "pooling";
        return convolutions > 0 ? "convolution" : "no weights";
    }
    void add(const LayerAnalysis& layer);
};

/// "channel_shuffle" as words.
std::string words_of(std::string op) {
    std::replace(op.begin(), op.end(), '_', ' ');
    return op;
}

std::string layer_words(const LayerAnalysis& layer) {
    if (layer.op == "global_average_pool") return "mean";
    if (layer.op == "dense") return fmt::format("dense, {} outputs", layer.output.c);
    if (layer.op == "add") return "+ input";
    if (layer.op == "multiply") return "squeeze-excite";
    const bool convolution = layer.op.ends_with("conv2d");
    if (!convolution && layer.kernel == 0) return words_of(layer.op);
    if (!convolution) return fmt::format("{}×{} {}", layer.kernel.h, layer.kernel.w, words_of(layer.op));
    const bool depthwise = layer.op == "depthwise_conv2d";
    const std::string stride = layer.stride != 1 ? fmt::format(" /{}", layer.stride) : "";
    const std::string dilation = layer.dilation != 1 ? fmt::format(", dilation {}", layer.dilation) : "";
    return fmt::format("{}×{}{}{}{}", layer.kernel.h, layer.kernel.w, depthwise ? " depthwise" : "", stride,
                       dilation);
}

void DrawnBlock::add(const LayerAnalysis& layer) {
    const std::string words = layer_words(layer);
    const bool squeezes = depthwise > 0 && (layer.op == "global_average_pool" || layer.op == "dense");
    if (!squeezes) layers += (layers.empty() ? "" : ", ") + words;
    depthwise += layer.op == "depthwise_conv2d" ? 1 : 0;
    pointwise += layer.op == "pointwise_conv2d" ? 1 : 0;
    convolutions += layer.op.ends_with("conv2d") && layer.op != "depthwise_conv2d" ? 1 : 0;
    last_op = layer.op;
    output = layer.output;
    macs += layer.macs;
    params += layer.params;
}

std::vector<DrawnBlock> drawn_blocks(const Analysis& analysis) {
    std::vector<DrawnBlock> blocks;
    for (const LayerAnalysis& layer : analysis.layers) {
        if (blocks.empty() || blocks.back().name != layer.block) blocks.emplace_back().name = layer.block;
        blocks.back().add(layer);
    }
    return blocks;
}

/// Every n-th round, so that there are not too many samples.
std::size_t stride_of(const SweepRun& run, const SweepGroup& group) {
    std::size_t samples = 0;
    for (const std::size_t i : group.points)
        samples += run.measurement.cells[i].blocks.size();
    return 1 + samples / kMostRows;
}

}  // namespace

Json layers_table(const PicturedRun& pictured, const SweepGroup& group) {
    std::vector<LayerRow> rows;
    for (const std::size_t i : shown_profiles(pictured, group)) {
        const std::string cell = cell_title(pictured.run.cells[pictured.run.points[i].cell]);
        std::size_t index = 0;
        for (const LayerTime& layer : pictured.run.profiles[i]->layers)
            rows.push_back({cell, index++, layer});
    }
    return layer_fields().chart_table(rows);
}

Json roof_table(const PicturedRun& pictured, const SweepGroup& group) {
    Json table = table_of({"intensity", "flops_per_second", "bound"});
    const RooflinePeak* peak = find_peak(pictured.run.peaks, group.engine, group.threads);
    if (peak == nullptr || !(peak->flops_per_second > 0) || !(peak->bytes_per_second > 0)) return table;
    const double ridge = peak->flops_per_second / peak->bytes_per_second;
    double least = ridge / 1.5;
    double most = ridge * 1.5;
    for (const std::size_t i : shown_profiles(pictured, group)) {
        for (const LayerTime& layer : pictured.run.profiles[i]->layers) {
            const double flops_per_byte = intensity(layer).value_or(ridge);
            least = std::min(least, flops_per_byte / 1.5);
            most = std::max(most, flops_per_byte * 1.5);
        }
    }
    add(table, {least, least * peak->bytes_per_second, "memory"});
    add(table, {ridge, peak->flops_per_second, "ridge"});
    add(table, {most, peak->flops_per_second, "arithmetic"});
    return table;
}

Json blocks_table(const PicturedRun& pictured, const std::string& model) {
    Json table =
        table_of({"cell", "index", "block", "k", "c_out", "c_s", "c_d", "c_ratio", "p_s", "p_d", "p_ratio"});
    for_each_analysis(pictured, model, table, [&](const Json& cell, const Analysis& analysis) {
        std::int64_t index = 0;
        for (const SeparableBlock& block : analysis.blocks) {
            add(table, {cell, index++, block.name, sides_text(block.k), block.c_out, block.c_s, block.c_d,
                        mac_ratio(block), block.p_s, block.p_d, parameter_ratio(block)});
        }
    });
    return table;
}

Json network_table(const PicturedRun& pictured, const std::string& model) {
    Json table = table_of({"cell", "index", "block", "kind", "layers", "height", "width", "channels", "macs",
                           "params", "mac_share"});
    for_each_analysis(pictured, model, table, [&](const Json& cell, const Analysis& analysis) {
        std::int64_t index = 0;
        for (const DrawnBlock& block : drawn_blocks(analysis)) {
            const Shape& output = block.output;
            const double share = static_cast<double>(block.macs) /
                                 static_cast<double>(std::max<std::int64_t>(1, analysis.totals.macs));
            add(table, {cell, index++, block.name, block.kind(), block.layers, output.h, output.w, output.c,
                        block.macs, block.params, share});
        }
    });
    return table;
}

Json samples_table(const PicturedRun& pictured, const SweepGroup& group) {
    Json table = table_of({"round", "point", "seconds", "disturbed"});
    const auto stride = static_cast<std::int64_t>(stride_of(pictured.run, group));
    for (const std::size_t i : group.points) {
        const CellSamples& samples = pictured.run.measurement.cells[i];
        for (const TimedBlock& block : samples.blocks) {
            if (block.round % stride != 0) continue;
            add(table, {block.round, i, finite_json(block.seconds),
                        is_disturbed(block, samples.size.group, pictured.run.timing.limits)});
        }
    }
    return table;
}

Json series_table(const PicturedRun& pictured, const SweepGroup& group) {
    Json table = table_of({"point", "cell", "network", "median_seconds"});
    for (const std::size_t i : group.points) {
        const SweepPoint& point = pictured.run.points[i];
        add(table, {i, cell_title(pictured.run.cells[point.cell]), network_kind_name(point.network),
                    value_of(pictured.result.points[i].seconds)});
    }
    return table;
}

Json cells_of(const Json& table) {
    const Json& columns = table["columns"];
    const auto column = std::find(columns.begin(), columns.end(), "cell") - columns.begin();
    Json cells = Json::array();
    for (const Json& row : table["rows"]) {
        const Json& cell = row[static_cast<std::size_t>(column)];
        if (std::find(cells.begin(), cells.end(), cell) == cells.end()) cells.push_back(cell);
    }
    return cells;
}

bool is_shown_first(const PicturedRun& pictured, const SweepCell& cell) {
    const auto& chosen = pictured.chosen;
    if (chosen) return cell.variant.alpha == chosen->alpha && cell.variant.resolution == chosen->resolution;
    const std::vector<SweepCell>& cells = pictured.run.cells;
    return &cell == &cells[base_cell(cells, cell.model)];
}

}  // namespace mobilenet_cost
