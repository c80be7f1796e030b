#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "mobilenet_cost/engine/registry.h"

namespace mobilenet_cost {

/// OpenMP's threads wait without spinning: on a busy machine the tests take a tenth of the time. OpenMP reads
/// the variable when it is loaded, with the first engine that needs it.
inline std::vector<std::string> available_engines() {
    setenv("OMP_WAIT_POLICY", "passive", 0);
    std::vector<std::string> names;
    for (const EngineStatus& status : engine_statuses())
        if (status.available) names.push_back(status.name);
    return names;
}

/// Whether CMake found what a plug-in needs.
inline bool is_configured(const std::string& plugin) {
    return std::string(MOBILENET_COST_CONFIGURED_PLUGINS).find("," + plugin + ",") != std::string::npos;
}

inline std::vector<std::string> engines_to_check() {
    std::vector<std::string> names = available_engines();
    std::erase(names, "reference");
    return names;
}

/// TensorFlow's SAME: output ceil(n / stride), the odd zero at the end. `kernel` is the effective one.
inline Padding same_padding(const Shape& in, const Sides& kernel, const Sides& stride) {
    const auto total = [](std::int64_t n, std::int64_t extent, std::int64_t step) {
        return std::max<std::int64_t>(0, ((n + step - 1) / step - 1) * step + extent - n);
    };
    const std::int64_t rows = total(in.h, kernel.h, stride.h);
    const std::int64_t columns = total(in.w, kernel.w, stride.w);
    return {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2};
}

inline Layer conv_layer(const Shape& in, std::int64_t channels, const Conv& conv, Activation activation) {
    const Padding& pad = conv.padding;
    const Sides extent = effective_kernel(conv);
    Layer layer{.kind = conv, .activation = activation, .inputs = {0, kNoTensor}, .input = in, .output = {}};
    layer.output = {in.n, (in.h + pad.top + pad.bottom - extent.h) / conv.stride.h + 1,
                    (in.w + pad.left + pad.right - extent.w) / conv.stride.w + 1, channels};
    return layer;
}

inline Layer pool_layer(const Shape& in) {
    return {.kind = GlobalPool{}, .inputs = {0, kNoTensor}, .input = in, .output = {in.n, 1, 1, in.c}};
}

inline Layer binary_layer(const LayerKind& kind, TensorId a, TensorId b, const Shape& shape) {
    return {.kind = kind, .inputs = {a, b}, .input = shape, .output = shape};
}

/// Layer i is called "bi".
inline Network network_of(const Shape& input, const std::vector<Layer>& layers) {
    std::vector<std::string> names;
    Network network{.block_names = nullptr, .input = input, .layers = layers};
    for (std::size_t i = 0; i < layers.size(); ++i) {
        names.push_back("b" + std::to_string(i));
        network.layers[i].block = static_cast<std::int32_t>(i);
    }
    network.block_names = std::make_shared<const std::vector<std::string>>(names);
    check_network(network);
    return network;
}

inline void set_input(Session& session, const std::vector<float>& values) {
    std::copy(values.begin(), values.end(), session.input().begin());
}

inline std::vector<float> run_once(const std::string& engine, const Network& network, const Weights& weights,
                                   const std::vector<float>& input, const SessionOptions& options = {}) {
    const auto session = find_engine(engine)->make_session(network, weights, options);
    set_input(*session, input);
    session->run();
    return session->output();
}

}  // namespace mobilenet_cost
