#include "mobilenet_cost/runtime/tflm.h"

#include <algorithm>
#include <array>
#include <set>

#include "mobilenet_cost/base/checked.h"

namespace mobilenet_cost {
namespace {

using Op = TfliteOperator;

constexpr std::int64_t kAlignment = 16;  // MicroArenaBufferAlignment()

std::int64_t align(std::int64_t bytes, std::int64_t alignment) {
    return checked_multiply(checked_add(bytes, alignment - 1) / alignment, alignment);
}

/// A structure of the runtime.
struct Structure {
    std::int64_t bytes = 0;
    std::int64_t alignment = 8;
};

// sizeof on x86-64, with support for compressed tensors, as the package is built.
constexpr std::array kAllocator = {
    Structure{104},  // RecordingSingleArenaBufferAllocator
    Structure{72},   // GreedyMemoryPlanner
    Structure{272},  // RecordingMicroAllocator
    Structure{16},   // MicroBuiltinDataAllocator
    Structure{24},   // SubgraphAllocations
};
constexpr std::int64_t kEvalTensor = 24;
constexpr std::int64_t kNodeAndRegistration = 64;
constexpr std::int64_t kScratchHandle = 8;
constexpr std::int64_t kPointer = 8;
constexpr Structure kTensor = {64};
constexpr Structure kQuantisation = {24};
constexpr std::int64_t kInteger = 4;

/// What an operator keeps: its settings (core/c/builtin_op_data.h), and its kernel's data (OpData...).
struct OperatorSizes {
    Op code;
    Structure settings;     ///< 0 bytes: none
    std::int64_t data = 0;  ///< aligned as buffers are
};

constexpr auto kOperators = std::to_array<OperatorSizes>({
    {Op::conv_2d, {28, 4}, 80},
    {Op::depthwise_conv_2d, {28, 4}, 80},
    {Op::fully_connected, {32, 8}, 72},
    {Op::mean, {1, 1}, 44},
    {Op::add, {8, 4}, 60},
    {Op::mul, {4, 4}, 36},
    {Op::sub, {8, 4}, 52},
    {Op::pad, {0, 1}, 56},
    {Op::reshape, {36, 4}, 0},
    {Op::hard_swish, {0, 1}, 20},
    {Op::logistic, {0, 1}, 16},
    {Op::relu, {0, 1}, 28},
    {Op::relu6, {0, 1}, 8},
    {Op::leaky_relu, {4, 4}, 24},
    {Op::prelu, {0, 1}, 28},
    {Op::softmax, {4, 4}, 80},
    {Op::max_pool_2d, {40, 4}, 32},
    {Op::average_pool_2d, {40, 4}, 32},
    {Op::concatenation, {8, 4}, 80},
    {Op::strided_slice, {24, 4}, 84},
    {Op::shape, {4, 4}, 0},
    {Op::pack, {8, 4}, 0},
    {Op::resize_bilinear, {2, 1}, 0},
    {Op::resize_nearest_neighbor, {2, 1}, 0},
    {Op::transpose, {0, 1}, 0},
    {Op::quantize, {0, 1}, 32},
    {Op::dequantize, {0, 1}, 32},
});
static_assert(kOperators.size() == kEnumNames<Op>.size());
static_assert([] {
    for (std::size_t i = 0; i < kOperators.size(); ++i)
        if (static_cast<std::size_t>(kOperators[i].code) != i) return false;
    return true;
}());

const OperatorSizes& sizes_of(const TfliteNode& node) {
    return kOperators.at(static_cast<std::size_t>(node.code));
}

/// Scratch buffers that a kernel asks for when it is prepared. MEAN: a sum for each output, a place in each
/// dimension, and the axes (micro/kernels/reduce_common.cc).
std::vector<std::int64_t> scratch_of(const TfliteGraph& graph, const TfliteNode& node) {
    if (node.code != Op::mean) return {};
    return {checked_multiply(kInteger, graph.tensors[node.outputs[0]].elements),
            kInteger * graph.tensors[node.inputs[0]].rank, kInteger * graph.tensors[node.inputs[1]].elements};
}

/// Multipliers and shifts, one of each for a channel of a convolution, however its weights are scaled; those
/// of a FULLY_CONNECTED only where it has several scales.
std::int64_t channels_of(const TfliteGraph& graph, const TfliteNode& node) {
    if (node.code == Op::conv_2d || node.code == Op::depthwise_conv_2d)
        return graph.tensors[node.outputs[0]].channels;
    if (node.code != Op::fully_connected) return 0;
    const std::int64_t scales = graph.tensors[node.inputs[1]].scales;
    return scales == 1 ? 0 : scales;
}

/// Grows from the end of the arena downwards.
class Tail {
  public:
    void take(std::int64_t bytes, std::int64_t alignment) {
        bytes_ = align(checked_add(bytes_, bytes), alignment);
    }
    void take(const Structure& one) { take(one.bytes, one.alignment); }
    void take_many(std::int64_t bytes, std::size_t count) {
        take(checked_multiply(bytes, static_cast<std::int64_t>(count)), kPointer);
    }
    [[nodiscard]] std::int64_t bytes() const { return bytes_; }

  private:
    std::int64_t bytes_ = 0;
};

/// The structures that the interpreter hands out of its inputs, or its outputs.
void take_ends(Tail& tail, const TfliteGraph& graph, const std::vector<std::size_t>& ends) {
    tail.take(kPointer * static_cast<std::int64_t>(ends.size()), kAlignment);
    for (const std::size_t end : ends) {
        tail.take(kTensor);
        const std::int64_t scales = graph.tensors[end].scales;
        if (scales == 0) continue;
        tail.take(kQuantisation);
        tail.take(checked_multiply(kInteger, checked_add(scales, 1)), kInteger);  // a count and zero points
    }
}

}  // namespace

TflmHead tflm_head(const TfliteGraph& graph) {
    constexpr std::size_t kNever = static_cast<std::size_t>(-1);
    TflmHead head;
    head.steps = graph.nodes.size();
    std::vector<std::size_t> first(graph.tensors.size(), kNever);
    std::vector<std::size_t> last(graph.tensors.size(), 0);
    for (const std::size_t input : graph.inputs)
        first[input] = 0;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::size_t output : graph.nodes[i].outputs) {
            first[output] = std::min(first[output], i + 1);
            last[output] = i + 1;
        }
        for (const std::size_t input : graph.nodes[i].inputs)
            last[input] = i + 1;
    }
    for (const std::size_t output : graph.outputs)
        last[output] = head.steps;

    std::vector<PlannedBuffer> places;
    const auto add = [&](std::int64_t bytes, std::size_t from, std::size_t to, std::size_t tensor,
                         bool scratch) {
        if (bytes == 0) return;
        places.push_back({align(bytes, kAlignment), from, to});
        head.buffers.push_back({{}, tensor, scratch});
    };
    for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
        if (graph.tensors[i].content == TfliteContent::map && first[i] != kNever)
            add(graph.tensors[i].bytes, first[i], last[i], i, false);
    }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        for (const std::int64_t bytes : scratch_of(graph, graph.nodes[i]))
            add(bytes, i + 1, i + 1, graph.nodes[i].outputs.front(), true);
    }
    head.bytes = plan_greedily(places);
    for (std::size_t i = 0; i < places.size(); ++i)
        head.buffers[i].place = places[i];
    return head;
}

std::int64_t tflm_tail_bytes(const TfliteGraph& graph) {
    Tail tail;
    for (const Structure& one : kAllocator)
        tail.take(one);
    tail.take_many(kEvalTensor, graph.tensors.size());
    tail.take_many(kNodeAndRegistration, graph.nodes.size());
    for (const TfliteNode& node : graph.nodes)
        if (sizes_of(node).settings.bytes > 0) tail.take(sizes_of(node).settings);
    for (const TfliteNode& node : graph.nodes)
        if (sizes_of(node).data > 0) tail.take(sizes_of(node).data, kAlignment);
    std::size_t scratch = 0;
    for (const TfliteNode& node : graph.nodes) {
        const std::int64_t channels = channels_of(graph, node);
        for (int i = 0; i < 2 && channels > 0; ++i)
            tail.take(checked_multiply(kInteger, channels), kAlignment);
        scratch += scratch_of(graph, node).size();
    }
    if (scratch > 0) tail.take_many(kScratchHandle, scratch);
    take_ends(tail, graph, graph.inputs);
    take_ends(tail, graph, graph.outputs);
    return tail.bytes();
}

std::int64_t tflite_file_bytes(const TfliteGraph& graph, Training training) {
    // Measured on files of TensorFlow 2.21 from Keras' networks: the tables that a tensor takes, with its
    // buffer and its share of the operators, and its name. A map of a trained network has the names of all
    // the layers that became one: "mobilenetv2_0.35_128_1/block_16_depthwise_relu_1/Relu6;...".
    constexpr std::int64_t kTables = 115;
    constexpr std::int64_t kHeader = 360;  // of the file: version, operator codes, signature
    constexpr std::int64_t kByChannel = 12;
    const std::int64_t name = training == Training::trained ? 182 : 71;
    std::int64_t bytes = kHeader;
    std::set<std::int64_t> stored;  // lengths of zeros
    for (const TfliteTensor& tensor : graph.tensors) {
        bytes = checked_add(bytes, checked_add(kTables + name, checked_multiply(kByChannel, tensor.scales)));
        if (tensor.content == TfliteContent::map) continue;
        const bool zeros = tensor.content == TfliteContent::bias && training == Training::none;
        if (!zeros || stored.insert(tensor.bytes).second)
            bytes = checked_add(bytes, align(tensor.bytes, kAlignment));
    }
    return bytes;
}

}  // namespace mobilenet_cost
