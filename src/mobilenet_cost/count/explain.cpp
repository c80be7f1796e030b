#include "mobilenet_cost/count/explain.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

std::string shape_text(const Shape& shape) {
    return fmt::format("{}x{}x{}x{}", shape.n, shape.h, shape.w, shape.c);
}

/// "label = formula = numbers = result" on one line.
std::string line(const std::string& label, const std::string& formula, const std::string& numbers,
                 std::int64_t result) {
    return fmt::format("  {:<18}{} = {} = {}\n", label, formula, numbers, with_thousands(result));
}

std::string batch_factor(const Layer& layer) {
    return layer.output.n > 1 ? fmt::format("{} * ", layer.output.n) : "";
}

struct ExplainKind {
    const Layer& layer;
    const Cost& cost;

    std::string operator()(const Conv& conv) const {
        const std::string n = batch_factor(layer);
        const std::string sizes = fmt::format("{} * {}", layer.output.h, layer.output.w);
        const std::string k2 = fmt::format("{0} * {0}", conv.kernel);
        const std::int64_t group_inputs = layer.input.c / conv.groups;
        std::string text;
        text += fmt::format(
            "  {:<18}kernel {}, stride {}, groups {}, padding top {} bottom {} left {} right {}, {}\n",
            "convolution", conv.kernel, conv.stride, conv.groups, conv.padding.top, conv.padding.bottom,
            conv.padding.left, conv.padding.right, enum_name(layer.activation));
        text += line(
            "MACs", fmt::format("{}H*W * K*K * Ci/groups * Co", n.empty() ? "" : "N * "),
            fmt::format("{}{} * {} * {}/{} * {}", n, sizes, k2, layer.input.c, conv.groups, layer.output.c),
            cost.macs);
        text += line("weights", "K*K * Ci/groups * Co",
                     fmt::format("{} * {} * {}", k2, group_inputs, layer.output.c), cost.weights);
        if (conv.bias) text += fmt::format("  {:<18}Co = {}\n", "biases", with_thousands(cost.biases));
        if (conv.batch_norm)
            text += fmt::format("  {:<18}Co = {} channels, of 0 to 4 values as the convention counts\n",
                                "batch norm", with_thousands(cost.bn_channels));
        return text;
    }
    std::string operator()(const GlobalPool&) const {
        return "  mean over height and width: no MACs, no weights\n";
    }
    std::string operator()(const Add&) const {
        return "  residual sum of two tensors: no MACs, no weights\n";
    }
    std::string operator()(const Scale&) const {
        return "  each channel times its gate: no MACs, no weights\n";
    }
};

std::string weight_lines(const Cost& cost, DataType data_type) {
    const std::int64_t biases = cost.biases + cost.bn_channels;
    const std::int64_t bytes = element_bytes(data_type);
    const std::int64_t of_biases = weight_bytes(cost, data_type) - cost.weights * bytes;
    return line(
        "weight bytes", "weights * bytes + biases, batch norm folded",
        fmt::format("{} * {} + {} * {}", cost.weights, bytes, biases, biases == 0 ? 0 : of_biases / biases),
        weight_bytes(cost, data_type));
}

std::string traffic_lines(const Cost& cost, DataType data_type) {
    std::string text = cost.weights == 0 ? "" : weight_lines(cost, data_type);
    text += line(
        "activation bytes", "(read + written) * bytes",
        fmt::format("({} + {}) * {}", cost.input_elements, cost.output_elements, element_bytes(data_type)),
        activation_bytes(cost, data_type));
    text += line("memory access", "read + written + weights, in elements",
                 fmt::format("{} + {} + {}", cost.input_elements, cost.output_elements, cost.weights),
                 memory_access_cost(cost));
    if (cost.macs == 0) return text;
    return text + fmt::format(
                      "  {:<18}2 * MACs / (weight + activation bytes) = 2 * {} / {} = {:.3f} FLOP per byte\n",
                      "intensity", cost.macs, traffic_bytes(cost, data_type),
                      arithmetic_intensity(cost, data_type));
}

}  // namespace

std::string explain_layer(const Network& network, std::size_t index, DataType data_type) {
    const Layer& layer = network.layers[index];
    const Cost cost = layer_cost(layer);
    std::string text = fmt::format("{} ({}): {} -> {}\n", layer_name(network, index), op_name(layer),
                                   shape_text(layer.input), shape_text(layer.output));
    text += std::visit(ExplainKind{layer, cost}, layer.kind);
    return text + traffic_lines(cost, data_type);
}

}  // namespace mobilenet_cost
