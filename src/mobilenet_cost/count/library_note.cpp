#include "mobilenet_cost/count/library_note.h"

#include <optional>

#include <fmt/format.h>

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

}  // namespace

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
