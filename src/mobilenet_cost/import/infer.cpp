#include "mobilenet_cost/import/infer.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/import/constants.h"
#include "mobilenet_cost/import/node_sizes.h"

namespace mobilenet_cost {
namespace {

class Inference {
  public:
    Inference(PlainGraph& graph, const Resolution& wanted)
        : graph_(graph), wanted_(wanted), readers_(count_readers(graph)) {}

    void run() {
        for (const PlainTensorId id : graph_.inputs)
            set_input(graph_.tensor(id));
        std::vector<PlainNode> left;
        for (PlainNode& node : graph_.nodes) {
            if (evaluate(graph_, node)) {
                spend(node);
                continue;
            }
            set_outputs(node);
            if (!is_of_constants(node)) left.push_back(std::move(node));
        }
        graph_.nodes = std::move(left);
    }

  private:
    /// A short file could otherwise say very many values.
    void spend(const PlainNode& node) {
        constexpr std::int64_t kMostValues = std::int64_t{1} << 25;
        const PlainTensor& tensor = graph_.tensor(node.outputs.front());
        if (!tensor.values || tensor.values->keeper.use_count() != 1) return;  // those of another tensor
        evaluated_ += element_count(graph_, tensor);
        if (evaluated_ > kMostValues)
            fail_at(
                graph_, node,
                fmt::format("expected at most {} values of constants to work out, found more", kMostValues));
    }

    /// What is not worked out of constants is a constant without values. Whether there is one.
    [[nodiscard]] bool is_of_constants(const PlainNode& node) {
        for (const PlainTensorId id : node.inputs)
            if (id != kNoPlainTensor && !graph_.is_constant(id)) return false;
        for (const PlainTensorId id : node.outputs)
            if (id != kNoPlainTensor && !graph_.tensor(id).dims && readers_[static_cast<std::size_t>(id)] > 0)
                return false;
        for (const PlainTensorId id : node.outputs)
            if (id != kNoPlainTensor) graph_.tensor(id).is_constant = true;
        return true;
    }

    void set_input(PlainTensor& tensor) {
        if (tensor.is_constant) return;
        if (!tensor.dims) fail_at(graph_, tensor, "expected an input with a shape, found none");
        Dims& dims = *tensor.dims;
        const bool nchw = layout_of(tensor) == PlainLayout::nchw;
        for (std::size_t i = 0; i < dims.size(); ++i) {
            if (dims[i] != -1) continue;
            fixed_ = false;
            if (i == 0) dims[i] = 1;
            if (i == 0 || dims.size() != 4) continue;
            if (wanted_ == Resolution()) continue;
            if (i == (nchw ? 2 : 1)) dims[i] = wanted_.height;
            if (i == (nchw ? 3 : 2)) dims[i] = wanted_.width;
        }
        for (std::size_t i = 0; i < dims.size(); ++i)
            if (dims[i] == -1) fail_open(tensor, i);
    }

    [[nodiscard]] PlainLayout layout_of(const PlainTensor& input) const {
        return input_layout(graph_, static_cast<PlainTensorId>(&input - graph_.tensors.data()));
    }

    [[noreturn]] void fail_open(const PlainTensor& tensor, std::size_t open) const {
        const std::string symbol = open < tensor.symbols.size() ? tensor.symbols[open] : "";
        const std::string called =
            symbol.empty() || symbol == "?" ? "" : fmt::format(" ({})", in_quotes(symbol));
        const bool side =
            tensor.dims->size() == 4 && open != (layout_of(tensor) == PlainLayout::nchw ? 1U : 3U);
        fail(graph_.file, fmt::format("input {} has no fixed {}: dimension {}{} of {} is open{}",
                                      in_quotes(tensor.name), side ? "height and width" : "shape", open,
                                      called, dims_text(*tensor.dims), side ? ", say --res HxW" : ""));
    }

    void set_outputs(const PlainNode& node) {
        const auto sizes = node_sizes(graph_, node);
        for (std::size_t i = 0; i < node.outputs.size(); ++i) {
            if (node.outputs[i] == kNoPlainTensor) continue;
            PlainTensor& tensor = graph_.tensor(node.outputs[i]);
            if (sizes && i < sizes->size()) {
                tensor.dims = (*sizes)[i];
                check_declared(node, tensor);
            } else if (tensor.declared) {
                take_declared(tensor);
            }
            if (tensor.dims) (void)element_count(graph_, tensor);
        }
    }

    /// What the file says of an operator that is not known here.
    static void take_declared(PlainTensor& tensor) {
        Dims dims = *tensor.declared;
        if (!dims.empty() && dims[0] == -1) dims[0] = 1;
        if (std::find(dims.begin(), dims.end(), -1) == dims.end()) tensor.dims = dims;
    }

    void check_declared(const PlainNode& node, const PlainTensor& tensor) const {
        if (!fixed_ || !tensor.declared) return;
        bool same = tensor.declared->size() == tensor.dims->size();
        for (std::size_t i = 0; same && i < tensor.dims->size(); ++i)
            same = (*tensor.declared)[i] == -1 || (*tensor.declared)[i] == (*tensor.dims)[i];
        if (!same)
            fail_at(
                graph_, node,
                fmt::format("expected {} to be {}, as follows from its inputs, found {} declared",
                            in_quotes(tensor.name), dims_text(*tensor.dims), dims_text(*tensor.declared)));
    }

    PlainGraph& graph_;
    const Resolution& wanted_;
    std::vector<std::int32_t> readers_;  ///< by tensor
    std::int64_t evaluated_ = 0;
    bool fixed_ = true;  ///< the file says every size of its inputs
};

}  // namespace

namespace {

/// Whether an operator reads its input of that index as weights.
bool is_parameter(const PlainGraph& graph, const PlainNode& node, std::size_t index) {
    if (index == 0) return false;
    const auto& sizes = graph.tensor(node.inputs[index]).dims;
    const bool of_channels = sizes && sizes->size() == 3 && (*sizes)[1] == 1 && (*sizes)[2] == 1;
    if (node.op == "Mul" || node.op == "Add") return of_channels;
    static const std::set<std::string> ops = {"Conv", "ConvTranspose", "Gemm", "BatchNormalization", "PRelu"};
    return ops.contains(node.op);
}

}  // namespace

void take_open_parameters(PlainGraph& graph) {
    std::vector<bool> read(graph.tensors.size(), false);
    std::vector<bool> variable(graph.tensors.size(), false);
    for (const PlainNode& node : graph.nodes) {
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            if (node.inputs[i] == kNoPlainTensor) continue;
            read[static_cast<std::size_t>(node.inputs[i])] = true;
            if (!is_parameter(graph, node, i)) variable[static_cast<std::size_t>(node.inputs[i])] = true;
        }
    }
    std::erase_if(graph.inputs, [&](PlainTensorId id) {
        const auto place = static_cast<std::size_t>(id);
        const auto& sizes = graph.tensor(id).dims;
        const bool known = sizes && std::find(sizes->begin(), sizes->end(), -1) == sizes->end();
        if (read[place] && !variable[place] && known) graph.tensor(id).is_constant = true;
        return !read[place] || graph.tensor(id).is_constant;
    });
}

PlainLayout input_layout(const PlainGraph& graph, PlainTensorId input) {
    static const std::set<std::string> passing = {
        "Cast", "Add", "Sub", "Mul", "Div", "Identity", "BatchNormalization"};
    const bool nchw = graph.layout == PlainLayout::nchw;
    const Dims to_graph = nchw ? Dims{0, 3, 1, 2} : Dims{0, 2, 3, 1};
    for (const PlainNode& node : graph.nodes) {
        if (node.input(0) != input) continue;
        if (node.op == "Transpose" && node.integers("perm", {}) == to_graph)
            return nchw ? PlainLayout::nhwc : PlainLayout::nchw;
        if (!passing.contains(node.op)) break;
        input = node.outputs.front();
    }
    return graph.layout;
}

void infer(PlainGraph& graph, const Resolution& wanted) {
    Inference(graph, wanted).run();
    remove_unused(graph);
}

}  // namespace mobilenet_cost
