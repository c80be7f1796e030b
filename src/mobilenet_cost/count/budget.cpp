#include "mobilenet_cost/count/budget.h"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/runtime/runtime.h"

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

/// The same of what a runtime takes.
struct RuntimeQuantity {
    std::string_view key;
    std::int64_t RuntimeNeed::*bytes;
};
constexpr std::array kRuntimeQuantities = {RuntimeQuantity{"max_ram_bytes", &RuntimeNeed::ram_bytes},
                                           RuntimeQuantity{"max_flash_bytes", &RuntimeNeed::flash_bytes}};

std::vector<std::string> known_keys() {
    std::vector<std::string> keys = {"model", "alpha",         "resolution",       "height",
                                     "width", "beta",          "classes",          "channels",
                                     "top",   "output_stride", "depth_multiplier", "make_separable",
                                     "batch", "dtype",         "alpha_scope",      "convention"};
    for (const Quantity& quantity : quantities())
        keys.push_back(quantity.key);
    for (const RuntimeQuantity& quantity : kRuntimeQuantities)
        keys.emplace_back(quantity.key);
    keys.emplace_back("runtime");
    return keys;
}

ModelConfig read_model(const ObjectReader& reader, const std::filesystem::path& folder) {
    const std::string name = reader.text("model", "mobilenet_v1");
    const bool file = name.ends_with(".json") || is_file_of_others(name);
    const bool relative_file = file && std::filesystem::path(name).is_relative();
    const Resolution wanted = read_resolution(reader, Resolution());
    try {
        return find_model(relative_file ? (folder / name).string() : name, {.resolution = wanted});
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
    variant.classes = reader.integer("classes", 1, kMostClasses, config.classes);
    variant.batch = reader.integer("batch", 1, kLargestBatch, 1);
    variant.scope = reader.one_of("alpha_scope", AlphaScope::published);
    variant.resolution = reader.has("beta")
                             ? Resolution(resolution_of_beta(config, reader.number("beta", 0, 1000)))
                             : read_resolution(reader, config.resolution);
    variant.form = read_form(reader);
    return variant;
}

/// One entry: a variant and its limits.
struct Entry {
    ModelConfig config;
    Analysis analysis;
};

Entry read_entry(const ObjectReader& reader, const std::filesystem::path& folder) {
    Entry entry{.config = read_model(reader, folder), .analysis = {}};
    const Variant variant = read_variant(reader, entry.config);
    const auto type = reader.one_of("dtype", entry.config.data_type);
    try {
        entry.analysis =
            analyze(entry.config, variant, type, find_convention(reader.text("convention", "paper")));
    } catch (const Error& error) {
        fail(reader.place(), error.what());
    }
    return entry;
}

BudgetCheck check_of(const ObjectReader& reader, const Analysis& analysis, const std::string& key,
                     std::int64_t found) {
    return {.model = analysis.model,
            .variant = analysis.variant,
            .data_type = std::string(enum_name(analysis.data_type)),
            .convention = analysis.convention,
            .quantity = key,
            .limit = reader.integer(key, 0, std::numeric_limits<std::int64_t>::max()),
            .found = found,
            .lower_bound = !analysis.unknown.empty()};
}

/// Limits of RAM and flash, of the runtime that the entry names.
void append_runtime_checks(std::vector<BudgetCheck>& checks, const ObjectReader& reader, const Entry& entry) {
    const Analysis& analysis = entry.analysis;
    const auto runtime = reader.one_of("runtime", default_runtime(analysis.data_type));
    for (const RuntimeQuantity& quantity : kRuntimeQuantities) {
        const std::string key(quantity.key);
        if (!reader.has(key)) continue;
        try {
            const RuntimeNeed need =
                need_of(expand(entry.config, analysis.variant), runtime, analysis.data_type);
            checks.push_back(check_of(reader, analysis, key, need.*quantity.bytes));
        } catch (const Error& error) {
            fail(reader.place(key), error.what());
        }
        checks.back().runtime = enum_name(runtime);
    }
}

void append_checks(std::vector<BudgetCheck>& checks, const ObjectReader& reader,
                   const std::filesystem::path& folder) {
    reader.allow_only(known_keys());
    const Entry entry = read_entry(reader, folder);
    const std::size_t before = checks.size();
    for (const Quantity& quantity : quantities()) {
        if (reader.has(quantity.key))
            checks.push_back(
                check_of(reader, entry.analysis, quantity.key, quantity.measure(entry.analysis)));
    }
    append_runtime_checks(checks, reader, entry);
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
