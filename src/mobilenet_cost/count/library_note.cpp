#include "mobilenet_cost/count/library_note.h"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

/// What is different first: parameters, then multiply-adds.
std::string difference(const Convention& convention, const Cost& ours, const Cost& theirs) {
    const std::int64_t params = parameter_count(theirs, convention.batch_norm);
    if (params != parameter_count(ours, convention.batch_norm)) return with_thousands(params) + " parameters";
    return theirs.macs == ours.macs ? "" : with_thousands(theirs.macs) + " MACs";
}

/// The network that the library builds for a bundled model. Absent: it has none of its own.
std::optional<ModelConfig> counterpart(const std::string& library, const std::string& model) {
    for (const std::string& name : models_of_library(library)) {
        ModelConfig config = find_model(name);
        if (config.extends == model) return config;
    }
    return std::nullopt;
}

bool counts_macs_alone(const Convention& convention) {
    return std::all_of(convention.counted.begin(), convention.counted.end(), [](const CountedTerm& term) {
        return term.member == &Terms::conv_macs || term.member == &Terms::dense_macs;
    });
}

/// What of this layer no network has that the tools were run on; empty: nothing.
std::string unchecked(const Layer& layer) {
    const bool known = std::holds_alternative<Conv>(layer.kind) ||
                       std::holds_alternative<GlobalPool>(layer.kind) ||
                       std::holds_alternative<Add>(layer.kind) || std::holds_alternative<Scale>(layer.kind);
    if (!known) return std::string(op_name(layer));
    const bool smooth = layer.activation == Activation::swish || layer.activation == Activation::sigmoid;
    return smooth ? std::string(enum_name(layer.activation)) : "";
}

std::string note_of(const std::string& who, const ModelConfig& config, const Variant& variant) {
    std::set<std::string> names;
    const Network network = expand(config, variant);
    for (const Layer& layer : network.layers)
        names.insert(unchecked(layer));
    names.erase("");
    if (names.empty()) return "";
    return fmt::format("note: {} not run on networks with {}: counts beside multiply-adds may differ", who,
                       fmt::join(names, ", "));
}

}  // namespace

std::string unchecked_note(const Convention& convention, const ModelConfig& config, const Variant& variant) {
    return counts_macs_alone(convention) ? "" : note_of(convention.name + " was", config, variant);
}

std::string unchecked_note(const ModelConfig& config, const Variant& variant) {
    return note_of("the tools were", config, variant);
}

std::string library_note(const Convention& convention, const ModelConfig& config,
                         const std::vector<Variant>& variants) {
    const std::optional<ModelConfig> theirs = counterpart(convention.name, config.name);
    if (!theirs) return "";
    for (const Variant& variant : variants) {
        const std::string found =
            difference(convention, total_cost(config, variant), total_cost(*theirs, variant));
        if (!found.empty())
            return fmt::format("note: {}'s own {} has {}: --model {}", convention.name,
                               variant_text(config.name, variant.alpha, variant.resolution), found,
                               theirs->name);
    }
    return "";
}

}  // namespace mobilenet_cost
