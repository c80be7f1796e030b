#include "mobilenet_cost/import/tflite/file_graph.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <tflite_schema.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/runtime/tflite_file.h"

namespace mobilenet_cost {
namespace {

std::int64_t bytes_of(tflite::TensorType type) {
    switch (type) {
        case tflite::TensorType::INT8:
        case tflite::TensorType::UINT8:
        case tflite::TensorType::BOOL:
            return 1;
        case tflite::TensorType::INT16:
        case tflite::TensorType::FLOAT16:
            return 2;
        case tflite::TensorType::INT32:
        case tflite::TensorType::FLOAT32:
            return 4;
        case tflite::TensorType::INT64:
            return 8;
        default:
            return 0;
    }
}

template <typename Vector>
std::size_t size_of(const Vector* vector) {
    return vector == nullptr ? 0 : vector->size();
}

/// Of a model that read_tflite() has looked at: its numbers of tensors and buffers are ones that there are.
class GraphMaker {
  public:
    explicit GraphMaker(const tflite::Model& model) : model_(model), from_(*model.subgraphs()->Get(0)) {}

    TfliteGraph make() {
        for (const tflite::Tensor* tensor : *from_.tensors())
            add_tensor(*tensor);
        graph_.inputs = ids_of(from_.inputs());
        graph_.outputs = ids_of(from_.outputs());
        for (const tflite::Operator* node : *from_.operators())
            add_node(*node);
        if (model_.subgraphs()->size() > 1) stop("more than one graph");
        return std::move(graph_);
    }

    [[nodiscard]] const std::string& obstacle() const { return obstacle_; }

  private:
    void stop(const std::string& found) {
        if (obstacle_.empty()) obstacle_ = found;
    }

    static std::vector<std::size_t> ids_of(const flatbuffers::Vector<std::int32_t>* from) {
        std::vector<std::size_t> ids;
        for (flatbuffers::uoffset_t i = 0; i < size_of(from); ++i)
            if (from->Get(i) >= 0) ids.push_back(static_cast<std::size_t>(from->Get(i)));
        return ids;
    }

    void add_tensor(const tflite::Tensor& from) {
        TfliteTensor tensor;
        tensor.rank = static_cast<std::int64_t>(size_of(from.shape()));
        tensor.elements = 1;
        for (flatbuffers::uoffset_t i = 0; i < size_of(from.shape()); ++i)
            tensor.elements =
                checked_multiply(tensor.elements, std::max<std::int32_t>(from.shape()->Get(i), 0));
        if (tensor.rank > 0)
            tensor.channels = std::max<std::int32_t>(from.shape()->Get(from.shape()->size() - 1), 0);
        tensor.bytes = checked_multiply(tensor.elements, bytes_of(from.type()));
        tensor.scales = from.quantization() == nullptr
                            ? 0
                            : static_cast<std::int64_t>(size_of(from.quantization()->scale()));
        const tflite::Buffer* buffer =
            from.buffer() < size_of(model_.buffers()) ? model_.buffers()->Get(from.buffer()) : nullptr;
        const bool stored = buffer != nullptr && (size_of(buffer->data()) > 0 || buffer->offset() > 1);
        if (stored) tensor.content = tensor.scales > 0 ? TfliteContent::weights : TfliteContent::settings;
        if (from.is_variable()) stop("a variable");
        if (bytes_of(from.type()) == 0) stop(tflite::EnumNameTensorType(from.type()));
        graph_.tensors.push_back(tensor);
    }

    void add_node(const tflite::Operator& from) {
        const tflite::OperatorCode& code = *model_.operator_codes()->Get(from.opcode_index());
        const auto builtin = std::max(code.builtin_code(),
                                      static_cast<tflite::BuiltinOperator>(code.deprecated_builtin_code()));
        const std::string name = tflite::EnumNameBuiltinOperator(builtin);
        const auto& names = kEnumNames<TfliteOperator>;
        const auto* const found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) return stop(name.empty() ? "an operator without a name" : name);
        TfliteNode node{static_cast<TfliteOperator>(found - names.begin()), ids_of(from.inputs()),
                        ids_of(from.outputs())};
        check_node(node, name, from);
        graph_.nodes.push_back(std::move(node));
    }

    /// What the sizes of the runtime's structures are read from.
    void check_node(const TfliteNode& node, const std::string& name, const tflite::Operator& from) {
        const bool has_filter = node.code == TfliteOperator::conv_2d ||
                                node.code == TfliteOperator::depthwise_conv_2d ||
                                node.code == TfliteOperator::fully_connected;
        if (node.inputs.empty() || node.outputs.empty()) return stop(name + " without an input");
        if ((has_filter || node.code == TfliteOperator::mean) && node.inputs.size() < 2)
            return stop(name + " with one input");
        if (has_filter && type_of(from, 0) != tflite::TensorType::INT8)
            stop(fmt::format("{} that reads {}", name, tflite::EnumNameTensorType(type_of(from, 0))));
        if (has_filter && graph_.tensors[node.inputs[1]].scales == 0) stop(name + " without scales");
    }

    [[nodiscard]] tflite::TensorType type_of(const tflite::Operator& from,
                                             flatbuffers::uoffset_t input) const {
        const std::int32_t id = from.inputs()->Get(input);
        return id < 0 ? tflite::TensorType::FLOAT32
                      : from_.tensors()->Get(static_cast<flatbuffers::uoffset_t>(id))->type();
    }

    const tflite::Model& model_;
    const tflite::SubGraph& from_;
    TfliteGraph graph_;
    std::string obstacle_;
};

class FileWeights : public ImportedWeights, public TfliteFile {
  public:
    FileWeights(std::shared_ptr<const ImportedWeights> weights, std::string_view bytes)
        : weights_(std::move(weights)), bytes_(static_cast<std::int64_t>(bytes.size())) {
        GraphMaker maker(*tflite::GetModel(bytes.data()));
        graph_ = maker.make();
        obstacle_ = maker.obstacle();
    }

    [[nodiscard]] std::optional<Weights> of(const Network& network) const override {
        return weights_->of(network);
    }
    [[nodiscard]] const TfliteGraph& graph() const override { return graph_; }
    [[nodiscard]] std::int64_t bytes() const override { return bytes_; }
    [[nodiscard]] const std::string& obstacle() const override { return obstacle_; }

  private:
    std::shared_ptr<const ImportedWeights> weights_;
    std::int64_t bytes_ = 0;
    TfliteGraph graph_;
    std::string obstacle_;
};

}  // namespace

std::shared_ptr<const ImportedWeights> with_file_graph(std::shared_ptr<const ImportedWeights> weights,
                                                       std::string_view bytes) {
    return std::make_shared<const FileWeights>(std::move(weights), bytes);
}

}  // namespace mobilenet_cost
