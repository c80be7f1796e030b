#include "mobilenet_cost/import/tflite/operators.h"

#include "mobilenet_cost/import/axes.h"
#include "mobilenet_cost/import/tflite/operator_reader.h"

namespace mobilenet_cost {

namespace {

using Activation = tflite::ActivationFunctionType;
using Code = tflite::BuiltinOperator;

}  // namespace

/// Those that differ from ONNX' in their names alone.
template <typename Options>
bool OperatorReader::arithmetic() {
    const std::string name = node_.op;  // "ADD" is ONNX' "Add"
    std::string op = name.substr(0, 1);
    for (const char letter : name.substr(1))
        op += static_cast<char>(letter - 'A' + 'a');
    const Options* from = options<Options>();
    return become_activated(from == nullptr ? Activation::NONE : from->fused_activation_function(), op);
}

const std::map<tflite::BuiltinOperator, std::string>& OperatorReader::plain_names() {
    static const std::map<Code, std::string> names = {
        {Code::RELU, "Relu"},
        {Code::LOGISTIC, "Sigmoid"},
        {Code::TANH, "Tanh"},
        {Code::HARD_SWISH, "HardSwish"},
        {Code::ELU, "Elu"},
        {Code::PRELU, "PRelu"},
        {Code::EXP, "Exp"},
        {Code::LOG, "Log"},
        {Code::SQRT, "Sqrt"},
        {Code::ABS, "Abs"},
        {Code::NEG, "Neg"},
        {Code::FLOOR, "Floor"},
        {Code::CEIL, "Ceil"},
        {Code::ROUND, "Round"},
        {Code::SIN, "Sin"},
        {Code::COS, "Cos"},
        {Code::POW, "Pow"},
        {Code::MAXIMUM, "Max"},
        {Code::MINIMUM, "Min"},
        {Code::ADD_N, "Sum"},
        {Code::SELECT, "Where"},
        {Code::SELECT_V2, "Where"},
        {Code::SHAPE, "Shape"},
        {Code::RANGE, "Range"},
        {Code::BROADCAST_TO, "Expand"},
        {Code::EXPAND_DIMS, "Unsqueeze"},
        {Code::QUANTIZE, "Identity"},    // its values are what the stored ones stand for
        {Code::DEQUANTIZE, "Identity"},  // as above
        {Code::DENSIFY, "Identity"},
    };
    return names;
}

const std::map<tflite::BuiltinOperator, OperatorReader::Rule>& OperatorReader::rules() {
    static const std::map<Code, Rule> table = {
        {Code::CONV_2D, &OperatorReader::conv},
        {Code::DEPTHWISE_CONV_2D, &OperatorReader::depthwise},
        {Code::TRANSPOSE_CONV, &OperatorReader::transposed_conv},
        {Code::AVERAGE_POOL_2D, &OperatorReader::pool},
        {Code::MAX_POOL_2D, &OperatorReader::pool},
        {Code::FULLY_CONNECTED, &OperatorReader::fully_connected},
        {Code::BATCH_MATMUL, &OperatorReader::batch_matmul},
        {Code::ADD, &OperatorReader::arithmetic<tflite::AddOptions>},
        {Code::SUB, &OperatorReader::arithmetic<tflite::SubOptions>},
        {Code::MUL, &OperatorReader::arithmetic<tflite::MulOptions>},
        {Code::DIV, &OperatorReader::arithmetic<tflite::DivOptions>},
        {Code::SQUARE, &OperatorReader::square},
        {Code::SQUARED_DIFFERENCE, &OperatorReader::squared_difference},
        {Code::RSQRT, &OperatorReader::inverse_root},
        {Code::RELU6, &OperatorReader::clip},
        {Code::RELU_N1_TO_1, &OperatorReader::clip},
        {Code::RELU_0_TO_1, &OperatorReader::clip},
        {Code::LEAKY_RELU, &OperatorReader::leaky_relu},
        {Code::GELU, &OperatorReader::gelu},
        {Code::SOFTMAX, &OperatorReader::softmax},
        {Code::MEAN, &OperatorReader::reduce},
        {Code::SUM, &OperatorReader::reduce},
        {Code::REDUCE_MAX, &OperatorReader::reduce},
        {Code::REDUCE_MIN, &OperatorReader::reduce},
        {Code::REDUCE_PROD, &OperatorReader::reduce},
        {Code::RESHAPE, &OperatorReader::reshape},
        {Code::SQUEEZE, &OperatorReader::squeeze},
        {Code::TRANSPOSE, &OperatorReader::transpose},
        {Code::PAD, &OperatorReader::pad},
        {Code::PADV2, &OperatorReader::pad},
        {Code::MIRROR_PAD, &OperatorReader::pad},
        {Code::CONCATENATION, &OperatorReader::concatenation},
        {Code::PACK, &OperatorReader::pack},
        {Code::UNPACK, &OperatorReader::unpack},
        {Code::SPLIT, &OperatorReader::split},
        {Code::SPLIT_V, &OperatorReader::split_by_sizes},
        {Code::SLICE, &OperatorReader::slice},
        {Code::STRIDED_SLICE, &OperatorReader::strided_slice},
        {Code::GATHER, &OperatorReader::gather},
        {Code::RESIZE_BILINEAR, &OperatorReader::resize_bilinear},
        {Code::RESIZE_NEAREST_NEIGHBOR, &OperatorReader::resize_nearest},
        {Code::DEPTH_TO_SPACE, &OperatorReader::depth_to_space},
        {Code::SPACE_TO_DEPTH, &OperatorReader::space_to_depth},
        {Code::CAST, &OperatorReader::cast},
        {Code::FILL, &OperatorReader::filled},
    };
    return table;
}

void OperatorReader::add(tflite::BuiltinOperator code) {
    const auto rule = rules().find(code);
    if (rule != rules().end()) {
        const PlainNode read = node_;
        if ((this->*rule->second)()) return;
        node_ = read;
    } else if (const auto name = plain_names().find(code); name != plain_names().end()) {
        node_.op = name->second;
    }
    push();
}

void OperatorReader::push() {
    graph_.nodes.push_back(std::move(node_));
}

PlainTensorId OperatorReader::between() {
    PlainTensor tensor;
    tensor.name = node_.name;
    tensor.stored = graph_.tensor(node_.outputs.front()).stored;
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<PlainTensorId>(graph_.tensors.size()) - 1;
}

PlainTensorId OperatorReader::push_node(const std::string& op, std::vector<PlainTensorId> inputs,
                                        Attributes attributes) {
    const PlainTensorId output = between();
    graph_.nodes.push_back({op, node_.name, std::move(inputs), {output}, std::move(attributes)});
    return output;
}

bool OperatorReader::become(const std::string& op, Attributes attributes) {
    node_.op = op;
    node_.attributes = std::move(attributes);
    push();
    return true;
}

bool OperatorReader::become_activated(Activation activation, const std::string& op, Attributes attributes) {
    PlainNode behind{activation == Activation::RELU   ? "Relu"
                     : activation == Activation::TANH ? "Tanh"
                                                      : "Clip",
                     node_.name,
                     {},
                     node_.outputs,
                     {}};
    if (activation == Activation::RELU6) behind.attributes = limits(0, 6);
    if (activation == Activation::RELU_N1_TO_1) behind.attributes = limits(-1, 1);
    if (activation == Activation::SIGN_BIT) behind.op = "SIGN_BIT";
    if (activation != Activation::NONE) node_.outputs = {between()};
    become(op, std::move(attributes));
    if (activation == Activation::NONE) return true;
    behind.inputs = {graph_.nodes.back().outputs.front()};
    graph_.nodes.push_back(std::move(behind));
    return true;
}

OperatorReader::Attributes OperatorReader::limits(double low, double high) {
    return {{"min", low}, {"max", high}};
}

const PlainTensor& OperatorReader::tensor(std::size_t input) const {
    if (node_.input(input) == kNoPlainTensor)
        fail_at(graph_, node_, fmt::format("expected an input {}, found none", input + 1));
    return graph_.tensor(node_.input(input));
}

const Dims& OperatorReader::dims(std::size_t input) const {
    return *tensor(input).declared;
}

std::optional<Dims> OperatorReader::integers(std::size_t input) const {
    return integers_of(graph_, node_.input(input));
}

Dims OperatorReader::list(const flatbuffers::Vector<std::int32_t>* from) const {
    constexpr std::size_t kMost = 16;
    if (from == nullptr) return {};
    if (from->size() > kMost)
        fail_at(graph_, node_,
                fmt::format("expected a list of at most {} sizes, found {}", kMost, from->size()));
    return {from->begin(), from->end()};
}

std::int64_t OperatorReader::channels(std::size_t input) const {
    if (dims(input).size() != 4)
        fail_at(graph_, node_,
                fmt::format("expected a map with batch, height, width and channels, found {}",
                            dims_text(dims(input))));
    return dims(input).back();
}

void add_tflite_operator(PlainGraph& graph, const tflite::Operator& from, tflite::BuiltinOperator code,
                         PlainNode read) {
    OperatorReader(graph, from, std::move(read)).add(code);
}

}  // namespace mobilenet_cost
