#include "mobilenet_cost/import/quantised.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/import/axes.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kMostPlaces = std::int64_t{1} << 20;  // along an axis, with scales of their own

/// An operator on stored values, and where its inputs lie: each with its scale and zero point behind it.
struct QuantisedOperator {
    std::string plain;
    std::vector<std::size_t> inputs;
    std::size_t bias = 0;   ///< 0: none
    std::size_t scale = 0;  ///< of the output; its zero point follows. 0: the output is not stored in less
};

const std::map<std::string, QuantisedOperator>& quantised_operators() {
    static const std::map<std::string, QuantisedOperator> table = {
        {"QLinearConv", {"Conv", {0, 3}, 8, 6}},
        {"QLinearMatMul", {"MatMul", {0, 3}, 0, 6}},
        {"com.microsoft.QLinearConv", {"Conv", {0, 3}, 8, 6}},
        {"com.microsoft.QGemm", {"Gemm", {0, 3}, 6, 7}},
        {"com.microsoft.QLinearAdd", {"Add", {0, 3}, 0, 6}},
        {"com.microsoft.QLinearMul", {"Mul", {0, 3}, 0, 6}},
        {"com.microsoft.QLinearSigmoid", {"Sigmoid", {0}, 0, 3}},
        {"com.microsoft.QLinearLeakyRelu", {"LeakyRelu", {0}, 0, 3}},
        {"com.microsoft.QLinearSoftmax", {"Softmax", {0}, 0, 3}},
        {"com.microsoft.QLinearGlobalAveragePool", {"GlobalAveragePool", {0}, 0, 3}},
        {"com.microsoft.QLinearAveragePool", {"AveragePool", {0}, 0, 3}},
        {"com.microsoft.QLinearReduceMean", {"ReduceMean", {0}, 0, 3}},
    };
    return table;
}

class Dequantiser {
  public:
    explicit Dequantiser(PlainGraph& graph) : graph_(graph), same_(graph.tensors.size()) {
        std::iota(same_.begin(), same_.end(), 0);
    }

    void run() {
        std::vector<PlainNode> left;
        for (PlainNode& node : graph_.nodes) {
            for (PlainTensorId& id : node.inputs)
                if (id != kNoPlainTensor && static_cast<std::size_t>(id) < same_.size())
                    id = same_[static_cast<std::size_t>(id)];
            if (!goes(node)) left.push_back(std::move(node));
        }
        graph_.nodes = std::move(left);
    }

  private:
    /// Whether the node is gone: its output is its input, or a constant. Others may have become plain ones.
    bool goes(PlainNode& node) {
        if (node.outputs.empty() || node.outputs.front() == kNoPlainTensor) return false;
        if (node.op == "QuantizeLinear") return keeps_values(node, node.outputs.front());
        if (node.op == "DequantizeLinear") return becomes_constant(node) || keeps_values(node, node.input(0));
        if (node.op == "com.microsoft.QLinearConcat") return join(node), false;
        if (node.op == "ConvInteger" || node.op == "MatMulInteger") return take_integers(node), false;
        const auto found = quantised_operators().find(node.op);
        if (found != quantised_operators().end()) take(node, found->second);
        return false;
    }

    /// The output is the input; as an output of the graph it is written by a node of its own.
    bool keeps_values(PlainNode& node, PlainTensorId stored) {
        const PlainTensorId from = node.input(0);
        if (from == kNoPlainTensor || node.input(1) == kNoPlainTensor) return false;
        const PlainTensorId zero = node.input(2);
        ElementType type = graph_.tensor(stored).stored;
        if (node.op == "QuantizeLinear")
            type = zero != kNoPlainTensor && graph_.tensor(zero).values ? graph_.tensor(zero).values->type
                                                                        : ElementType::u8;
        graph_.tensor(from).stored = graph_.tensor(node.outputs.front()).stored = type;
        const bool output = std::find(graph_.outputs.begin(), graph_.outputs.end(), node.outputs.front()) !=
                            graph_.outputs.end();
        if (!output) {
            same_[static_cast<std::size_t>(node.outputs.front())] = from;
            return true;
        }
        node.op = "Identity";
        node.inputs = {from};
        node.attributes = {};
        return false;
    }

    bool becomes_constant(const PlainNode& node) {
        if (node.integer("block_size", 0) != 0) return false;
        const auto values = stands_for(node, node.input(0), node.input(1), node.input(2));
        if (!values) return false;
        PlainTensor& to = graph_.tensor(node.outputs.front());
        to.dims = graph_.tensor(node.input(0)).dims;
        to.values = *values;
        to.is_constant = true;
        return true;
    }

    /// Stored values by their scales; absent: they are no constant, or the scales are none.
    std::optional<PlainValues> stands_for(const PlainNode& node, PlainTensorId id, PlainTensorId scale,
                                          PlainTensorId zero, std::int64_t usual_axis = 1) {
        if (!graph_.is_constant(id) || !graph_.tensor(id).values || !graph_.tensor(id).dims)
            return std::nullopt;
        const auto scales = scale == kNoPlainTensor ? std::optional(std::vector<double>{1})
                                                    : numbers_of(graph_, scale, kMostPlaces);
        const auto zeros = zero == kNoPlainTensor ? std::optional(std::vector<double>{0})
                                                  : numbers_of(graph_, zero, kMostPlaces);
        if (!scales || scales->empty() || !zeros || zeros->empty()) return std::nullopt;
        if (zeros->size() != 1 && zeros->size() != scales->size())
            fail_at(graph_, node,
                    fmt::format("expected as many zero points as scales, {}, found {}", scales->size(),
                                zeros->size()));
        PlainValues values = *graph_.tensor(id).values;
        Quantisation by{.scales = *scales, .zero_points = {}, .axis = 0};
        std::transform(zeros->begin(), zeros->end(), std::back_inserter(by.zero_points), to_integer);
        const std::size_t rank = graph_.tensor(id).dims->size();
        if (scales->size() > 1)
            by.axis = static_cast<std::size_t>(axis_of(graph_, node, node.integer("axis", usual_axis), rank));
        values.quantisation = std::move(by);
        return values;
    }

    /// An input of an operator on stored values: a constant by its scales, or the map itself.
    PlainTensorId plain_input(const PlainNode& node, PlainTensorId id, PlainTensorId scale,
                              PlainTensorId zero, std::int64_t axis) {
        auto values = stands_for(node, id, scale, zero, axis);
        if (!values) return id;
        PlainTensor made = graph_.tensor(id);
        made.values = std::move(values);
        graph_.tensors.push_back(std::move(made));
        return static_cast<PlainTensorId>(graph_.tensors.size()) - 1;
    }

    /// In whole numbers of the scales of both factors.
    PlainTensorId plain_bias(const PlainNode& node, std::size_t index) {
        const auto of_map = numbers_of(graph_, node.input(1), 1);
        auto scales = numbers_of(graph_, node.input(4), kMostPlaces);
        const PlainTensorId id = node.input(index);
        if (!of_map || of_map->size() != 1 || !scales || !graph_.is_constant(id) || !graph_.tensor(id).values)
            return id;
        for (double& scale : *scales)
            scale *= of_map->front();
        PlainTensor made = graph_.tensor(id);
        made.values->quantisation = Quantisation{.scales = *scales, .zero_points = {0}, .axis = 0};
        graph_.tensors.push_back(std::move(made));
        return static_cast<PlainTensorId>(graph_.tensors.size()) - 1;
    }

    void take(PlainNode& node, const QuantisedOperator& as) {
        std::vector<PlainTensorId> inputs;
        for (const std::size_t i : as.inputs) {
            const bool columns =
                as.plain == "MatMul" || (as.plain == "Gemm" && node.integer("transB", 0) == 0);
            inputs.push_back(
                plain_input(node, node.input(i), node.input(i + 1), node.input(i + 2), columns ? -1 : 0));
        }
        if (as.bias > 0 && node.input(as.bias) != kNoPlainTensor) inputs.push_back(plain_bias(node, as.bias));
        const PlainTensorId zero = node.input(as.scale + 1);
        graph_.tensor(node.outputs.front()).stored = zero != kNoPlainTensor && graph_.tensor(zero).values
                                                         ? graph_.tensor(zero).values->type
                                                         : ElementType::u8;
        node.op = as.plain;
        node.inputs = std::move(inputs);
    }

    /// Scale and zero point of the output, then each part with its own.
    void join(PlainNode& node) {
        std::vector<PlainTensorId> inputs;
        for (std::size_t i = 2; i + 2 < node.inputs.size(); i += 3)
            inputs.push_back(plain_input(node, node.input(i), node.input(i + 1), node.input(i + 2), 0));
        if (inputs.empty()) return;
        graph_.tensor(node.outputs.front()).stored = ElementType::u8;
        node.op = "Concat";
        node.inputs = std::move(inputs);
    }

    /// Of stored values, which scales that are worked out multiply later.
    void take_integers(PlainNode& node) {
        const bool conv = node.op == "ConvInteger";
        node.op = conv ? "Conv" : "MatMul";
        node.inputs = {node.input(0),
                       plain_input(node, node.input(1), kNoPlainTensor, node.input(3), conv ? 0 : -1)};
        graph_.tensor(node.outputs.front()).stored = ElementType::f32;
    }

    PlainGraph& graph_;
    std::vector<PlainTensorId> same_;  ///< by tensor: the one whose values it has
};

}  // namespace

void take_quantisation(PlainGraph& graph) {
    Dequantiser(graph).run();
    remove_unused(graph);
}

}  // namespace mobilenet_cost
