#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/pick/pick.h"
#include "mobilenet_cost/pick/published.h"

namespace mobilenet_cost {

/// The families to choose from.
struct PickFamilies {
    std::vector<ModelConfig> configs;
    std::vector<std::string> models;  ///< names or files, as asked for
};

/// Published accuracies of a model. None for a file of the user: the name does not say which network the file
/// describes.
[[nodiscard]] std::vector<PublishedAccuracy> published_of(const std::string& model);

/// The published top-1 of each cell, where there is one. `models`: the names or files that were asked for.
[[nodiscard]] std::vector<std::optional<double>> published_top1(const std::vector<SweepCell>& cells,
                                                                const std::vector<std::string>& models,
                                                                DataType data_type);

/// A bundled network with a published accuracy, and what it costs.
struct PublishedNetwork {
    SweepCell cell;
    double top1 = 0;
    std::string source;
};

/// Each of them once, family by family.
[[nodiscard]] std::vector<PublishedNetwork> published_networks(const Convention& convention,
                                                               DataType data_type);

/// Each variant once, with its costs and its published accuracy, or an estimate where there is none.
[[nodiscard]] std::vector<PickCandidate> candidates_of(const ModelConfig& config,
                                                       const std::vector<Variant>& variants,
                                                       const Convention& convention, DataType data_type,
                                                       const std::vector<PublishedAccuracy>& published);

/// Sets what a runtime takes for each candidate of this model; nothing where it has no kernel for some layer.
void add_needs(std::vector<PickCandidate>& candidates, const ModelConfig& config, Runtime runtime,
               DataType data_type);

/// "mobilenet_v1 alpha 0.5 at 160 px"
[[nodiscard]] std::string pick_name(const PickCandidate& candidate);

}  // namespace mobilenet_cost
