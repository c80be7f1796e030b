#include "mobilenet_cost/count/convention.h"

#include <array>

#include <fmt/format.h>

#include "mobilenet_cost/count/convention_table.h"

namespace mobilenet_cost {
namespace {

constexpr std::array<TermRow, 20> kTerms = {{
    {"conv_macs", "conv MAC", &Terms::conv_macs},
    {"dense_macs", "dense MAC", &Terms::dense_macs},
    {"conv_bias_adds", "conv bias", &Terms::conv_bias_adds},
    {"dense_bias_adds", "dense bias", &Terms::dense_bias_adds},
    {"conv_outputs", "conv output", &Terms::conv_outputs},
    {"bn_elements", "BN value", &Terms::bn_elements},
    {"bn_channels", "BN channel", &Terms::bn_channels},
    {"relu", "ReLU", &Terms::relu},
    {"relu6", "ReLU6", &Terms::relu6},
    {"hard_swish", "hard swish", &Terms::hard_swish},
    {"hard_sigmoid", "hard sigmoid", &Terms::hard_sigmoid},
    {"swish", "swish", &Terms::swish},
    {"sigmoid", "sigmoid", &Terms::sigmoid},
    {"pool_inputs", "pool input", &Terms::pool_inputs},
    {"pool_outputs", "pool output", &Terms::pool_outputs},
    {"squeeze_inputs", "squeeze input", &Terms::squeeze_inputs},
    {"squeeze_outputs", "squeeze output", &Terms::squeeze_outputs},
    {"residual_adds", "residual add", &Terms::residual_adds},
    {"gate_multiplies", "gate multiply", &Terms::gate_multiplies},
    {"class_scores", "class score", &Terms::class_scores},
}};

void add(std::int64_t& count, std::int64_t more) {
    count = checked_add(count, more);
}

void add_activation(Terms& terms, const Layer& layer, std::int64_t outputs) {
    constexpr std::array<std::int64_t Terms::*, kFinishingActivations - 1> kMembers = {
        &Terms::relu,         &Terms::relu6, &Terms::hard_swish,
        &Terms::hard_sigmoid, &Terms::swish, &Terms::sigmoid};
    if (layer.activation == Activation::none || is_layer_of_its_own(layer.activation)) return;
    add(terms.*kMembers.at(static_cast<std::size_t>(layer.activation) - 1), outputs);
}

bool is_squeeze_conv(const Layer& layer) {
    return layer.role == Role::squeeze_reduce || layer.role == Role::squeeze_expand;
}

/// The PyTorch ports build it as nn.Linear: a biased 1x1 layer on the pooled map that is not part of a
/// squeeze-and-excite.
bool is_linear(const Layer& layer, const Conv& conv) {
    return conv.bias && !conv.batch_norm && layer.output.h == 1 && layer.output.w == 1 &&
           !is_squeeze_conv(layer);
}

/// Adds the terms of one layer; most are 0 and are not touched.
struct AddTerms {
    const Layer& layer;
    Terms& terms;
    std::int64_t outputs;

    void operator()(const Conv& conv) const {
        const bool linear = is_linear(layer, conv);
        add(linear ? terms.dense_macs : terms.conv_macs, checked_multiply(outputs, conv_taps(layer, conv)));
        if (conv.bias) add(linear ? terms.dense_bias_adds : terms.conv_bias_adds, outputs);
        add(terms.conv_outputs, outputs);
        if (layer.role == Role::classifier) add(terms.class_scores, outputs);
        if (conv.batch_norm) add_batch_norm();
    }
    void operator()(const GlobalPool&) const {
        const bool squeeze = layer.role == Role::squeeze_pool;
        add(squeeze ? terms.squeeze_inputs : terms.pool_inputs, element_count(layer.input));
        add(squeeze ? terms.squeeze_outputs : terms.pool_outputs, outputs);
    }
    void operator()(const Add&) const { add(terms.residual_adds, outputs); }
    void operator()(const Scale&) const { add(terms.gate_multiplies, outputs); }
    void operator()(const WindowPool&) const {
        add(terms.pool_inputs, element_count(layer.input));
        add(terms.pool_outputs, outputs);
    }
    void operator()(const ByChannel& by_channel) const {
        if (by_channel.rule == ByChannel::Rule::batch_norm) add_batch_norm();
    }
    // They move values; what an activation does is counted above.
    void operator()(const Concat&) const {}
    void operator()(const Slice&) const {}
    void operator()(const Resize&) const {}
    void operator()(const ChannelShuffle&) const {}
    void operator()(const Activate&) const {}
    void operator()(const Pad&) const {}
    // No tool was run on these two.
    void operator()(const Softmax&) const {}
    void operator()(const Unknown&) const {}
    void operator()(const Operation& op) const { add(terms.dense_macs, op.macs); }
    void operator()(const MatMul& matmul) const {
        add(terms.dense_macs, checked_multiply(outputs, matmul.depth));
    }
    void operator()(const TransposedConv& conv) const {
        add(terms.conv_macs, layer_cost(layer).macs);
        add(terms.conv_outputs, outputs);
        if (conv.bias) add(terms.conv_bias_adds, outputs);
        if (conv.batch_norm) add_batch_norm();
    }

    void add_batch_norm() const {
        add(terms.bn_elements, outputs);
        add(terms.bn_channels, layer.output.n * layer.output.c);
    }
};

void add_layer(Terms& terms, const Layer& layer) {
    const std::int64_t outputs = element_count(layer.output);
    add_activation(terms, layer, outputs);
    const AddTerms add_terms{layer, terms, outputs};
    if (const Conv* const conv = std::get_if<Conv>(&layer.kind)) return add_terms(*conv);  // nearly all
    std::visit(add_terms, layer.kind);
}

}  // namespace

std::span<const TermRow> term_table() {
    return kTerms;
}

Terms layer_terms(const Layer& layer) {
    Terms terms;
    add_layer(terms, layer);
    return terms;
}

Terms total_terms(const Network& network) {
    Terms total;
    for (const Layer& layer : network.layers)
        add_layer(total, layer);
    return total;
}

std::int64_t count_macs(const Terms& terms, const Convention& convention) {
    std::int64_t count = 0;
    for (const CountedTerm& term : convention.counted)
        count = checked_add(count, checked_multiply(term.factor, terms.*term.member));
    return count;
}

const Convention& find_convention(const std::string& name) {
    std::vector<std::string> names;
    for (const Convention& convention : convention_table()) {
        if (convention.name == name) return convention;
        names.push_back(convention.name);
    }
    fail_unknown("--convention", "convention", name, names);
}

std::string formula(const Convention& convention) {
    std::string text;
    for (const CountedTerm& counted : convention.counted) {
        for (const TermRow& row : kTerms) {
            if (row.member != counted.member) continue;
            text += fmt::format("{}{} per {}", text.empty() ? "" : " + ", counted.factor, row.meaning);
        }
    }
    return text;
}

}  // namespace mobilenet_cost
