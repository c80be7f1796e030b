#include "mobilenet_cost/count/explain.h"

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

std::string shape_text(const Shape& shape) {
    return fmt::format("{}x{}x{}x{}", shape.n, shape.h, shape.w, shape.c);
}

ExplainStep step(const std::string& quantity, const std::string& formula, const std::string& numbers,
                 std::int64_t value) {
    return {quantity, formula, numbers, with_thousands(value), value};
}

ExplainStep remark(const std::string& quantity, const std::string& text) {
    return {.quantity = quantity, .formula = {}, .numbers = {}, .result = text};
}

struct ExplainKind {
    const Layer& layer;
    const Cost& cost;
    std::vector<ExplainStep>& steps;

    void operator()(const Conv& conv) const {
        const std::string n = layer.output.n > 1 ? fmt::format("{} * ", layer.output.n) : "";
        const std::string k2 = fmt::format("{} * {}", conv.kernel.h, conv.kernel.w);
        const std::string dilation = conv.dilation != 1 ? fmt::format(" dilation {},", conv.dilation) : "";
        steps.push_back(remark(
            "convolution",
            fmt::format("kernel {}, stride {},{} groups {}, padding top {} bottom {} left {} right {}{}",
                        conv.kernel, conv.stride, dilation, conv.groups, conv.padding.top,
                        conv.padding.bottom, conv.padding.left, conv.padding.right,
                        layer.activation == Activation::none
                            ? ""
                            : fmt::format(", {}", enum_name(layer.activation)))));
        steps.push_back(step("MACs", fmt::format("{}H*W * K*K * Ci/groups * Co", n.empty() ? "" : "N * "),
                             fmt::format("{}{} * {} * {} * {}/{} * {}", n, layer.output.h, layer.output.w, k2,
                                         layer.input.c, conv.groups, layer.output.c),
                             cost.macs));
        steps.push_back(step("weights", "K*K * Ci/groups * Co",
                             fmt::format("{} * {} * {}", k2, layer.input.c / conv.groups, layer.output.c),
                             cost.weights));
        if (conv.bias) steps.push_back(step("biases", "Co", "", cost.biases));
        if (conv.batch_norm)
            steps.push_back(
                remark("batch norm", fmt::format("{} channels; 0 to 4 values each, depending on --convention",
                                                 with_thousands(cost.bn_channels))));
    }
    void operator()(const GlobalPool&) const {
        steps.push_back(remark("", "mean over height and width: no MACs, no weights"));
    }
    void operator()(const Add&) const {
        says(layer.role == Role::add ? "residual sum of two tensors" : "sum of two tensors");
    }
    void operator()(const Scale& scale) const {
        says(scale.by_value ? "product of two tensors" : "each channel times its gate");
    }
    void operator()(const WindowPool& pool) const {
        says(fmt::format("the {} of windows of {} x {}, stride {}",
                         pool.rule == WindowPool::Rule::max ? "largest value" : "mean", pool.kernel.h,
                         pool.kernel.w, pool.stride));
    }
    void operator()(const Concat&) const { says("the channels of its inputs, one after another"); }
    void operator()(const Slice& slice) const {
        says(fmt::format("channels {} to {}", slice.begin, slice.begin + layer.output.c - 1));
    }
    void operator()(const Resize& resize) const {
        says(fmt::format("resized to {}x{} ({})", layer.output.h, layer.output.w, enum_name(resize.rule)));
    }
    void operator()(const ChannelShuffle& shuffle) const {
        says(fmt::format("channels in {} groups, transposed", shuffle.groups));
    }
    void operator()(const ByChannel& by_channel) const {
        if (by_channel.rule != ByChannel::Rule::batch_norm) {
            const bool slopes = by_channel.rule == ByChannel::Rule::prelu;
            steps.push_back(remark("", slopes ? "values below 0 times the slope of their channel: no MACs"
                                              : "each value times the factor of its channel: no MACs"));
            steps.push_back(step("weights", "C", "", cost.weights));
            return;
        }
        steps.push_back(
            remark("batch norm",
                   fmt::format("of its own: {} channels; 0 to 4 values each, depending on --convention",
                               with_thousands(cost.bn_channels))));
    }
    void operator()(const Activate&) const { says(std::string(enum_name(layer.activation))); }
    void operator()(const Pad&) const { says("zeros around its input"); }
    void operator()(const Softmax&) const { says("exp(x) over the sum of exp(x) over the channels"); }
    void operator()(const Operation& op) const {
        steps.push_back(remark("", fmt::format("{}, by what it reads and writes", op.what().name)));
        if (cost.macs > 0) steps.push_back(step("MACs", "as the model says", "", cost.macs));
        if (cost.weights > 0) steps.push_back(step("weights", "as the model says", "", cost.weights));
    }
    void operator()(const Unknown&) const {
        steps.push_back(remark("", "an operator that is not known: what it costs is not counted"));
    }
    void operator()(const MatMul& matmul) const {
        steps.push_back(remark(
            "product of two activations",
            fmt::format("{} of {} values each", matmul.heads == 1 ? "rows" : "rows of heads", matmul.depth)));
        steps.push_back(step("MACs", "outputs * depth",
                             fmt::format("{} * {}", element_count(layer.output), matmul.depth), cost.macs));
    }
    void operator()(const TransposedConv& conv) const {
        const Shape& in = layer.input;
        const std::string taps = fmt::format("{} * {}", conv.kernel.h, conv.kernel.w);
        steps.push_back(remark(
            "transposed convolution",
            fmt::format("kernel {}, stride {}, {}", conv.kernel, conv.stride, enum_name(layer.activation))));
        steps.push_back(step(
            "MACs", "H*W * K*K * Ci * Co, H and W of the input",
            fmt::format("{} * {} * {} * {} * {}", in.n * in.h, in.w, taps, in.c, layer.output.c), cost.macs));
        steps.push_back(step("weights", "K*K * Ci * Co",
                             fmt::format("{} * {} * {}", taps, in.c, layer.output.c), cost.weights));
    }

    void says(const std::string& what) const { steps.push_back(remark("", what + ": no MACs, no weights")); }
};

ExplainStep weight_step(const Cost& cost, DataType data_type) {
    const std::int64_t biases = cost.biases + cost.bn_channels;
    const std::int64_t bytes = weight_element_bytes(data_type);
    const std::int64_t of_biases = weight_bytes(cost, data_type) - cost.weights * bytes;
    return step(
        "weight bytes", "weights * bytes + biases, batch norm folded",
        fmt::format("{} * {} + {} * {}", cost.weights, bytes, biases, biases == 0 ? 0 : of_biases / biases),
        weight_bytes(cost, data_type));
}

void add_traffic(const Cost& cost, DataType data_type, std::vector<ExplainStep>& steps) {
    if (cost.weights > 0) steps.push_back(weight_step(cost, data_type));
    steps.push_back(step(
        "activation bytes", "(read + written) * bytes",
        fmt::format("({} + {}) * {}", cost.input_elements, cost.output_elements, element_bytes(data_type)),
        activation_bytes(cost, data_type)));
    steps.push_back(step("memory access", "read + written + weights, in elements",
                         fmt::format("{} + {} + {}", cost.input_elements, cost.output_elements, cost.weights),
                         memory_access_cost(cost)));
    if (cost.macs == 0) return;
    const double intensity = arithmetic_intensity(cost, data_type);
    steps.push_back({"intensity", "2 * MACs / (weight + activation bytes)",
                     fmt::format("2 * {} / {}", cost.macs, traffic_bytes(cost, data_type)),
                     fmt::format("{:.3f} FLOP per byte", intensity), intensity});
}

/// s: one standard convolution, d: the depthwise and the pointwise one in its place.
Explanation explain_block(const SeparableBlock& block, std::int64_t batch) {
    const std::string k2 = fmt::format("{} * {}", block.k.h, block.k.w);
    const std::string n = batch > 1 ? fmt::format("{} * ", batch) : "";
    const std::string pixels = fmt::format("{}{} * {}", n, block.h_out, block.w_out);
    const std::string hw = n.empty() ? "H*W" : "N * H*W";
    const bool wide = block.multiplier > 1;
    const auto times = [&](const auto& m, const std::string& sum) {
        return wide ? fmt::format("{} * ({})", m, sum) : sum;
    };
    const std::string hint = wide ? fmt::format("m = {} outputs per channel, ", block.multiplier) : "";
    const auto ratio = [](double value) { return fmt::format("{:.3f}", value); };
    Explanation explained{block.name,
                          "separable block",
                          fmt::format("K = {}, {}Ci = {}, Co = {}, H x W = {} x {}", block.k, hint,
                                      block.c_in, block.c_out, block.h_out, block.w_out),
                          {}};
    explained.steps = {
        step("P_s", "K*K * Ci * Co", fmt::format("{} * {} * {}", k2, block.c_in, block.c_out), block.p_s),
        step("P_d", times("m", "K*K * Ci + Ci * Co"),
             times(block.multiplier,
                   fmt::format("{} * {} + {} * {}", k2, block.c_in, block.c_in, block.c_out)),
             block.p_d),
        step("C_s", hw + " * P_s", fmt::format("{} * {}", pixels, block.p_s), block.c_s),
        step("C_d", hw + " * P_d", fmt::format("{} * {}", pixels, block.p_d), block.c_d),
        {"P_s/P_d", "C_s/C_d", fmt::format("{} / {}", block.p_s, block.p_d), ratio(parameter_ratio(block)),
         parameter_ratio(block), "H*W cancels"},
        {"closed form", fmt::format("K*K * Co / ({})", times("m", "K*K + Co")),
         fmt::format("{} * {} / ({})", k2, block.c_out,
                     times(block.multiplier, fmt::format("{} + {}", k2, block.c_out))),
         ratio(block.closed_form), block.closed_form,
         fmt::format("Ci cancels, too; it tends to K*K{}", wide ? " / m" : "")},
        {"wrong", "Co / (1 + 1/(K*K))", fmt::format("{} / (1 + 1/({}))", block.c_out, k2),
         fmt::format("{:.1f}", block.article_approx), block.article_approx,
         "as an introductory article prints it; it tends to Co"}};
    explained.steps[0].note = "weights of one standard convolution";
    explained.steps[1].note = "weights of the depthwise and the pointwise one";
    explained.steps[2].note = "MACs of the standard one";
    explained.steps[3].note = "MACs of the depthwise and the pointwise one";
    return explained;
}

}  // namespace

Explanation explain_layer(const Network& network, std::size_t index, DataType data_type) {
    const Layer& layer = network.layers[index];
    const Cost cost = layer_cost(layer);
    Explanation explained{layer_name(network, index),
                          std::string(op_name(layer)),
                          fmt::format("{} -> {}", shape_text(layer.input), shape_text(layer.output)),
                          {}};
    std::visit(ExplainKind{layer, cost, explained.steps}, layer.kind);
    add_traffic(cost, data_type, explained.steps);
    return explained;
}

std::vector<Explanation> explain(const Network& network, const std::string& name, DataType data_type) {
    std::vector<Explanation> explained;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        names.push_back(layer_name(network, i));
        if (names.back() == name) explained.push_back(explain_layer(network, i, data_type));
    }
    for (const SeparableBlock& block : separable_blocks(network)) {
        names.push_back(block.name);
        if (block.name == name) explained.push_back(explain_block(block, network.input.n));
    }
    if (explained.empty()) fail_unknown("", "layer or block", name, names);
    return explained;
}

}  // namespace mobilenet_cost
