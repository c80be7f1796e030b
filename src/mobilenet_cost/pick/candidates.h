#pragma once

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

/// Published accuracies of a model. None for a file of the user's: a name says nothing about the network that
/// it describes.
[[nodiscard]] std::vector<PublishedAccuracy> published_of(const std::string& model);

/// Each variant once, with its costs and its published accuracy, or an estimate where there is none.
[[nodiscard]] std::vector<PickCandidate> candidates_of(const ModelConfig& config,
                                                       const std::vector<Variant>& variants,
                                                       const Convention& convention, DataType data_type,
                                                       const std::vector<PublishedAccuracy>& published);

/// "mobilenet_v1 alpha 0.5 at 160 px"
[[nodiscard]] std::string pick_name(const PickCandidate& candidate);

}  // namespace mobilenet_cost
