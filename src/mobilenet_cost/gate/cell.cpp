#include "mobilenet_cost/gate/cell.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostCells = 10'000;
constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

const std::vector<std::string> kCellKeys = {
    "model",       "alpha",   "resolution",    "height",           "width",          "classes",
    "channels",    "top",     "output_stride", "depth_multiplier", "make_separable", "batch",
    "alpha_scope", "network", "engine",        "threads"};

/// The keys that a cell of a list and a measurement of a sweep document share.
void read_run(const ObjectReader& object, GateCell& cell) {
    cell.network = static_cast<NetworkKind>(
        object.choice("network", network_names(), static_cast<std::size_t>(cell.network)));
    cell.engine = object.text("engine", cell.engine);
    cell.threads =
        static_cast<int>(object.integer("threads", 1, std::numeric_limits<int>::max(), cell.threads));
}

GateCell read_cell(const ObjectReader& object, const GateCell& defaults) {
    GateCell cell = defaults;
    if (object.has("model")) {
        cell.model = object.text("model");
        cell.config.clear();
        if (!is_file_of_others(cell.model)) cell.inputs.clear();
    }
    cell.variant.alpha = object.number("alpha", 0, kLargestAlpha, cell.variant.alpha);
    cell.variant.resolution = read_resolution(object, cell.variant.resolution);
    return cell;
}

GateCell read_listed(const nlohmann::json& json, const std::string& file, const std::string& pointer,
                     const GateCell& defaults) {
    const ObjectReader object(json, file, pointer);
    object.allow_only(kCellKeys);
    GateCell cell = read_cell(object, defaults);
    cell.variant.classes = object.integer("classes", 1, kMostClasses, cell.variant.classes);
    cell.variant.batch = object.integer("batch", 1, kLargestBatch, cell.variant.batch);
    cell.variant.form = read_form(object, cell.variant.form);
    cell.variant.scope = static_cast<AlphaScope>(
        object.choice("alpha_scope", enum_names<AlphaScope>(), static_cast<std::size_t>(cell.variant.scope)));
    read_run(object, cell);
    return cell;
}

/// A cell of a sweep document is one network of the grid; its measurements say how it was run.
void read_swept(const nlohmann::json& json, const std::string& file, const std::string& pointer,
                const GateCell& defaults, std::vector<GateCell>& cells) {
    const ObjectReader object(json, file, pointer);
    const GateCell cell = read_cell(object, defaults);
    if (!object.has("measured") || object.at("measured").empty()) {
        cells.push_back(cell);
        return;
    }
    const nlohmann::json& measured = object.array("measured", 1, kMostCells);
    for (std::size_t i = 0; i < measured.size(); ++i) {
        const ObjectReader point(measured[i], file, fmt::format("{}/{}", object.pointer("measured"), i));
        if (point.text("status", "ok") != "ok") continue;  // a point that did not run there is none here
        if (cells.size() == kMostCells)
            fail(file, fmt::format("expected at most {} cells that were measured, found more", kMostCells));
        read_run(point, cells.emplace_back(cell));
    }
}

/// Scope, classes and batch of a whole sweep.
GateCell with_settings(const ObjectReader& document, GateCell defaults) {
    if (!document.has("settings")) return defaults;
    const ObjectReader settings(document.at("settings"), document.file(), "/settings");
    Variant& variant = defaults.variant;
    variant.form = read_form(settings, variant.form);
    if (variant.form.top) variant.classes = settings.integer("classes", 1, kMostClasses, variant.classes);
    variant.batch = settings.integer("batch", 1, kLargestBatch, variant.batch);
    variant.scope = static_cast<AlphaScope>(
        settings.choice("alpha_scope", enum_names<AlphaScope>(), static_cast<std::size_t>(variant.scope)));
    return defaults;
}

void refuse_repetitions(const std::vector<GateCell>& cells, const std::string& place) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (std::find(cells.begin(), cells.begin() + static_cast<std::ptrdiff_t>(i), cells[i]) !=
            cells.begin() + static_cast<std::ptrdiff_t>(i))
            fail(place, fmt::format("expected every cell once, found {} again", gate_cell_name(cells[i])));
    }
}

}  // namespace

std::string gate_cell_name(const GateCell& cell) {
    const Variant& variant = cell.variant;
    std::string name =
        fmt::format("{}/alpha={}/res={}", cell.model, shortest(variant.alpha), variant.resolution);
    if (variant.classes != Variant{}.classes) name += fmt::format("/classes={}", variant.classes);
    if (variant.batch != Variant{}.batch) name += fmt::format("/batch={}", variant.batch);
    if (variant.scope == AlphaScope::inner) name += "/scope=inner";
    const Json changed = changed_form(variant.form);
    for (const auto& [key, value] : changed.items())
        name += fmt::format("/{}={}", key, value.dump());
    for (const std::string& input : cell.inputs)
        name += fmt::format("/input={}", input);
    return name + fmt::format("/net={}/engine={}/threads={}", network_kind_name(cell.network), cell.engine,
                              cell.threads);
}

std::string gate_cell_title(const GateCell& cell) {
    return fmt::format("{} {}/{}", cell.model, shortest(cell.variant.alpha), cell.variant.resolution);
}

std::vector<GateCell> parse_gate_cells(std::string_view text, std::string_view place,
                                       const GateCell& defaults) {
    const std::string file(place);
    const nlohmann::json json = parse_document(text, "mobilenet-cost.sweep.v1", place);
    std::vector<GateCell> cells;
    if (json.is_array()) {
        if (json.empty() || json.size() > kMostCells)
            fail(place, fmt::format("expected 1 to {} cells, found {}", kMostCells, json.size()));
        for (std::size_t i = 0; i < json.size(); ++i)
            cells.push_back(read_listed(json[i], file, fmt::format("/{}", i), defaults));
    } else {
        const ObjectReader document(json, file, "");
        const bool sweep = document.has("schema");
        if (sweep && document.text("schema") != "mobilenet-cost.sweep.v1")
            fail(document.place("schema"), fmt::format("expected \"mobilenet-cost.sweep.v1\", found {}",
                                                       in_quotes(document.text("schema"))));
        const GateCell common = sweep ? with_settings(document, defaults) : defaults;
        const nlohmann::json& list = document.array("cells", 1, kMostCells);
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string pointer = fmt::format("/cells/{}", i);
            if (sweep) {
                read_swept(list[i], file, pointer, common, cells);
            } else {
                cells.push_back(read_listed(list[i], file, pointer, common));
            }
        }
    }
    if (cells.empty()) fail(place, "expected at least one cell that was measured, found none");
    refuse_repetitions(cells, file);
    return cells;
}

std::vector<GateCell> load_gate_cells(const std::filesystem::path& path, const GateCell& defaults) {
    return parse_gate_cells(read_text_file(path, kMostBytes), path.string(), defaults);
}

}  // namespace mobilenet_cost
