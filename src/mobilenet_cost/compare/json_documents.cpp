#include "mobilenet_cost/compare/json_documents.h"

#include <functional>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/measure/timing_fields.h"
#include "mobilenet_cost/model/form_fields.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostCount = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMostThreads = 1 << 20;
constexpr double kMost = 1e300;
constexpr std::size_t kMostRows = 10'000'000;

bool is_known(const ObjectReader& reader, const std::string& key) {
    return reader.has(key) && !reader.at(key).is_null();
}

/// Each element of an array, read as an object.
void for_each(const ObjectReader& parent, const std::string& key,
              const std::function<void(const ObjectReader&)>& read) {
    std::size_t index = 0;
    for (const json& element : parent.array(key, 0, kMostRows)) {
        read(ObjectReader(element, parent.file(), fmt::format("{}/{}", parent.pointer(key), index)));
        ++index;
    }
}

ObjectReader object_at(const ObjectReader& parent, const std::string& key) {
    return {parent.at(key), parent.file(), parent.pointer(key)};
}

std::string text_or_empty(const ObjectReader& reader, const std::string& key) {
    const bool empty = !is_known(reader, key) || reader.at(key) == json("");
    return empty ? "" : reader.text(key);
}

/// A number of at least 0; nothing where it is null or missing.
std::optional<double> maybe_number(const ObjectReader& reader, const std::string& key) {
    if (!is_known(reader, key)) return std::nullopt;
    if (reader.at(key).is_number() && reader.at(key).get<double>() == 0) return 0.0;
    return reader.number(key, 0, kMost);
}

// ---- what is counted

struct Name {
    constexpr Name(const char* key) : key(key), name(key) {}
    constexpr Name(const char* key, const char* name) : key(key), name(name) {}

    const char* key;   ///< in the document
    const char* name;  ///< of the quantity
};

/// Those of the keys that are there and not null.
void add_exact(std::vector<ExactQuantity>& exact, const ObjectReader& reader, std::span<const Name> names) {
    for (const auto& [key, name] : names) {
        if (!is_known(reader, key)) continue;
        const json& value = reader.at(key);
        if (value.is_string()) {
            exact.push_back({name, value.get<std::string>()});
        } else if (value.is_boolean()) {
            exact.push_back({name, value.get<bool>() ? "yes" : "no"});
        } else {
            exact.push_back({name, reader.integer(key, 0, kMostCount)});
        }
    }
}

/// [112, 112, 32] as 112x112x32.
void add_size(std::vector<ExactQuantity>& exact, const ObjectReader& reader, const std::string& key) {
    if (!is_known(reader, key)) return;
    std::string text;
    for (const json& extent : reader.array(key, 1, 4)) {
        text += text.empty() ? "" : "x";
        text += fmt::format("{}", read_integer(extent, reader.place(key), 0, kMostCount));
    }
    exact.push_back({key, text});
}

StoredLayer read_layer(const ObjectReader& reader, std::span<const Name> names) {
    StoredLayer layer{.name = reader.text("name"), .exact = {}};
    add_exact(layer.exact, reader, names);
    add_size(layer.exact, reader, "input");
    add_size(layer.exact, reader, "output");
    return layer;
}

/// The keys that every kind of document uses to name a variant.
CellId read_id(const ObjectReader& cell, const ObjectReader& settings) {
    CellId id;
    id.model = cell.text("model");
    id.alpha = cell.number("alpha", 0, kMost);
    id.resolution = read_resolution(cell, {});
    id.form = read_form(settings);
    if (id.form.top) id.classes = settings.integer("classes", 1, kMostCount);
    id.batch = settings.integer("batch", 1, kMostCount);
    id.data_type = settings.text("dtype");
    id.alpha_scope = settings.text("alpha_scope");
    id.convention = settings.text("convention", "");
    return id;
}

// ---- what is timed

std::optional<Interval> read_interval(const ObjectReader& reader, const std::string& key) {
    if (!is_known(reader, key)) return std::nullopt;
    const json& bounds = reader.array(key, 2, 2);
    for (const json& bound : bounds) {
        if (!bound.is_number() || !(bound.get<double>() > 0))
            reader.fail_expected(key, "two numbers above 0");
    }
    if (bounds[0].get<double>() > bounds[1].get<double>())
        reader.fail_expected(key, "the lower number first");
    return Interval{.low = bounds[0].get<double>(), .high = bounds[1].get<double>()};
}

void add_ratio(std::vector<StoredRatio>& ratios, const ObjectReader& reader, const std::string& name,
               const std::string& value, const std::string& interval) {
    const std::optional<double> found = maybe_number(reader, value);
    if (!found || *found == 0) return;
    ratios.push_back({name, {.value = *found, .interval = read_interval(reader, interval)}});
}

std::optional<Estimate> read_seconds(const ObjectReader& reader) {
    const std::optional<double> median = maybe_number(reader, "median_seconds");
    if (!median || *median == 0) return std::nullopt;
    Estimate seconds{.value = *median, .interval = std::nullopt};
    const std::optional<double> low = maybe_number(reader, "ci_low_seconds");
    const std::optional<double> high = maybe_number(reader, "ci_high_seconds");
    if (low && high && *low > *high) reader.fail_expected("ci_low_seconds", "less than ci_high_seconds");
    if (low && high && *low > 0) seconds.interval = Interval{.low = *low, .high = *high};
    return seconds;
}

/// What part of the time each class of layer takes. Isolated layers have shares of their own: they are other
/// times.
void add_shares(std::vector<StoredRatio>& ratios, const ObjectReader& profile) {
    const bool isolated = text_or_empty(profile, "layer_mode") == "isolated";
    for_each(profile, "classes", [&](const ObjectReader& row) {
        const std::optional<double> share = maybe_number(row, "time_share");
        if (!share) return;
        const std::string name = fmt::format("{}_{}share", row.text("class"), isolated ? "isolated_" : "");
        ratios.push_back({name, {.value = *share, .interval = std::nullopt}});
    });
}

/// By the fields of the type, which wrote it.
template <typename Value>
Value read_fields(const ObjectReader& parent, const std::string& key) {
    Value value;
    FieldReader::from_json(parent.at(key), {parent.file(), parent.pointer(key)}, value);
    return value;
}

StoredOrigin read_origin(const ObjectReader& document) {
    const ObjectReader build = object_at(document, "build");
    StoredOrigin origin;
    origin.version = text_or_empty(build, "version");
    origin.commit = text_or_empty(build, "commit");
    origin.compiler = text_or_empty(build, "compiler");
    origin.flags = text_or_empty(build, "flags");
    origin.started = text_or_empty(document, "started");
    origin.machine = fingerprint_of(read_fields<MachineInfo>(document, "machine"), {});
    for (const EngineStatus& engine : read_fields<std::vector<EngineStatus>>(document, "engines"))
        origin.engines.push_back({engine.name, engine.info.version, engine.info.instruction_set});
    return origin;
}

void read_run_id(const ObjectReader& reader, CellId& id) {
    id.engine = reader.text("engine");
    id.threads = static_cast<int>(reader.integer("threads", 1, kMostThreads));
    id.network = reader.text("network");
    id.cache = text_or_empty(reader, "cache");
}

// ---- cost

constexpr Name kCostTotals[] = {"macs",
                                "params",
                                "weight_bytes",
                                "activation_bytes",
                                "traffic_bytes",
                                "peak_activation_bytes",
                                "peak_layer",
                                "peak_in_place_bytes",
                                "peak_in_place_layer",
                                "memory_access_cost"};
constexpr Name kCostParams[] = {{"bn0", "params_bn0"},
                                {"bn1", "params_bn1"},
                                {"bn2", "params_bn2"},
                                {"bn3", "params_bn3"},
                                {"bn4", "params_bn4"}};
constexpr Name kCostStandard[] = {{"macs", "standard_macs"}, {"params", "standard_params"}};
constexpr Name kCostLayer[] = {"op",
                               "block",
                               {"kernel", "kernel_size"},
                               "stride",
                               "dilation",
                               "groups",
                               "macs",
                               "params",
                               "weight_bytes",
                               "activation_bytes",
                               "memory_access_cost"};

StoredCell read_cost_variant(const ObjectReader& variant) {
    StoredCell cell;
    cell.id = read_id(variant, variant);
    add_exact(cell.exact, object_at(variant, "totals"), kCostTotals);
    add_exact(cell.exact, object_at(variant, "params"), kCostParams);
    add_exact(cell.exact, object_at(variant, "standard"), kCostStandard);
    for_each(variant, "layers",
             [&](const ObjectReader& layer) { cell.layers.push_back(read_layer(layer, kCostLayer)); });
    return cell;
}

// ---- sweep

constexpr Name kSweepCell[] = {"macs",          "params",         "weight_bytes", "peak_activation_bytes",
                               "standard_macs", "standard_params"};
constexpr Name kMeasured[] = {
    "macs", "params", "weight_bytes", "activation_bytes", "peak_activation_bytes", "memory_bytes"};

/// What a measured network is told by in every kind of document.
StoredCell read_measured(const ObjectReader& row, const CellId& variant) {
    StoredCell cell;
    cell.id = variant;
    read_run_id(row, cell.id);
    cell.exact.push_back(exact_status(row.text("status"), is_known(row, "memory_bytes")));
    add_exact(cell.exact, row, kMeasured);
    cell.seconds = read_seconds(row);
    return cell;
}

StoredCell read_sweep_point(const ObjectReader& point, const CellId& variant) {
    StoredCell cell = read_measured(point, variant);
    add_ratio(cell.ratios, point, "speedup", "speedup", "speedup_ci");
    if (is_known(point, "standard_speedup"))
        add_ratio(cell.ratios, object_at(point, "standard_speedup"), "standard_speedup", "measured", "ci");
    if (is_known(point, "profile")) add_shares(cell.ratios, object_at(point, "profile"));
    return cell;
}

StoredPrediction read_prediction(const ObjectReader& point, const CellId& variant) {
    StoredPrediction prediction{.id = variant, .seconds = {}};
    read_run_id(point, prediction.id);
    prediction.seconds.value = point.number("seconds", 0, kMost);
    const std::optional<double> low = maybe_number(point, "low_seconds");
    const std::optional<double> high = maybe_number(point, "high_seconds");
    if (low && high) prediction.seconds.interval = Interval{.low = *low, .high = *high};
    return prediction;
}

void read_sweep_cell(const ObjectReader& reader, const ObjectReader& settings, StoredDocument& document) {
    StoredCell cell;
    cell.id = read_id(reader, settings);
    add_exact(cell.exact, reader, kSweepCell);
    const CellId variant = cell.id;
    document.cells.push_back(std::move(cell));
    for_each(reader, "measured",
             [&](const ObjectReader& point) { document.cells.push_back(read_sweep_point(point, variant)); });
    if (!is_known(reader, "predicted")) return;
    for_each(reader, "predicted", [&](const ObjectReader& point) {
        document.predictions.push_back(read_prediction(point, variant));
    });
}

// ---- bench

constexpr Name kMemory[] = {"packed_weight_bytes", "arena_bytes", "scratch_bytes", "real_peak_bytes"};
constexpr Name kTimedLayer[] = {"op", "kernel", "fused", "macs", "traffic_bytes"};

StoredCell read_bench_network(const ObjectReader& network, const CellId& variant) {
    StoredCell cell = read_measured(network, variant);
    if (is_known(network, "memory")) {
        const ObjectReader memory = object_at(network, "memory");
        add_exact(cell.exact, memory, kMemory);
        if (is_known(memory, "real_peak_bytes"))
            cell.real_peak_bytes = memory.integer("real_peak_bytes", 0, kMostCount);
    }
    for (const json& sample : network.array("samples_seconds", 0, kMostRows))
        cell.samples.push_back(read_number(sample, network.place("samples_seconds"), 0, kMost));
    return cell;
}

/// The separable network on the engine and threads that a comparison or a profile is about.
StoredCell* separable_of(std::vector<StoredCell>& cells, const ObjectReader& row) {
    const std::string engine = row.text("engine");
    const std::int64_t threads = row.integer("threads", 1, kMostThreads);
    for (StoredCell& cell : cells) {
        if (cell.id.engine == engine && cell.id.threads == threads && cell.id.network == "separable")
            return &cell;
    }
    return nullptr;
}

void add_profile(StoredCell& cell, const ObjectReader& profile) {
    if (profile.text("status") != "ok") return;
    add_shares(cell.ratios, profile);
    for_each(profile, "layers",
             [&](const ObjectReader& layer) { cell.layers.push_back(read_layer(layer, kTimedLayer)); });
}

void read_bench_variant(const ObjectReader& variant, StoredDocument& document) {
    const CellId id = read_id(variant, variant);
    std::vector<StoredCell> cells;
    for_each(variant, "measured",
             [&](const ObjectReader& network) { cells.push_back(read_bench_network(network, id)); });
    for_each(variant, "comparisons", [&](const ObjectReader& row) {
        StoredCell* cell = separable_of(cells, row);
        const bool standard = row.text("comparison") == "standard/separable";
        if (cell != nullptr)
            add_ratio(cell->ratios, row, standard ? "standard_speedup" : "speedup", "speedup", "speedup_ci");
    });
    for_each(variant, "profiles", [&](const ObjectReader& profile) {
        if (StoredCell* cell = separable_of(cells, profile)) add_profile(*cell, profile);
    });
    for (StoredCell& cell : cells)
        document.cells.push_back(std::move(cell));
}

void require_cells(const StoredDocument& document) {
    if (document.cells.empty()) fail(document.file, "expected at least one cell, found none");
}

}  // namespace

StoredDocument read_cost_document(const json& json, const std::string& file) {
    StoredDocument document;
    document.kind = DocumentKind::cost;
    document.file = file;
    for_each(ObjectReader(json, file, ""), "variants",
             [&](const ObjectReader& variant) { document.cells.push_back(read_cost_variant(variant)); });
    require_cells(document);
    return document;
}

StoredDocument read_sweep_document(const json& json, const std::string& file) {
    StoredDocument document;
    document.kind = DocumentKind::sweep;
    document.file = file;
    const ObjectReader reader(json, file, "");
    const ObjectReader settings = object_at(reader, "settings");
    for_each(reader, "cells", [&](const ObjectReader& cell) { read_sweep_cell(cell, settings, document); });
    if (is_known(reader, "build")) document.origin = read_origin(reader);  // not of a counted one
    require_cells(document);
    return document;
}

StoredDocument read_bench_document(const json& json, const std::string& file) {
    StoredDocument document;
    document.kind = DocumentKind::bench;
    document.file = file;
    const ObjectReader reader(json, file, "");
    for_each(reader, "variants", [&](const ObjectReader& variant) { read_bench_variant(variant, document); });
    document.origin = read_origin(reader);
    require_cells(document);
    return document;
}

}  // namespace mobilenet_cost
