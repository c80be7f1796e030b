// The plug-in that reads ONNX files with the format's own library: the classes that protobuf generated from
// onnx.proto (https://github.com/onnx/onnx/blob/main/docs/IR.md).

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/import/import_model.h"
#include "mobilenet_cost/import/mapped_file.h"
#include "mobilenet_cost/import/onnx_file.h"

namespace mobilenet_cost {

namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr int kDeepestMessage = 64;

// Of TensorProto.DataType, younger than the library of Debian.
constexpr std::int32_t kUint4 = 21;
constexpr std::int32_t kInt4 = 22;

ElementType element_type(std::int32_t type) {
    static const std::map<std::int32_t, ElementType> types = {
        {onnx::TensorProto::FLOAT, ElementType::f32},
        {onnx::TensorProto::FLOAT16, ElementType::f16},
        {onnx::TensorProto::BFLOAT16, ElementType::bf16},
        {onnx::TensorProto::DOUBLE, ElementType::f64},
        {onnx::TensorProto::INT8, ElementType::i8},
        {onnx::TensorProto::UINT8, ElementType::u8},
        {onnx::TensorProto::INT16, ElementType::i16},
        {onnx::TensorProto::UINT16, ElementType::u16},
        {onnx::TensorProto::INT32, ElementType::i32},
        {onnx::TensorProto::UINT32, ElementType::u32},
        {onnx::TensorProto::INT64, ElementType::i64},
        {onnx::TensorProto::UINT64, ElementType::u64},
        {onnx::TensorProto::BOOL, ElementType::boolean},
        {kUint4, ElementType::u4},
        {kInt4, ElementType::i4}};
    const auto found = types.find(type);
    return found == types.end() ? ElementType::other : found->second;
}

template <typename Stored, typename Values>
std::string bytes_of(const Values& values) {
    std::string bytes(static_cast<std::size_t>(values.size()) * sizeof(Stored), '\0');
    for (int i = 0; i < values.size(); ++i) {
        const auto stored = static_cast<Stored>(values.Get(i));
        std::memcpy(bytes.data() + static_cast<std::size_t>(i) * sizeof(Stored), &stored, sizeof(Stored));
    }
    return bytes;
}

/// Values that do not stand in raw_data.
std::string typed_bytes(const onnx::TensorProto& tensor, ElementType type) {
    switch (type) {
        case ElementType::f32:
            return bytes_of<float>(tensor.float_data());
        case ElementType::f64:
            return bytes_of<double>(tensor.double_data());
        case ElementType::i64:
            return bytes_of<std::int64_t>(tensor.int64_data());
        case ElementType::u64:
            return bytes_of<std::uint64_t>(tensor.uint64_data());
        case ElementType::u32:
            return bytes_of<std::uint32_t>(tensor.uint64_data());
        case ElementType::i32:
            return bytes_of<std::int32_t>(tensor.int32_data());
        default:  // the lower bits of an int32
            return element_size(type) == 2 ? bytes_of<std::uint16_t>(tensor.int32_data())
                                           : bytes_of<std::uint8_t>(tensor.int32_data());
    }
}

class GraphReader {
  public:
    GraphReader(const std::filesystem::path& path, onnx::ModelProto& model) : path_(path), model_(model) {
        graph_.file = path.string();
    }

    PlainGraph read() {
        onnx::GraphProto& graph = *model_.mutable_graph();
        graph_.name = graph.name();
        check_counts(graph);
        for (onnx::TensorProto& tensor : *graph.mutable_initializer())
            add_constant(name_of(tensor.name(), "an initializer"), tensor);
        for (const onnx::SparseTensorProto& tensor : graph.sparse_initializer())
            fail(graph_.file, fmt::format("initializer {}: expected a dense tensor, found a sparse one",
                                          in_quotes(tensor.values().name())));
        for (const onnx::ValueInfoProto& input : graph.input())
            add_input(input);
        for (onnx::NodeProto& node : *graph.mutable_node())
            add_node(node);
        for (const onnx::ValueInfoProto& value : graph.value_info())
            declare(value);
        for (const onnx::ValueInfoProto& output : graph.output()) {
            declare(output);
            graph_.outputs.push_back(id_of(output.name(), "an output"));
        }
        return std::move(graph_);
    }

  private:
    void check_counts(const onnx::GraphProto& graph) const {
        const auto size = [](int count) { return static_cast<std::size_t>(count); };
        check_most(graph_, "nodes", size(graph.node_size()), kMostPlainNodes);
        check_most(graph_, "initializers", size(graph.initializer_size()), kMostPlainTensors);
        check_most(graph_, "inputs", size(graph.input_size()), kMostPlainTensors);
        check_most(graph_, "outputs", size(graph.output_size()), kMostPlainTensors);
        check_some(graph_, "nodes", size(graph.node_size()));
        check_some(graph_, "outputs", size(graph.output_size()));
    }

    const std::string& name_of(const std::string& name, const char* what) const {
        check_name(graph_, what, name);
        return name;
    }

    PlainTensorId id_of(const std::string& name, const char* what) {
        const auto [found, added] =
            ids_.try_emplace(name_of(name, what), static_cast<PlainTensorId>(graph_.tensors.size()));
        if (added) graph_.tensors.emplace_back().name = name;
        check_most(graph_, "tensors", graph_.tensors.size(), 4 * kMostPlainTensors);
        return found->second;
    }

    void add_constant(const std::string& name, onnx::TensorProto& tensor) {
        const PlainTensorId id = id_of(name, "an initializer");
        set_constant(graph_.tensor(id), tensor);
    }

    void set_constant(PlainTensor& to, onnx::TensorProto& tensor) const {
        if (to.is_constant)
            fail(graph_.file, fmt::format("tensor {}: expected one initializer of that name, found another",
                                          in_quotes(to.name)));
        to.is_constant = true;
        to.dims = Dims(tensor.dims().begin(), tensor.dims().end());
        check_dims(graph_, to, *to.dims, 0);
        const ElementType type = element_type(tensor.data_type());
        PlainValues values;
        values.type = type;
        if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
            values.external = external_of(to, tensor);
        } else if (tensor.has_raw_data()) {
            values = values_of_bytes(type, std::move(*tensor.mutable_raw_data()));
        } else if (type != ElementType::other) {
            values = values_of_bytes(type, typed_bytes(tensor, type));
        }
        check_bytes(graph_, to, values);
        to.values = std::move(values);
    }

    /// Beside the file that is read: a path in it leads nowhere else.
    ExternalValues external_of(const PlainTensor& tensor, const onnx::TensorProto& proto) const {
        std::string location;
        ExternalValues external;
        for (const onnx::StringStringEntryProto& entry : proto.external_data()) {
            if (entry.key() == "location") location = entry.value();
            if (entry.key() == "offset") external.offset = std::strtoll(entry.value().c_str(), nullptr, 10);
        }
        const std::filesystem::path relative(location);
        const bool leads_out =
            std::any_of(relative.begin(), relative.end(), [](const auto& part) { return part == ".."; });
        if (location.empty() || location.size() > kLongestPlainName || relative.is_absolute() || leads_out ||
            external.offset < 0)
            fail_at(graph_, tensor,
                    fmt::format("expected external data in a file beside this one, found {} at {}",
                                in_quotes(location), external.offset));
        external.file = path_.parent_path() / relative;
        std::error_code absent;
        const auto real = std::filesystem::canonical(external.file, absent);
        const auto folder =
            std::filesystem::canonical(std::filesystem::absolute(path_).parent_path(), absent);
        if (!absent &&
            std::mismatch(folder.begin(), folder.end(), real.begin(), real.end()).first != folder.end())
            fail_at(graph_, tensor,
                    fmt::format("expected external data in a file beside this one, found a link to {}",
                                abridged(real.string())));
        return external;
    }

    /// Without a type, or of no tensor: nothing.
    struct Declared {
        std::optional<Dims> dims;
        std::vector<std::string> symbols;
    };

    Declared declared(const onnx::ValueInfoProto& value) const {
        if (!value.type().has_tensor_type() || !value.type().tensor_type().has_shape()) return {};
        Declared result{.dims = Dims(), .symbols = {}};
        for (const auto& dim : value.type().tensor_type().shape().dim()) {
            const bool known = dim.has_dim_value() && dim.dim_value() != -1 && dim.dim_value() != 0;
            result.dims->push_back(known ? dim.dim_value() : -1);
            result.symbols.push_back(dim.has_dim_param() ? dim.dim_param() : "");
        }
        PlainTensor named;
        named.name = value.name();
        check_dims(graph_, named, *result.dims, -1);
        return result;
    }

    void add_input(const onnx::ValueInfoProto& input) {
        const PlainTensorId id = id_of(input.name(), "an input");
        PlainTensor& tensor = graph_.tensor(id);
        if (tensor.is_constant) return;  // up to IR version 3 every initializer is an input, too
        Declared found = declared(input);
        tensor.dims = std::move(found.dims);
        tensor.symbols = std::move(found.symbols);
        graph_.inputs.push_back(id);
    }

    void declare(const onnx::ValueInfoProto& value) {
        if (!ids_.contains(value.name())) return;
        PlainTensor& tensor = graph_.tensor(ids_[value.name()]);
        if (!tensor.is_constant) tensor.declared = declared(value).dims;
    }

    void add_node(onnx::NodeProto& from) {
        const bool own = from.domain().empty() || from.domain() == "ai.onnx";
        PlainNode node{.op = own ? from.op_type() : from.domain() + "." + from.op_type(),
                       .name = name_of(from.name(), "a node"),
                       .inputs = {},
                       .outputs = {},
                       .attributes = {}};
        name_of(node.op, "an operator");
        if (node.op == "Constant") return add_constant_node(from, node);
        for (const std::string& input : from.input())
            node.inputs.push_back(input.empty() ? kNoPlainTensor : id_of(input, "a tensor"));
        for (const std::string& output : from.output())
            node.outputs.push_back(output.empty() ? kNoPlainTensor : id_of(output, "a tensor"));
        for (const onnx::AttributeProto& attribute : from.attribute()) {
            add_attribute(attribute, node);
            if (attribute.has_g()) add_captured(attribute.g(), node);
        }
        if (node.outputs.empty()) fail_at(graph_, node, "expected an output, found none");
        graph_.nodes.push_back(std::move(node));
    }

    /// What the nodes of a subgraph read from around it, the node that has the subgraph reads.
    void add_captured(const onnx::GraphProto& graph, PlainNode& to) {
        for (const onnx::NodeProto& node : graph.node()) {
            for (const std::string& input : node.input()) {
                const auto known = ids_.find(input);
                if (known != ids_.end()) to.inputs.push_back(known->second);
            }
            for (const onnx::AttributeProto& attribute : node.attribute())
                if (attribute.has_g()) add_captured(attribute.g(), to);
        }
    }

    /// A value of an attribute as the tensor that the node writes.
    void add_constant_node(onnx::NodeProto& from, const PlainNode& node) {
        if (from.output_size() != 1 || from.attribute_size() != 1)
            fail_at(graph_, node, "expected one value and one output of a constant");
        onnx::AttributeProto& value = *from.mutable_attribute(0);
        const PlainTensorId id = id_of(from.output(0), "a tensor");
        if (value.has_t()) return set_constant(graph_.tensor(id), *value.mutable_t());
        PlainTensor& tensor = graph_.tensor(id);
        tensor.is_constant = true;
        std::vector<double> numbers(value.floats().begin(), value.floats().end());
        for (const std::int64_t number : value.ints())
            numbers.push_back(static_cast<double>(number));
        tensor.dims = Dims{static_cast<std::int64_t>(numbers.size())};
        if (value.type() == onnx::AttributeProto::INT || value.type() == onnx::AttributeProto::FLOAT) {
            numbers = {value.type() == onnx::AttributeProto::INT ? static_cast<double>(value.i())
                                                                 : static_cast<double>(value.f())};
            tensor.dims = Dims();
        }
        tensor.values = values_of_numbers(numbers);
    }

    static void add_attribute(const onnx::AttributeProto& from, PlainNode& node) {
        PlainAttribute& to = node.attributes[from.name()];
        switch (from.type()) {
            case onnx::AttributeProto::INT:
                to = from.i();
                break;
            case onnx::AttributeProto::FLOAT:
                to = static_cast<double>(from.f());
                break;
            case onnx::AttributeProto::STRING:
                to = from.s();
                break;
            case onnx::AttributeProto::INTS:
                to = Dims(from.ints().begin(), from.ints().end());
                break;
            case onnx::AttributeProto::FLOATS:
                to = std::vector<double>(from.floats().begin(), from.floats().end());
                break;
            case onnx::AttributeProto::TENSOR:  // of ConstantOfShape: one value
                to = from.t().float_data_size() > 0   ? static_cast<double>(from.t().float_data(0))
                     : from.t().int64_data_size() > 0 ? static_cast<double>(from.t().int64_data(0))
                                                      : first_value(from.t());
                break;
            default:  // graphs and what else only an unknown operator has
                to = std::string();
        }
    }

    static double first_value(const onnx::TensorProto& tensor) {
        const std::string& bytes = tensor.raw_data();
        if (tensor.data_type() == onnx::TensorProto::FLOAT && bytes.size() >= sizeof(float)) {
            float value = 0;
            std::memcpy(&value, bytes.data(), sizeof value);
            return static_cast<double>(value);
        }
        if (tensor.data_type() == onnx::TensorProto::INT64 && bytes.size() >= sizeof(std::int64_t)) {
            std::int64_t value = 0;
            std::memcpy(&value, bytes.data(), sizeof value);
            return static_cast<double>(value);
        }
        return 0;
    }

    const std::filesystem::path& path_;
    onnx::ModelProto& model_;
    PlainGraph graph_;
    std::map<std::string, PlainTensorId, std::less<>> ids_;
};

}  // namespace

PlainGraph read_onnx(std::string_view bytes, const std::filesystem::path& path) {
    onnx::ModelProto model;
    google::protobuf::io::CodedInputStream stream(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                  static_cast<int>(bytes.size()));
    stream.SetRecursionLimit(kDeepestMessage);
    if (!model.MergeFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        fail(path.string(),
             "expected an ONNX model, found bytes that are none (another format, or a part of a file)");
    if (!model.has_graph()) fail(path.string(), "expected an ONNX model with a graph, found none");
    return GraphReader(path, model).read();
}

namespace {

ImportedModel import_onnx(const std::filesystem::path& path, const ImportRequest& wanted) {
    constexpr std::int64_t kMostBytes = std::numeric_limits<int>::max();  // of one protobuf message
    PlainGraph graph = read_onnx(MappedFile(path, "an ONNX model", kMostBytes).bytes(), path);
    return import_graph(std::move(graph), wanted);
}

}  // namespace

}  // namespace mobilenet_cost

extern "C" __attribute__((visibility("default"))) mobilenet_cost::ImportModel mobilenet_cost_import(
    int importer_interface) {
    return importer_interface == mobilenet_cost::kImporterInterface ? mobilenet_cost::import_onnx : nullptr;
}
