#pragma once

#include <cstdint>

#include "mobilenet_cost/import/import_model.h"
#include "mobilenet_cost/model/expand.h"

#include "fuzz/fuzz_check.h"

namespace mobilenet_cost {

/// Any graph of a reader gives a model that its own parser reads, or an Error; its weights are as many as its
/// layers need.
inline void check_import(PlainGraph graph) {
    constexpr std::int64_t kMostWeights = 1 << 20;  // keeps one input quick
    const ImportedModel imported = import_graph(std::move(graph), {24, 32});
    ModelConfig config = parse_model_config(imported.document, "fuzz");
    config.weights = imported.weights;
    const Network network = expand(config, {});
    check_network(network);
    if (total_cost(network).weights > kMostWeights) return;
    if (const auto weights = imported.weights->of(network))
        require(weights->layers.size() == network.layers.size(), "weights for each layer");
}

}  // namespace mobilenet_cost
