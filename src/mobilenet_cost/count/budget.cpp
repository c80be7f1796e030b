#include "mobilenet_cost/count/budget.h"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kMostBudgets = 10'000;

std::int64_t peak_bytes(const Analysis& analysis, const PeakMemory& peak) {
    return checked_multiply(peak.elements, element_bytes(analysis.data_type));
}

/// A quantity that may be limited, and how it is read off an analysis.
struct Quantity {
    std::string key;
    std::int64_t (*measure)(const Analysis& analysis);
};

const std::array<Quantity, 7>& quantities() {
    static const std::array<Quantity, 7> rows = {{
        {"max_macs", [](const Analysis& a) { return a.totals.macs; }},
        {"max_params", [](const Analysis& a) { return a.totals.params; }},
        {"max_weight_bytes", [](const Analysis& a) { return weight_bytes(a.cost, a.data_type); }},
        {"max_activation_bytes", [](const Analysis& a) { return activation_bytes(a.cost, a.data_type); }},
        {"max_traffic_bytes", [](const Analysis& a) { return traffic_bytes(a.cost, a.data_type); }},
        {"max_peak_activation_bytes", [](const Analysis& a) { return peak_bytes(a, a.peak); }},
        {"max_peak_in_place_bytes", [](const Analysis& a) { return peak_bytes(a, a.peak_in_place); }},
    }};
    return rows;
}

std::vector<std::string> known_keys() {
    std::vector<std::string> keys = {"model", "alpha",         "resolution",       "height",
                                     "width", "beta",          "classes",          "channels",
                                     "top",   "output_stride", "depth_multiplier", "batch",
                                     "dtype", "alpha_scope",   "convention"};
    for (const Quantity& quantity : quantities())
        keys.push_back(quantity.key);
    return keys;
}

ModelConfig read_model(const ObjectReader& reader, const std::filesystem::path& folder) {
    const std::string name = reader.text("model", "mobilenet_v1");
    const bool file = name.ends_with(".json") || is_file_of_others(name);
    const bool relative_file = file && std::filesystem::path(name).is_relative();
    const Resolution wanted = read_resolution(reader, Resolution());
    try {
        return find_model(relative_file ? (folder / name).string() : name, wanted);
    } catch (const Error& error) {
        fail(reader.place("model"), error.what());
    }
}

Variant read_variant(const ObjectReader& reader, const ModelConfig& config) {
    for (const char* key : {"resolution", "height", "width"}) {
        if (reader.has("beta") && reader.has(key))
            fail(reader.place(), fmt::format("expected \"{}\" or \"beta\", found both", key));
    }
    Variant variant;
    variant.alpha = reader.number("alpha", 0, kLargestAlpha, 1);
    variant.classes = reader.integer("classes", 1, kMostClasses, variant.classes);
    variant.batch = reader.integer("batch", 1, kLargestBatch, 1);
    variant.scope = reader.one_of("alpha_scope", AlphaScope::published);
    variant.resolution = reader.has("beta")
                             ? Resolution(resolution_of_beta(config, reader.number("beta", 0, 1000)))
                             : read_resolution(reader, config.resolution);
    variant.form = read_form(reader);
    return variant;
}

Analysis read_analysis(const ObjectReader& reader, const std::filesystem::path& folder) {
    const ModelConfig config = read_model(reader, folder);
    const Variant variant = read_variant(reader, config);
    const auto type = reader.one_of("dtype", config.data_type);
    try {
        return analyze(config, variant, type, find_convention(reader.text("convention", "paper")));
    } catch (const Error& error) {
        fail(reader.place(), error.what());
    }
}

void append_checks(std::vector<BudgetCheck>& checks, const ObjectReader& reader,
                   const std::filesystem::path& folder) {
    reader.allow_only(known_keys());
    const Analysis analysis = read_analysis(reader, folder);
    const std::size_t before = checks.size();
    for (const Quantity& quantity : quantities()) {
        if (!reader.has(quantity.key)) continue;
        checks.push_back({.model = analysis.model,
                          .variant = analysis.variant,
                          .data_type = std::string(enum_name(analysis.data_type)),
                          .convention = analysis.convention,
                          .quantity = quantity.key,
                          .limit = reader.integer(quantity.key, 0, std::numeric_limits<std::int64_t>::max()),
                          .found = quantity.measure(analysis)});
    }
    if (checks.size() == before) fail(reader.place(), "expected a limit such as \"max_macs\", found none");
}

}  // namespace

std::vector<BudgetCheck> check_budgets(std::string_view text, const std::string& place,
                                       const std::filesystem::path& folder) {
    const nlohmann::json document = parse_document(text, "mobilenet-cost.budget.v1", place);
    const ObjectReader reader(document, place, "");
    reader.allow_only(std::vector<std::string>{"$schema", "schema", "budgets"});
    reader.require_schema("mobilenet-cost.budget.v1");
    const std::size_t count = reader.array("budgets", 1, kMostBudgets).size();
    std::vector<BudgetCheck> checks;
    for (std::size_t i = 0; i < count; ++i)
        append_checks(checks, reader.element("budgets", i), folder);
    return checks;
}

}  // namespace mobilenet_cost
