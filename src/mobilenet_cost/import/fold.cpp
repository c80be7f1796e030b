#include "mobilenet_cost/import/fold.h"

#include <algorithm>
#include <cmath>

#include "mobilenet_cost/import/axes.h"
#include "mobilenet_cost/import/window.h"

namespace mobilenet_cost {
namespace {

bool is_near(double value, double expected) {
    constexpr double kTolerance = 1e-3;  // files round 1/6 to 0.16667, or to f16
    return std::abs(value - expected) <= kTolerance * std::max(1.0, std::abs(expected));
}

constexpr int kDeepest = 4;  // nodes behind each other of one activation

/// A linear function of a tensor: factor * x + offset.
struct Linear {
    PlainTensorId of = kNoPlainTensor;
    double factor = 1;
    double offset = 0;
};

class Folder {
  public:
    explicit Folder(PlainGraph& graph)
        : graph_(graph),
          readers_(count_readers(graph)),
          writers_(graph.tensors.size(), -1),
          last_readers_(writers_) {
        const auto set = [](std::vector<std::int32_t>& of, const std::vector<PlainTensorId>& ids,
                            std::size_t i) {
            for (const PlainTensorId id : ids)
                if (id != kNoPlainTensor) of[static_cast<std::size_t>(id)] = static_cast<std::int32_t>(i);
        };
        for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
            set(writers_, graph.nodes[i].outputs, i);
            set(last_readers_, graph.nodes[i].inputs, i);
        }
    }

    void activations() {
        for (PlainNode& node : graph_.nodes) {
            if (node.op == "Mul" || node.op == "Div") {
                fold_product(node);
            } else if (node.op == "Clip") {
                fold_clip(node);
            }
        }
    }

    /// An InstanceNormalization of groups, between two Reshapes, that has no values of its own.
    void group_norms() {
        for (PlainNode& node : graph_.nodes) {
            if (node.op != "Reshape") continue;
            const PlainNode* norm = writer_of(node.input(0), "InstanceNormalization");
            const PlainNode* groups = norm == nullptr ? nullptr : writer_of(norm->input(0), "Reshape");
            if (groups == nullptr || !only_reader_of(norm->outputs.front())) continue;
            const auto& before = graph_.tensor(groups->input(0)).dims;
            if (!before || before != graph_.tensor(node.outputs.front()).dims ||
                !all_are(norm->input(1), 1) || !all_are(norm->input(2), 0))
                continue;
            PlainNode made = {.op = "GroupNormalization",
                              .name = norm->name,
                              .inputs = {groups->input(0)},
                              .outputs = node.outputs,
                              .attributes = {{"num_groups", graph_.tensor(norm->input(1)).dims->front()}}};
            node = std::move(made);
            take_factors_and_biases(node);
        }
    }

    /// (x - mean) / sqrt(mean of squares + epsilon).
    void layer_norms() {
        for (PlainNode& node : graph_.nodes) {
            if (node.op != "Div" || node.inputs.size() != 2) continue;
            const PlainTensorId centred = node.input(0);
            const PlainNode* root = writer_of(node.input(1), "Sqrt");
            const PlainNode* difference = writer_of(centred, "Sub");
            if (root == nullptr || difference == nullptr) continue;
            const PlainNode* mean = writer_of(difference->input(1), "ReduceMean");
            const PlainNode* variance = writer_of(linear(root->input(0)).of, "ReduceMean");
            if (mean == nullptr || variance == nullptr || mean->input(0) != difference->input(0)) continue;
            const PlainNode* square = writer_of(variance->input(0));
            const bool squares = square != nullptr && square->input(0) == centred &&
                                 ((square->op == "Pow" && scalar(square->input(1)) == 2.0) ||
                                  (square->op == "Mul" && square->input(1) == centred));
            if (!squares) continue;
            node.op = "LayerNormalization";
            node.inputs = {difference->input(0)};
            node.attributes = {};
            take_factors_and_biases(node);
        }
    }

    void pads() {
        for (PlainNode& node : graph_.nodes) {
            if (node.op != "Conv" || node.text("auto_pad", "NOTSET") != "NOTSET") continue;
            const PlainNode* pad = writer_of(node.input(0));
            if (pad == nullptr || pad->op != "Pad" || !pads_zeros(*pad)) continue;
            add_pads(*pad, node);
        }
    }

  private:
    [[nodiscard]] const PlainNode* writer_of(PlainTensorId id) const {
        if (id == kNoPlainTensor || writers_[static_cast<std::size_t>(id)] < 0) return nullptr;
        return &graph_.nodes[static_cast<std::size_t>(writers_[static_cast<std::size_t>(id)])];
    }
    [[nodiscard]] const PlainNode* writer_of(PlainTensorId id, const char* op) const {
        const PlainNode* node = writer_of(id);
        return node != nullptr && node->op == op ? node : nullptr;
    }

    /// The node that alone reads a tensor.
    [[nodiscard]] PlainNode* only_reader_of(PlainTensorId id) {
        const std::int32_t reader = last_readers_[static_cast<std::size_t>(id)];
        const bool one = readers_[static_cast<std::size_t>(id)] == 1 && reader >= 0;
        return one ? &graph_.nodes[static_cast<std::size_t>(reader)] : nullptr;
    }

    [[nodiscard]] bool all_are(PlainTensorId id, double value) const {
        constexpr std::int64_t kMost = 1 << 16;
        if (!graph_.is_constant(id)) return false;
        const auto numbers = numbers_of(graph_, id, kMost);
        return numbers && !numbers->empty() &&
               std::all_of(numbers->begin(), numbers->end(), [&](double number) { return number == value; });
    }

    /// The constant with more than one value that a node of two inputs joins to what `of` writes.
    [[nodiscard]] PlainTensorId joined_constant(const PlainNode* node, const char* op,
                                                PlainTensorId of) const {
        if (node == nullptr || node->op != op || node->inputs.size() != 2) return kNoPlainTensor;
        const PlainTensorId other = node->inputs[node->inputs[0] == of ? 1 : 0];
        if (!graph_.is_constant(other) || !graph_.tensor(other).dims ||
            graph_.tensor(node->outputs.front()).dims != graph_.tensor(of).dims)
            return kNoPlainTensor;
        return element_count(graph_, graph_.tensor(other)) > 1 ? other : kNoPlainTensor;
    }

    /// Factors behind a norm, and biases behind those, are the norm's own; the nodes that have them write
    /// what nothing reads.
    void take_factors_and_biases(PlainNode& norm) {
        PlainNode* const product = only_reader_of(norm.outputs.front());
        const PlainTensorId factors = joined_constant(product, "Mul", norm.outputs.front());
        if (factors == kNoPlainTensor) return;
        PlainNode* const sum = only_reader_of(product->outputs.front());
        const PlainTensorId biases = joined_constant(sum, "Add", product->outputs.front());
        norm.inputs.push_back(factors);
        if (biases != kNoPlainTensor) norm.inputs.push_back(biases);
        PlainNode& last = biases != kNoPlainTensor ? *sum : *product;
        const std::string name = last.name;
        const std::vector<PlainTensorId> outputs = last.outputs;
        last = norm;
        last.outputs = outputs;
        last.name = name;
        writers_[static_cast<std::size_t>(outputs.front())] =
            static_cast<std::int32_t>(&last - graph_.nodes.data());
    }

    /// The only value of a constant.
    [[nodiscard]] std::optional<double> scalar(PlainTensorId id) const {
        const auto numbers = numbers_of(graph_, id, 1);
        return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
    }

    /// x, or x and constants that are added to it and multiplied with it, one after another.
    [[nodiscard]] Linear linear(PlainTensorId id, int depth = 0) const {
        const PlainNode* node = writer_of(id);
        if (node == nullptr || node->inputs.size() != 2 || depth == kDeepest) return {id, 1, 0};
        const bool first = graph_.is_constant(node->input(0));
        const auto constant = scalar(node->input(first ? 0 : 1));
        if (!constant || (first && node->op != "Add" && node->op != "Mul")) return {id, 1, 0};
        const auto of = [&] { return linear(node->input(first ? 1 : 0), depth + 1); };
        if (node->op == "Add") return shifted(of(), *constant);
        if (node->op == "Sub") return shifted(of(), -*constant);
        if (node->op == "Mul") return scaled(of(), *constant);
        if (node->op == "Div" && *constant != 0) return scaled(of(), 1 / *constant);
        return {id, 1, 0};
    }
    static Linear shifted(Linear linear, double by) {
        linear.offset += by;
        return linear;
    }
    static Linear scaled(Linear linear, double by) {
        return {linear.of, linear.factor * by, linear.offset * by};
    }

    /// Limits of a Clip; absent: they are not known.
    [[nodiscard]] std::optional<std::pair<double, double>> limits(const PlainNode& node) const {
        const auto low = clip_limit(graph_, node, "min", 1, -INFINITY);
        const auto high = clip_limit(graph_, node, "max", 2, INFINITY);
        if (!low || !high) return std::nullopt;
        return std::pair(*low, *high);
    }

    [[nodiscard]] bool clips(const PlainNode& node, double low, double high) const {
        const auto found = limits(node);
        return found && is_near(found->first, low) && is_near(found->second, high);
    }

    /// The factors of a product of nodes that nothing else reads, its constants and divisors multiplied.
    struct Product {
        std::vector<PlainTensorId> factors;
        double constant = 1;
    };
    void collect(const PlainNode& node, Product& product, int depth = 0) const {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const PlainTensorId id = node.inputs[i];
            const bool divisor = node.op == "Div" && i == 1;
            const auto constant = scalar(id);
            if (constant && (!divisor || *constant != 0)) {
                product.constant *= divisor ? 1 / *constant : *constant;
                continue;
            }
            const PlainNode* writer = divisor || id == kNoPlainTensor ? nullptr : writer_of(id);
            const bool inner = writer != nullptr && (writer->op == "Mul" || writer->op == "Div") &&
                               readers_[static_cast<std::size_t>(id)] == 1;
            if (inner && depth < kDeepest) {
                collect(*writer, product, depth + 1);
            } else {
                product.factors.push_back(divisor ? kNoPlainTensor : id);
            }
        }
    }

    /// Clip(x + 3, 0, 6).
    [[nodiscard]] std::optional<PlainTensorId> six_steps(PlainTensorId id) const {
        const PlainNode* clip = writer_of(id, "Clip");
        if (clip == nullptr || !clips(*clip, 0, 6)) return std::nullopt;
        const Linear argument = linear(clip->input(0));
        if (!is_near(argument.factor, 1) || !is_near(argument.offset, 3)) return std::nullopt;
        return argument.of;
    }

    void fold_product(PlainNode& node) {
        Product product;
        collect(node, product);
        if (product.factors.size() == 1) {
            const auto of = six_steps(product.factors[0]);
            if (of && is_near(product.constant, 1.0 / 6)) become_hard_sigmoid(node, *of, 1.0 / 6, 0.5);
        }
        if (product.factors.size() != 2) return;
        for (const std::size_t gate : {0U, 1U}) {
            const PlainTensorId of = product.factors[1 - gate];
            const std::string kind = gated(of, product.factors[gate], product.constant);
            if (kind.empty()) continue;
            node.op = "Activation";
            node.inputs = {of};
            node.attributes = {{"kind", kind}};
            return;
        }
    }

    /// What constant * x * gate(x) is; empty: nothing that is known.
    [[nodiscard]] std::string gated(PlainTensorId of, PlainTensorId gate, double constant) const {
        const PlainNode* node = writer_of(gate);
        if (of == kNoPlainTensor || node == nullptr) return {};
        if (node->op == "Sigmoid" && node->input(0) == of && is_near(constant, 1)) return "swish";
        if (node->op == "HardSigmoid" && node->input(0) == of && is_near(constant, 1) &&
            is_near(node->number("alpha", 0.2), 1.0 / 6) && is_near(node->number("beta", 0.5), 0.5))
            return "hard_swish";
        if (six_steps(gate) == of && is_near(constant, 1.0 / 6)) return "hard_swish";
        return is_error_gate(*node, of) && is_near(constant, 0.5) ? "gelu" : "";
    }

    /// 1 + Erf(x / sqrt 2).
    [[nodiscard]] bool is_error_gate(const PlainNode& node, PlainTensorId of) const {
        const Linear sum = linear(node.outputs.front());
        const PlainNode* error = writer_of(sum.of, "Erf");
        if (error == nullptr || !is_near(sum.factor, 1) || !is_near(sum.offset, 1)) return false;
        const Linear argument = linear(error->input(0));
        return argument.of == of && is_near(argument.factor, std::sqrt(0.5)) && is_near(argument.offset, 0);
    }

    void fold_clip(PlainNode& node) {
        if (!clips(node, 0, 1)) return;
        const Linear argument = linear(node.input(0));
        if (argument.of != node.input(0))
            become_hard_sigmoid(node, argument.of, argument.factor, argument.offset);
    }

    static void become_hard_sigmoid(PlainNode& node, PlainTensorId of, double alpha, double beta) {
        node.op = "HardSigmoid";
        node.inputs = {of};
        node.attributes = {{"alpha", alpha}, {"beta", beta}};
    }

    /// Around the sides of a map alone.
    [[nodiscard]] bool pads_zeros(const PlainNode& pad) const {
        if (pad.text("mode", "constant") != "constant" || pad.number("value", 0) != 0) return false;
        if (pad.input(2) != kNoPlainTensor && scalar(pad.input(2)) != 0.0) return false;
        const auto pads = pads_of(pad);
        if (!pads || pads->size() % 2 != 0 || pads->size() < 6) return false;
        const std::size_t rank = pads->size() / 2;
        const MapAxes axes = map_axes(graph_.layout, rank);
        for (std::size_t i = 0; i < 2 * rank; ++i) {
            const bool side =
                std::find(axes.spatial.begin(), axes.spatial.end(), i % rank) != axes.spatial.end();
            if ((*pads)[i] < 0 || (!side && (*pads)[i] != 0)) return false;
        }
        return true;
    }

    [[nodiscard]] std::optional<Dims> pads_of(const PlainNode& pad) const {
        return pad.has("pads") ? std::optional(pad.integers("pads", {})) : integers_of(graph_, pad.input(1));
    }

    void add_pads(const PlainNode& pad, PlainNode& conv) const {
        const Dims zeros = *pads_of(pad);
        const std::size_t rank = zeros.size() / 2;
        const MapAxes axes = map_axes(graph_.layout, rank);
        const std::size_t sides = axes.spatial.size();
        Dims pads = conv.integers("pads", Dims(2 * sides, 0));
        if (pads.size() != 2 * sides) return;
        for (std::size_t i = 0; i < sides; ++i) {
            pads[i] += zeros[axes.spatial[i]];
            pads[sides + i] += zeros[rank + axes.spatial[i]];
        }
        conv.attributes["pads"] = pads;
        conv.inputs[0] = pad.input(0);
    }

    PlainGraph& graph_;
    std::vector<std::int32_t> readers_;  ///< by tensor
    std::vector<std::int32_t> writers_;  ///< by tensor; -1: none
    std::vector<std::int32_t> last_readers_;
};

}  // namespace

void fold_activations(PlainGraph& graph) {
    Folder(graph).activations();
}

void fold_layer_norms(PlainGraph& graph) {
    Folder folder(graph);
    folder.layer_norms();
    folder.group_norms();
}

void fold_pads(PlainGraph& graph) {
    Folder(graph).pads();
}

void fold(PlainGraph& graph) {
    fold_activations(graph);
    fold_layer_norms(graph);
    fold_pads(graph);
    remove_unused(graph);
}

}  // namespace mobilenet_cost
