// What no kind of block says by itself: operators of the model file's table.

#include <algorithm>
#include <cmath>

#include "mobilenet_cost/import/operator_cost.h"
#include "mobilenet_cost/import/translator.h"

namespace mobilenet_cost {
namespace {

constexpr double kMostNumber = 3.4e38;  // that an f32 holds

std::size_t atoms_of(const View& view) {
    std::size_t count = 0;
    for (const ViewGroup& group : view)
        count += group.size();
    return count;
}

Json numbers_json(const OperatorNumbers& numbers) {
    Json json = Json::array();
    for (const float number : numbers)
        json.push_back(static_cast<double>(number));
    return json;
}

}  // namespace

/// The map of an operator whose output has other sizes along some axes of what it reads, or lacks some.
std::optional<FreeView> Translator::alike(const TensorValue& from, const Dims& sizes, const Dims& to) const {
    FreeView made = {from.view, shape(from)};
    std::vector<std::size_t> gone;
    const std::size_t missing = sizes.size() - std::min(sizes.size(), to.size());
    if (sizes.size() < to.size()) return std::nullopt;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const bool last = i - gone.size() == to.size();
        const bool drops = gone.size() < missing && (last || sizes[i] != to[i - gone.size()]);
        if (!drops && last) return std::nullopt;
        const std::int64_t wanted = drops ? 1 : to[i - gone.size()];
        if (wanted != sizes[i]) {
            auto next = resized_view(made, i, wanted);
            if (!next) return std::nullopt;
            made = *std::move(next);
        }
        if (drops) gone.push_back(i);
    }
    if (gone.size() != missing) return std::nullopt;
    for (std::size_t i = gone.size(); i-- > 0;)
        made.view.erase(made.view.begin() + static_cast<std::ptrdiff_t>(gone[i]));
    return made;
}

/// As an input of the same sizes lies; absent: there is none.
std::optional<FreeView> Translator::as_an_input(const PlainNode& node, PlainTensorId output) const {
    const TensorValue* same = nullptr;
    for (const PlainTensorId id : node.inputs) {
        if (id == kNoPlainTensor || !values_[static_cast<std::size_t>(id)] ||
            graph_.tensor(id).dims != graph_.tensor(output).dims)
            continue;
        const TensorValue& from = *values_[static_cast<std::size_t>(id)];
        if (same == nullptr || atoms_of(from.view) < atoms_of(same->view)) same = &from;
    }
    if (same == nullptr) return std::nullopt;
    return FreeView{same->view, shape(*same)};
}

/// How what a node writes lies in a map: as one of its inputs does, wherever it can.
FreeView Translator::made_by(const PlainNode& node, PlainTensorId output) const {
    const Dims& to = dims(output);
    if (auto same = as_an_input(node, output)) return *std::move(same);
    for (const PlainTensorId id : node.inputs) {
        if (id == kNoPlainTensor || !values_[static_cast<std::size_t>(id)]) continue;
        if (auto made = alike(*values_[static_cast<std::size_t>(id)], dims(id), to)) return *made;
    }
    return free_view(to, graph_.layout, batch_);
}

/// What depends on the network's input, each once.
std::vector<BlockId> Translator::blocks_read(const PlainNode& node) const {
    std::vector<BlockId> blocks;
    for (const PlainTensorId id : node.inputs)
        if (id != kNoPlainTensor && values_[static_cast<std::size_t>(id)])
            blocks.push_back(values_[static_cast<std::size_t>(id)]->block);
    return blocks;
}

/// An operator reads so many maps at most: the first of more are joined before.
void Translator::join_first(const PlainNode& node, std::vector<BlockId>& inputs) {
    while (inputs.size() > Operation::kMostInputs) {
        const auto end = inputs.begin() + Operation::kMostInputs;
        Shape joined = {batch_, 1, 1, 0};
        for (auto read = inputs.begin(); read != end; ++read) {
            const Shape& one = blocks_.shape(*read);
            joined.c += one.h * one.w * one.c;
        }
        const BlockId block = blocks_.add(node, {.kind = "operator",
                                                 .keys = operator_keys("concat", joined),
                                                 .inputs = {inputs.begin(), end},
                                                 .shape = joined});
        inputs.erase(inputs.begin(), end);
        inputs.insert(inputs.begin(), block);
    }
}

/// Whole tensors of an image, one behind the other: of anchors, whose maps differ in size. False: others lie
/// between their values, or in another order than that of pixels.
bool Translator::join(const PlainNode& node, std::size_t axis) {
    const Dims& to = dims(node.outputs.front());
    const bool outermost = axis == 0 ? batch_ == 1 : axis == 1 && to[0] == batch_;
    FreeView made = free_view(to, graph_.layout, batch_);
    bool in_order =
        outermost && node.inputs.size() <= Operation::kMostInputs && by_pixels(made.view, made.shape);
    for (std::size_t i = 0; in_order && i < node.inputs.size(); ++i)
        in_order = by_pixels(value(node, i).view, shape(value(node, i)));
    if (!in_order) return false;
    const BlockId block = blocks_.add(node, {.kind = "operator",
                                             .keys = operator_keys("join", made.shape),
                                             .inputs = blocks_read(node),
                                             .shape = made.shape});
    set(node.outputs.front(), block, std::move(made.view));
    return true;
}

Json Translator::operator_keys(std::size_t row, const Shape& shape) const {
    return operator_keys(operator_table()[row].name, shape);
}

Json Translator::operator_keys(std::string_view name, const Shape& shape) const {
    return keys_of_shape(std::string(name), shape);
}

bool Translator::operation(const PlainNode& node) {
    const auto row = operator_of_onnx(node.op);
    if (!row) return false;
    return operator_table()[*row].function != nullptr ? function_of(node, *row) : general(node, *row);
}

/// By the sizes of what it reads and writes. Each output that something reads is a block of its own; what the
/// operator computes belongs to the first.
bool Translator::general(const PlainNode& node, std::size_t row) {
    std::vector<BlockId> inputs = blocks_read(node);
    const auto cost = operator_cost(graph_, node);
    if (inputs.empty() || !cost || cost->macs % std::max<std::int64_t>(batch_, 1) != 0) return false;
    for (const PlainTensorId id : node.outputs)
        if (is_read(id) && !graph_.tensor(id).dims) return false;
    join_first(node, inputs);
    bool first = true;
    for (const PlainTensorId id : node.outputs) {
        if (!is_read(id)) continue;
        FreeView made = made_by(node, id);
        ImportedBlock block{.kind = "operator", .inputs = inputs, .shape = made.shape};
        const bool keeps = inputs.size() == 1 && made.shape == blocks_.shape(inputs.front()) &&
                           operator_table()[row].what == OperatorClass::normalises;
        block.keys = keeps ? object_of({{"op", operator_table()[row].name}}) : operator_keys(row, made.shape);
        if (first && cost->macs > 0) block.keys["macs"] = cost->macs / batch_;
        if (first && cost->weights > 0) block.keys["weights"] = cost->weights;
        if (first && cost->biases > 0) block.keys["biases"] = cost->biases;
        first = false;
        const BlockId made_block = blocks_.add(node, std::move(block));
        set(id, made_block, std::move(made.view));
    }
    return true;
}

/// A function of each value, in the order in which its input lies.
void Translator::function(const PlainNode& node, std::string_view name, const OperatorNumbers& numbers,
                          std::size_t input) {
    const TensorValue from = value(node, input);
    ImportedBlock block{
        .kind = "operator", .keys = object_of({{"op", name}}), .inputs = {from.block}, .shape = shape(from)};
    if (numbers != OperatorNumbers{}) block.keys["numbers"] = numbers_json(numbers);
    add_alike(node, std::move(block), input);
}

bool Translator::function_of(const PlainNode& node, std::size_t row) {
    OperatorNumbers numbers = {};
    if (node.op == "Clip") {
        const auto low = clip_limit(graph_, node, "min", 1, -kMostNumber);
        const auto high = clip_limit(graph_, node, "max", 2, kMostNumber);
        if (!low || !high) return general(node, row);
        numbers = {static_cast<float>(std::clamp(*low, -kMostNumber, kMostNumber)),
                   static_cast<float>(std::clamp(*high, -kMostNumber, kMostNumber))};
    } else if (node.op == "Elu" || node.op == "Celu" || node.op == "ThresholdedRelu") {
        numbers[0] = static_cast<float>(node.number("alpha", 1));
    } else if (node.op == "Selu" && (node.has("alpha") || node.has("gamma"))) {
        constexpr double kTolerance = 1e-4;  // of the paper's two, which files write out
        if (std::abs(node.number("alpha", 1.67326) - 1.67326) > kTolerance ||
            std::abs(node.number("gamma", 1.0507) - 1.0507) > kTolerance)
            return false;
    }
    function(node, operator_table()[row].name, numbers);
    return true;
}

/// a x + b, a part of one that comes before it.
void Translator::linear_function(const PlainNode& node, std::size_t input, double factor, double shift) {
    const TensorValue from = value(node, input);
    ImportedBlock* const before = from.block == kInputBlock || !from.alone ? nullptr : &blocks_[from.block];
    const bool joins = before != nullptr && before->kind == "operator" && !before->closed &&
                       before->keys.at("op") == "linear";
    if (!joins)
        return function(node, "linear", {static_cast<float>(factor), static_cast<float>(shift)}, input);
    const double first = before->keys.at("numbers").at(0).get<double>();
    const double second = before->keys.at("numbers").at(1).get<double>();
    before->keys["numbers"] =
        numbers_json({static_cast<float>(first * factor), static_cast<float>(second * factor + shift)});
    set_view(node, from, from.view);
}

bool Translator::power(const PlainNode& node) {
    const auto exponent = is_constant(node.input(1)) ? numbers_of(graph_, node.input(1), 1) : std::nullopt;
    if (is_constant(node.input(0)) || !exponent || exponent->size() != 1) return false;
    const char* const name = exponent->front() == 2     ? "square"
                             : exponent->front() == 0.5 ? "sqrt"
                             : exponent->front() == -1  ? "reciprocal"
                                                        : nullptr;
    if (name == nullptr) return false;
    function(node, name);
    return true;
}

/// A tensor's values in another order; `node`: whose name the block has.
BlockId Translator::moved(const PlainNode& node, PlainTensorId id, const FreeView& to) {
    const BlockId block = blocks_.add(node, {.kind = "operator",
                                             .keys = operator_keys("transpose", to.shape),
                                             .inputs = {values_[static_cast<std::size_t>(id)]->block},
                                             .shape = to.shape});
    set(id, block, to.view);
    return block;
}

/// The input in the order of another tensor of its sizes: values that do not lie so are moved before.
BlockId Translator::aligned(const PlainNode& node, std::size_t input, const TensorValue& like) {
    const TensorValue from = value(node, input);
    if (from.view == like.view && shape(from) == shape(like)) return from.block;
    return moved(from.by != nullptr ? *from.by : node, node.input(input), {like.view, shape(like)});
}

}  // namespace mobilenet_cost
