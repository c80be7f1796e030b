// The plug-in that reads TensorFlow Lite's files with what flatc makes of tflite_schema.fbs.

#include "mobilenet_cost/import/tflite/reader.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/import/import_model.h"
#include "mobilenet_cost/import/mapped_file.h"
#include "mobilenet_cost/import/tflite/file_graph.h"
#include "mobilenet_cost/import/tflite/operators.h"
#include "mobilenet_cost/import/tflite/sparse.h"

namespace mobilenet_cost {
namespace {

static_assert(std::endian::native == std::endian::little, "a model's data are little-endian");

constexpr flatbuffers::uoffset_t kDeepestTable = 16;
constexpr flatbuffers::uoffset_t kMostTables = 4'000'000;

ElementType element_type(tflite::TensorType type) {
    switch (type) {
        case tflite::TensorType::FLOAT32:
            return ElementType::f32;
        case tflite::TensorType::FLOAT16:
            return ElementType::f16;
        case tflite::TensorType::BFLOAT16:
            return ElementType::bf16;
        case tflite::TensorType::FLOAT64:
            return ElementType::f64;
        case tflite::TensorType::INT4:
            return ElementType::i4;
        case tflite::TensorType::INT8:
            return ElementType::i8;
        case tflite::TensorType::UINT8:
            return ElementType::u8;
        case tflite::TensorType::INT16:
            return ElementType::i16;
        case tflite::TensorType::UINT16:
            return ElementType::u16;
        case tflite::TensorType::INT32:
            return ElementType::i32;
        case tflite::TensorType::UINT32:
            return ElementType::u32;
        case tflite::TensorType::INT64:
            return ElementType::i64;
        case tflite::TensorType::UINT64:
            return ElementType::u64;
        case tflite::TensorType::BOOL:
            return ElementType::boolean;
        default:
            return ElementType::other;
    }
}

/// Number of a vector that may be absent.
template <typename Vector>
std::size_t size_of(const Vector* vector) {
    return vector == nullptr ? 0 : vector->size();
}

class GraphReader {
  public:
    GraphReader(std::shared_ptr<const void> keeper, std::string_view bytes, const tflite::Model& model,
                const std::filesystem::path& path)
        : keeper_(std::move(keeper)), bytes_(bytes), model_(model) {
        graph_.file = path.string();
        graph_.layout = PlainLayout::nhwc;
    }

    PlainGraph read() {
        if (size_of(model_.subgraphs()) == 0) fail(graph_.file, "expected a model with a graph, found none");
        const tflite::SubGraph& graph = *model_.subgraphs()->Get(0);
        check_counts(graph);
        if (graph.name() != nullptr) graph_.name = graph.name()->str();
        for (const tflite::Tensor* tensor : *graph.tensors())
            add_tensor(*tensor);
        graph_.inputs = ids_of(graph.inputs(), "the graph's inputs");
        for (const PlainTensorId id : graph_.inputs)
            if (!graph_.is_constant(id)) graph_.tensor(id).dims = graph_.tensor(id).declared;
        graph_.outputs = ids_of(graph.outputs(), "the graph's outputs");
        for (const tflite::Operator* node : *graph.operators())
            add_operator(*node);
        return std::move(graph_);
    }

  private:
    void check_counts(const tflite::SubGraph& graph) const {
        const auto check = [this](const char* what, std::size_t found, std::size_t most) {
            check_some(graph_, what, found);
            check_most(graph_, what, found, most);
        };
        check("operators", size_of(graph.operators()), kMostPlainNodes);
        check("tensors", size_of(graph.tensors()), kMostPlainTensors);
        check("outputs", size_of(graph.outputs()), kMostPlainTensors);
    }

    /// Lists and names may lie in each other's bytes: a short file could otherwise say very many.
    void spend(std::size_t values) {
        constexpr std::size_t kMostValues = std::size_t{1} << 25;
        spent_ += values;
        if (spent_ > kMostValues)
            fail(graph_.file, fmt::format("expected names and lists of at most {} values in all, found more",
                                          kMostValues));
    }

    std::vector<PlainTensorId> ids_of(const flatbuffers::Vector<std::int32_t>* from, const char* what,
                                      PlainTensorId least = 0) {
        std::vector<PlainTensorId> ids;
        spend(size_of(from));
        for (std::size_t i = 0; i < size_of(from); ++i) {
            const std::int32_t id = from->Get(static_cast<flatbuffers::uoffset_t>(i));
            if (id < least || id >= static_cast<std::int64_t>(graph_.tensors.size()))
                fail(graph_.file, fmt::format("{}: expected a tensor from 0 to {}, found {}", what,
                                              graph_.tensors.size() - 1, id));
            ids.push_back(id);
        }
        return ids;
    }

    void add_tensor(const tflite::Tensor& from) {
        PlainTensor& to = graph_.tensors.emplace_back();
        const std::string_view name =
            from.name() == nullptr ? std::string_view() : from.name()->string_view();
        check_name(graph_, "a tensor", name);
        spend(name.size());
        to.name = name.empty() ? fmt::format("#{}", graph_.tensors.size() - 1) : std::string(name);
        const Dims dims = dims_of(to, from.shape());
        const Dims open = dims_of(to, from.shape_signature());
        to.declared = open.size() == dims.size() ? open : dims;
        to.stored = element_type(from.type());
        set_values(from, dims, to);
    }

    Dims dims_of(const PlainTensor& tensor, const flatbuffers::Vector<std::int32_t>* from) const {
        check_rank(graph_, tensor, size_of(from));
        Dims dims;
        for (std::size_t i = 0; i < size_of(from); ++i)
            dims.push_back(from->Get(static_cast<flatbuffers::uoffset_t>(i)));
        check_dims(graph_, tensor, dims, -1);
        return dims;
    }

    /// A tensor with data is a constant, and one of no values at all.
    void set_values(const tflite::Tensor& from, const Dims& dims, PlainTensor& to) {
        const std::optional<std::string_view> data = data_of(from, to);
        const bool empty = std::find(dims.begin(), dims.end(), 0) != dims.end();
        if ((!data && !empty) || from.is_variable()) return;
        to.is_constant = true;
        to.dims = dims;
        const std::int64_t count = element_count(graph_, to);
        if (to.stored == ElementType::other) return;  // its values are not known
        PlainValues values;
        values.type = to.stored;
        values.keeper = keeper_;
        values.bytes = data.value_or(std::string_view());
        if (from.sparsity() != nullptr) {
            if (stored_size(to.stored, 2) != 2 * element_size(to.stored)) return;
            spend(static_cast<std::size_t>(count));
            values =
                values_of_bytes(to.stored, dense_values(graph_, to, *from.sparsity(), values.bytes,
                                                        static_cast<std::size_t>(element_size(to.stored))));
        }
        values.quantisation = quantisation_of(from, to);
        check_bytes(graph_, to, values);
        to.values = std::move(values);
    }

    std::optional<std::string_view> data_of(const tflite::Tensor& from, const PlainTensor& to) const {
        if (from.buffer() == 0 && size_of(model_.buffers()) == 0) return std::nullopt;
        if (from.buffer() >= size_of(model_.buffers()))
            fail_at(graph_, to,
                    fmt::format("expected a buffer below {}, found {}", size_of(model_.buffers()),
                                from.buffer()));
        const tflite::Buffer& buffer = *model_.buffers()->Get(from.buffer());
        if (size_of(buffer.data()) > 0)
            return std::string_view(reinterpret_cast<const char*>(buffer.data()->data()),
                                    buffer.data()->size());
        if (buffer.offset() <= 1) return std::nullopt;
        if (buffer.offset() > bytes_.size() || buffer.size() > bytes_.size() - buffer.offset())
            fail_at(graph_, to,
                    fmt::format("expected data inside the file, found {} bytes at {} of {}", buffer.size(),
                                buffer.offset(), bytes_.size()));
        return bytes_.substr(buffer.offset(), buffer.size());
    }

    std::optional<Quantisation> quantisation_of(const tflite::Tensor& from, const PlainTensor& to) {
        const tflite::QuantizationParameters* by = from.quantization();
        if (by == nullptr || size_of(by->scale()) == 0) return std::nullopt;
        Quantisation result;
        spend(by->scale()->size() + size_of(by->zero_point()));
        result.scales.assign(by->scale()->begin(), by->scale()->end());
        result.zero_points = {0};
        if (size_of(by->zero_point()) > 0)
            result.zero_points.assign(by->zero_point()->begin(), by->zero_point()->end());
        if (result.zero_points.size() != 1 && result.zero_points.size() != result.scales.size())
            fail_at(graph_, to,
                    fmt::format("expected one zero point, or one for each of {} scales, found {}",
                                result.scales.size(), result.zero_points.size()));
        if (by->quantized_dimension() < 0)
            fail_at(graph_, to,
                    fmt::format("expected a quantized_dimension of 0 or more, found {}",
                                by->quantized_dimension()));
        result.axis = static_cast<std::size_t>(by->quantized_dimension());
        return result;
    }

    void add_operator(const tflite::Operator& from) {
        if (from.opcode_index() >= size_of(model_.operator_codes()))
            fail(graph_.file, fmt::format("expected an operator code below {}, found {}",
                                          size_of(model_.operator_codes()), from.opcode_index()));
        const tflite::OperatorCode& code = *model_.operator_codes()->Get(from.opcode_index());
        // The older field has one byte; what it cannot hold stands in the newer one.
        const auto builtin = std::max(code.builtin_code(),
                                      static_cast<tflite::BuiltinOperator>(code.deprecated_builtin_code()));
        PlainNode node{.op = tflite::EnumNameBuiltinOperator(builtin),
                       .name = {},
                       .inputs = ids_of(from.inputs(), "an operator's inputs", kNoPlainTensor),
                       .outputs = ids_of(from.outputs(), "an operator's outputs"),
                       .attributes = {}};
        if (builtin == tflite::BuiltinOperator::CUSTOM && code.custom_code() != nullptr)
            node.op = code.custom_code()->str().substr(0, kLongestPlainName);
        if (node.op.empty()) node.op = fmt::format("operator {}", static_cast<std::int32_t>(builtin));
        if (node.outputs.empty()) fail_at(graph_, node, "expected an output, found none");
        // The converter joins the names of what it has folded by semicolons; the last operation's is the
        // first.
        const std::string& written = graph_.tensor(node.outputs.front()).name;
        node.name = written.substr(0, written.find(';'));
        add_tflite_operator(graph_, from, builtin, std::move(node));
    }

    std::shared_ptr<const void> keeper_;
    std::string_view bytes_;
    const tflite::Model& model_;
    PlainGraph graph_;
    std::size_t spent_ = 0;
};

ImportedModel import_tflite(const std::filesystem::path& path, const ImportRequest& wanted) {
    constexpr std::int64_t kMostBytes = std::int64_t{1} << 36;
    const auto file = std::make_shared<const MappedFile>(path, "a TensorFlow Lite model", kMostBytes);
    ImportedModel model = import_graph(read_tflite(file, file->bytes(), path), wanted);
    model.weights = with_file_graph(std::move(model.weights), file->bytes());
    return model;
}

}  // namespace

PlainGraph read_tflite(std::shared_ptr<const void> keeper, std::string_view bytes,
                       const std::filesystem::path& path) {
    // What lies behind the largest flatbuffer is data alone.
    const std::size_t size = std::min<std::size_t>(bytes.size(), FLATBUFFERS_MAX_BUFFER_SIZE - 1);
    const auto* const data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    flatbuffers::Verifier verifier(data, size, kDeepestTable, kMostTables);
    if (!tflite::VerifyModelBuffer(verifier))
        fail(path.string(),
             "expected a TensorFlow Lite model, found bytes that are none (another format, or a part of a "
             "file)");
    return GraphReader(std::move(keeper), bytes, *tflite::GetModel(data), path).read();
}

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::ImportModel mobilenet_cost_import(
    int importer_interface) {
    return importer_interface == mobilenet_cost::kImporterInterface ? mobilenet_cost::import_tflite : nullptr;
}
