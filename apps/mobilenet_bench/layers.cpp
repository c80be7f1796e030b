#include <set>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/model_files.h"

#include "benches.h"

namespace mobilenet_cost {
namespace {

std::string text(const Shape& shape) {
    return size_text(shape.h, shape.w, shape.c);
}

/// What an engine is asked to do; equal layers of a model are timed once.
std::string describe(const Layer& layer) {
    std::string name = fmt::format("{}/in:{}/out:{}", op_name(layer), text(layer.input), text(layer.output));
    if (const Conv* conv = std::get_if<Conv>(&layer.kind)) {
        name += fmt::format("/k:{}/s:{}", conv->kernel, conv->stride);
        if (conv->dilation != 1) name += fmt::format("/d:{}", conv->dilation);
        if (conv->groups > 1 && !is_depthwise(layer)) name += fmt::format("/g:{}", conv->groups);
    }
    if (layer.activation != Activation::none) name += fmt::format("/{}", enum_name(layer.activation));
    return name;
}

/// The layer as a network of its own. Where it adds two tensors, both are the input, which then counts once.
WholeNetwork alone(const Network& network, std::size_t index) {
    Layer layer = network.layers[index];
    layer.inputs = {0, std::holds_alternative<Add>(layer.kind) ? 0 : kNoTensor};
    Cost cost = layer_cost(layer);
    cost.input_elements = element_count(layer.input);
    return {.network = {.block_names = network.block_names, .input = layer.input, .layers = {layer}},
            .traffic_bytes = traffic_bytes(cost, DataType::f32)};
}

/// The gate of a squeeze-and-excite needs a second tensor of one value per channel, which no input of a
/// network can be: a pooling layer makes it, and the two are timed together.
WholeNetwork with_gate(const Network& network, std::size_t index) {
    Layer scale = network.layers[index];
    Layer pool = scale;
    pool.kind = GlobalPool{};
    pool.activation = Activation::none;
    pool.role = Role::squeeze_pool;
    pool.inputs = {0, kNoTensor};
    pool.output.h = 1;
    pool.output.w = 1;
    scale.inputs = {0, 1};
    Cost cost = layer_cost(pool);
    cost += layer_cost(scale);
    return {.network = {.block_names = network.block_names, .input = scale.input, .layers = {pool, scale}},
            .traffic_bytes = traffic_bytes(cost, DataType::f32)};
}

void register_layer(Passes& passes, const std::string& name, const Network& network, std::size_t index,
                    const std::vector<std::string>& engines) {
    const bool gated = std::holds_alternative<Scale>(network.layers[index].kind);
    WholeNetwork timed = gated ? with_gate(network, index) : alone(network, index);
    for (const std::string& engine : engines) {
        passes.add({.name = fmt::format("{}/{}/threads:1", name, engine),
                    .make = [timed] { return timed; },
                    .engine = engine,
                    .unit = benchmark::kMicrosecond,
                    .label_kernels = true});
    }
}

}  // namespace

void register_layers(Passes& passes, const std::vector<std::string>& engines) {
    for (const std::string& model : model_names()) {
        const Network network = expand(find_model(model), Variant{});
        std::set<std::string> known;
        for (std::size_t i = 0; i < network.layers.size(); ++i) {
            const bool gated = std::holds_alternative<Scale>(network.layers[i].kind);
            const std::string what = (gated ? "pool_and_" : "") + describe(network.layers[i]);
            if (known.insert(what).second)
                register_layer(passes, fmt::format("layer/{}/{}", model, what), network, i, engines);
        }
    }
}

}  // namespace mobilenet_cost
