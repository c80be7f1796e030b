#include "mobilenet_cost/import/operator_cost.h"

#include <algorithm>
#include <map>
#include <set>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/import/einsum.h"
#include "mobilenet_cost/import/window.h"
#include "mobilenet_cost/model/operators.h"

namespace mobilenet_cost {
namespace {

bool is_fraction(ElementType type) {
    return type == ElementType::f32 || type == ElementType::f16 || type == ElementType::bf16 ||
           type == ElementType::f64;
}

std::int64_t product(const Dims& dims) {
    std::int64_t result = 1;
    for (const std::int64_t dim : dims)
        result = checked_multiply(result, dim);
    return result;
}

struct NodeCost {
    const PlainGraph& graph;
    const PlainNode& node;

    [[nodiscard]] const Dims* dims(std::size_t index) const {
        const PlainTensorId id = node.input(index);
        return id == kNoPlainTensor || !graph.tensor(id).dims ? nullptr : &*graph.tensor(id).dims;
    }

    [[nodiscard]] std::int64_t outputs() const { return product(*graph.tensor(node.outputs.front()).dims); }

    /// Values of constants that lie in the file: fractions, and more than one.
    [[nodiscard]] std::int64_t own(std::size_t index) const {
        const PlainTensorId id = node.input(index);
        if (!graph.is_constant(id) || dims(index) == nullptr) return 0;
        const auto& values = graph.tensor(id).values;
        if (values && !is_fraction(values->type) && !values->quantisation) return 0;
        const std::int64_t count = product(*dims(index));
        return count > 1 ? count : 0;
    }

    [[nodiscard]] std::optional<std::int64_t> matrices() const {
        if (dims(0) == nullptr || dims(0)->empty()) return std::nullopt;
        const bool turned = node.op == "Gemm" && node.integer("transA", 0) != 0;
        return checked_multiply(outputs(), turned ? dims(0)->front() : dims(0)->back());
    }

    /// As many products for each output as a filter has, or for each input.
    [[nodiscard]] std::optional<std::int64_t> filters(bool transposed) const {
        if (dims(0) == nullptr || dims(1) == nullptr || dims(1)->size() < 3) return std::nullopt;
        const FilterAxes axes = filter_axes(node, dims(1)->size());
        const std::int64_t channels = (*dims(1))[transposed ? axes.inputs : axes.outputs];
        if (channels < 1) return std::nullopt;
        return checked_multiply(transposed ? product(*dims(0)) : outputs(), product(*dims(1)) / channels);
    }

    [[nodiscard]] std::optional<std::int64_t> sum_of_products() const {
        const auto equation = read_einsum(graph, node);
        if (!equation) return std::nullopt;
        if (node.inputs.size() < 2 || !equation->sums) return 0;
        return node.inputs.size() == 2 ? std::optional(equation->products) : std::nullopt;
    }

    /// Of a step, each gate's matrices for the input and for the state.
    [[nodiscard]] std::optional<std::int64_t> recurrent() const {
        if (dims(0) == nullptr || dims(1) == nullptr || dims(2) == nullptr || dims(0)->size() != 3)
            return std::nullopt;
        return checked_multiply(checked_multiply((*dims(0))[0], (*dims(0))[1]),
                                checked_add(product(*dims(1)), product(*dims(2))));
    }

    [[nodiscard]] std::optional<std::int64_t> macs() const {
        using Rule = std::optional<std::int64_t> (*)(const NodeCost&);
        static const std::map<std::string, Rule> rules = {
            {"MatMul", [](const NodeCost& of) { return of.matrices(); }},
            {"Gemm", [](const NodeCost& of) { return of.matrices(); }},
            {"Conv", [](const NodeCost& of) { return of.filters(false); }},
            {"ConvTranspose", [](const NodeCost& of) { return of.filters(true); }},
            {"Einsum", [](const NodeCost& of) { return of.sum_of_products(); }},
            {"LSTM", [](const NodeCost& of) { return of.recurrent(); }},
            {"GRU", [](const NodeCost& of) { return of.recurrent(); }},
            {"RNN", [](const NodeCost& of) { return of.recurrent(); }}};
        const auto found = rules.find(node.op);
        return found == rules.end() ? std::optional<std::int64_t>(0) : found->second(*this);
    }
};

/// Whether the values of an input are how an operator works, and no parameters of the network.
bool is_setting(const PlainNode& node, std::size_t index) {
    const auto row = operator_of_onnx(node.op);
    const OperatorClass what = row ? operator_table()[*row].what : OperatorClass::by_value;
    const bool places =
        (what == OperatorClass::moves && node.op != "Concat") || what == OperatorClass::reduces;
    return index > 0 && (places || node.op == "Clip");
}

bool is_bias(const PlainNode& node, std::size_t index) {
    static const std::set<std::string> ops = {
        "Conv", "ConvTranspose", "Gemm", "LayerNormalization", "GroupNormalization", "InstanceNormalization"};
    return index == 2 && ops.contains(node.op);
}

}  // namespace

std::optional<OperatorCost> operator_cost(const PlainGraph& graph, const PlainNode& node) {
    const NodeCost of{graph, node};
    const auto macs = of.macs();
    if (!macs) return std::nullopt;
    OperatorCost cost{.macs = *macs};
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (is_setting(node, i)) continue;
        std::int64_t& count = is_bias(node, i) ? cost.biases : cost.weights;
        count = checked_add(count, of.own(i));
    }
    return cost;
}

}  // namespace mobilenet_cost
