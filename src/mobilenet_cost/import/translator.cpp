#include "mobilenet_cost/import/translator.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/import/fold.h"
#include "mobilenet_cost/import/import_model.h"
#include "mobilenet_cost/import/infer.h"
#include "mobilenet_cost/import/quantised.h"
#include "mobilenet_cost/import/stored_type.h"

namespace mobilenet_cost {

namespace {

bool changes_view(const PlainNode& node) {
    return node.op == "Reshape" || node.op == "Transpose" || node.op == "Flatten" || node.op == "Squeeze" ||
           node.op == "Unsqueeze" || node.op == "Identity";
}

}  // namespace

const std::map<std::string, Translator::Rule>& Translator::rules() {
    static const std::map<std::string, Rule> table = {
        {"Conv", &Translator::conv},
        {"ConvTranspose", &Translator::transposed_conv},
        {"MaxPool", &Translator::window_pool},
        {"AveragePool", &Translator::window_pool},
        {"GlobalAveragePool", &Translator::global_pool},
        {"GlobalMaxPool", &Translator::global_pool},
        {"ReduceMean", &Translator::reduce},
        {"ReduceMax", &Translator::reduce},
        {"Gemm", &Translator::gemm},
        {"MatMul", &Translator::matmul},
        {"Resize", &Translator::resize},
        {"Upsample", &Translator::resize},
        {"Expand", &Translator::expand},
        {"Pad", &Translator::pad},
        {"BatchNormalization", &Translator::batch_norm},
        {"Add", &Translator::arithmetic},
        {"Sub", &Translator::arithmetic},
        {"Mul", &Translator::arithmetic},
        {"Div", &Translator::arithmetic},
        {"Sum", &Translator::sum},
        {"Activation", &Translator::activation},
        {"Relu", &Translator::activation},
        {"Sigmoid", &Translator::activation},
        {"HardSwish", &Translator::activation},
        {"Clip", &Translator::clip},
        {"LeakyRelu", &Translator::leaky_relu},
        {"PRelu", &Translator::prelu},
        {"HardSigmoid", &Translator::hard_sigmoid},
        {"Gelu", &Translator::gelu},
        {"Softmax", &Translator::softmax},
        {"Reshape", &Translator::same_values},
        {"Flatten", &Translator::same_values},
        {"Squeeze", &Translator::same_values},
        {"Unsqueeze", &Translator::same_values},
        {"Identity", &Translator::nothing},
        {"Dropout", &Translator::nothing},
        {"Cast", &Translator::nothing},
        {"Transpose", &Translator::transpose},
        {"Split", &Translator::split},
        {"Slice", &Translator::slice},
        {"Gather", &Translator::gather},
        {"Concat", &Translator::concat},
        {"Pow", &Translator::power},
    };
    return table;
}

Translator::Translator(const PlainGraph& graph)
    : graph_(graph),
      blocks_(graph),
      last_reader_(graph.tensors.size(), nullptr),
      readers_(count_readers(graph)),
      values_(graph.tensors.size()) {
    for (const PlainNode& node : graph.nodes)
        for (const PlainTensorId id : node.inputs)
            if (id != kNoPlainTensor) last_reader_[static_cast<std::size_t>(id)] = &node;
}

void Translator::translate() {
    add_inputs();
    for (const PlainNode& node : graph_.nodes) {
        if (!changes_view(node)) shuffle_inputs(node);
        const auto rule = rules().find(node.op);
        const bool sized = is_sized(node);
        const bool ruled = sized && rule != rules().end() && !node.inputs.empty() &&
                           (!is_constant(node.inputs[0]) || node.inputs.size() == 2);
        const bool known = (ruled && (this->*rule->second)(node)) || (sized && operation(node));
        if (!known) unknown(node);
    }
    add_outputs();
}

/// Whether the sizes of all that a node reads, and of what others read of it, are known.
bool Translator::is_sized(const PlainNode& node) const {
    const auto known = [this](PlainTensorId id) {
        return id == kNoPlainTensor || graph_.tensor(id).dims.has_value();
    };
    return std::all_of(node.inputs.begin(), node.inputs.end(), known) &&
           std::all_of(node.outputs.begin(), node.outputs.end(),
                       [&](PlainTensorId id) { return !is_read(id) || known(id); });
}

/// Whether sizes of what a node writes depend on values, such as on how many are not zero.
bool Translator::is_open(const PlainNode& node) const {
    static const std::set<std::string> ops = {
        "NonZero", "NonMaxSuppression", "Unique", "Compress", "If", "Loop", "Scan"};
    if (ops.contains(node.op)) return true;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        const PlainTensorId id = node.inputs[i];
        if (id == kNoPlainTensor) continue;
        const bool made = i > 0 && values_[static_cast<std::size_t>(id)].has_value();
        if (made || !graph_.tensor(id).dims) return true;
    }
    return false;
}

/// Channels in another order are a layer of their own as soon as values are looked at.
void Translator::shuffle_inputs(const PlainNode& node) {
    for (const PlainTensorId id : node.inputs) {
        if (id == kNoPlainTensor || !values_[static_cast<std::size_t>(id)]) continue;
        const TensorValue from = *values_[static_cast<std::size_t>(id)];
        const auto expected = map_view(shape(from), graph_.layout, from.view.size());
        if (expected && *expected != from.view) (void)shuffled(id, from);
    }
}

/// Channels, rows and columns without a batch, to which the file adds one before its first convolution.
bool Translator::is_one_image(const Dims& sizes) const {
    if (sizes.size() != 3) return false;
    for (const PlainNode& node : graph_.nodes) {
        if (node.op != "Conv" || node.input(0) == kNoPlainTensor || !graph_.tensor(node.input(0)).dims)
            continue;
        const Dims& map = dims(node.input(0));
        return map.size() == 4 && map[0] == 1 && map[1] == sizes[0];
    }
    return false;
}

/// What a network's resolution is of: the first that may be a map.
PlainTensorId Translator::main_input() const {
    const auto map = std::find_if(graph_.inputs.begin(), graph_.inputs.end(),
                                  [this](PlainTensorId id) { return dims(id).size() == 4; });
    return map == graph_.inputs.end() ? graph_.inputs.front() : *map;
}

void Translator::add_inputs() {
    const PlainTensorId main = main_input();
    add_main_input(main);
    for (const PlainTensorId id : graph_.inputs)
        if (id != main) add_further_input(id);
}

/// A layer that no engine runs, since it is given one input.
void Translator::add_further_input(PlainTensorId id) {
    PlainNode given;
    given.name = graph_.tensor(id).name;
    FreeView made = free_view(dims(id), input_layout(graph_, id), batch_);
    const BlockId block = blocks_.add(given, {.kind = "operator",
                                              .keys = operator_keys("further_input", made.shape),
                                              .inputs = {kInputBlock},
                                              .shape = made.shape});
    set(id, block, std::move(made.view));
}

void Translator::add_main_input(PlainTensorId id) {
    const Dims& sizes = dims(id);
    const bool unbatched = is_one_image(sizes);
    batch_ = sizes.empty() || unbatched ? 1 : sizes[0];
    FreeView free = free_view(sizes, input_layout(graph_, id), batch_);
    if (unbatched) {
        free.shape = {1, sizes[1], sizes[2], sizes[0]};
        free.view = {whole_axis('c', sizes[0]), whole_axis('h', sizes[1]), whole_axis('w', sizes[2])};
    }
    blocks_.input = free.shape;
    if (std::min({free.shape.n, free.shape.h, free.shape.w, free.shape.c}) < 1)
        fail_at(graph_, graph_.tensor(id),
                fmt::format("expected an input with values, found {}", dims_text(sizes)));
    set(id, kInputBlock, std::move(free.view));
}

void Translator::add_outputs() {
    for (const PlainTensorId id : graph_.outputs) {
        const auto& value = values_[static_cast<std::size_t>(id)];
        if (value && value->block != kInputBlock) blocks_[value->block].tap = true;
    }
}

const PlainNode* Translator::only_reader(PlainTensorId id) const {
    return readers_[static_cast<std::size_t>(id)] == 1 ? last_reader_[static_cast<std::size_t>(id)] : nullptr;
}

bool Translator::is_read(PlainTensorId id) const {
    return id != kNoPlainTensor && readers_[static_cast<std::size_t>(id)] > 0;
}

const TensorValue& Translator::value(const PlainNode& node, std::size_t input) const {
    const PlainTensorId id = node.input(input);
    if (id == kNoPlainTensor || !values_[static_cast<std::size_t>(id)])
        fail_at(
            graph_, node,
            fmt::format("expected input {} to depend on the network's input, found a constant", input + 1));
    return *values_[static_cast<std::size_t>(id)];
}

void Translator::set(PlainTensorId id, BlockId block, View view) {
    const auto place = static_cast<std::size_t>(id);
    values_[place] = TensorValue{block, std::move(view), readers_[place] == 1, nullptr};
}

void Translator::set_view(const PlainNode& node, const TensorValue& from, View view) {
    const auto place = static_cast<std::size_t>(node.outputs.front());
    values_[place] = TensorValue{from.block, std::move(view), from.alone && readers_[place] == 1, &node};
}

void Translator::pass(const PlainNode& node) {
    const TensorValue from = value(node, 0);
    set_view(node, from, from.view);
    values_[static_cast<std::size_t>(node.outputs.front())]->by = from.by;
}

BlockId Translator::add(const PlainNode& node, ImportedBlock block) {
    const Dims& sizes = dims(node.outputs.front());
    auto view = map_view(block.shape, graph_.layout, sizes.size());
    if (!view) view = free_view(sizes, graph_.layout, batch_).view;
    const BlockId id = blocks_.add(node, std::move(block));
    set(node.outputs.front(), id, *std::move(view));
    return id;
}

BlockId Translator::add_alike(const PlainNode& node, ImportedBlock block, std::size_t like) {
    View view = value(node, like).view;
    const BlockId id = blocks_.add(node, std::move(block));
    set(node.outputs.front(), id, std::move(view));
    return id;
}

std::optional<BlockId> Translator::map(const PlainNode& node, std::size_t input) {
    const PlainTensorId id = node.input(input);
    const TensorValue from = value(node, input);
    const auto expected = map_view(shape(from), graph_.layout, dims(id).size());
    if (expected && *expected == from.view) return from.block;
    const std::size_t rank = dims(id).size();
    if ((rank != 3 && rank != 4) || dims(id)[0] != batch_) return std::nullopt;
    if (expected && shuffled(id, from)) return values_[static_cast<std::size_t>(id)]->block;
    if (from.by == nullptr) return std::nullopt;
    Shape made = free_view(dims(id), graph_.layout, batch_).shape;
    if (rank == 3) {
        const MapAxes axes = map_axes(graph_.layout, 3);
        made = {dims(id)[0], 1, dims(id)[axes.spatial[0]], dims(id)[axes.channel]};
    }
    return moved(*from.by, id, {*map_view(made, graph_.layout, rank), made});
}

/// Channels that were seen as (groups, channels / groups) and transposed.
bool Translator::shuffled(PlainTensorId id, const TensorValue& from) {
    const View expected = *map_view(shape(from), graph_.layout, dims(id).size());
    const std::size_t axis = map_axes(graph_.layout, expected.size()).channel;
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (i != axis && expected[i] != from.view[i]) return false;
    const ViewGroup& group = from.view[axis];
    const std::int64_t channels = shape(from).c;
    if (group.size() != 2 || group[0].axis != 'c' || group[1].axis != 'c' ||
        group[0].size * group[1].size != channels || group[0].stride != 1 ||
        group[1].stride != group[0].size || from.by == nullptr)
        return false;
    const BlockId block = blocks_.add(*from.by, {.kind = "channel_shuffle",
                                                 .keys = object_of({{"groups", group[1].size}}),
                                                 .inputs = {from.block},
                                                 .shape = shape(from)});
    set(id, block, expected);
    return true;
}

Json Translator::keys_of_shape(const std::string& op, const Shape& shape) const {
    return object_of({{"op", printable(op)}, {"height", shape.h}, {"width", shape.w}, {"channels", shape.c}});
}

/// Each output that something reads is a block of its own.
void Translator::unknown(const PlainNode& node) {
    const std::vector<BlockId> inputs = blocks_read(node);
    if (inputs.empty())
        fail_at(
            graph_, node,
            fmt::format("expected an operator whose inputs depend on the network's, found {} of constants",
                        in_quotes(node.op)));
    // A block of that kind reads one other: the rest would be unread.
    for (std::size_t i = 1; i < inputs.size(); ++i)
        if (inputs[i] != kInputBlock) blocks_[inputs[i]].tap = true;
    for (const PlainTensorId id : node.outputs) {
        if (!is_read(id)) continue;
        const bool open = !graph_.tensor(id).dims;
        if (open && !is_open(node))
            fail_at(graph_, node,
                    fmt::format(
                        "expected an operator that is known, or one whose output shape the file declares, "
                        "found {}, and {} without a shape",
                        in_quotes(node.op), in_quotes(graph_.tensor(id).name)));
        FreeView made;
        if (open) {
            made.shape.n = batch_;
        } else {  // most likely by value
            made = as_an_input(node, id).value_or(free_view(dims(id), graph_.layout, batch_));
        }
        const BlockId block = blocks_.add(node, {.kind = "unknown",
                                                 .keys = keys_of_shape(node.op, made.shape),
                                                 .inputs = {inputs.front()},
                                                 .shape = made.shape});
        set(id, block, std::move(made.view));
    }
}

std::string fixed_width(std::int64_t channels) {
    return std::to_string(channels) + " * 1";
}

Json sides_json(std::int64_t rows, std::int64_t columns) {
    if (rows == columns) return rows;
    Json both = Json::array();
    both.push_back(rows);
    both.push_back(columns);
    return both;
}

namespace {

void require_input(const PlainGraph& graph) {
    constexpr std::size_t kMostInputs = 64;
    if (graph.inputs.empty()) fail(graph.file, "expected an input that the outputs depend on, found none");
    if (graph.inputs.size() > kMostInputs)
        fail(graph.file,
             fmt::format("expected at most {} inputs, found {}", kMostInputs, graph.inputs.size()));
}

}  // namespace

ImportedModel import_graph(PlainGraph graph, const ImportRequest& wanted) {
    check_order(graph);
    remove_unused(graph);
    take_open_parameters(graph);
    require_input(graph);
    take_quantisation(graph);
    infer(graph, wanted);
    const DataType type = stored_type(graph);
    fold(graph);
    const auto shared = std::make_shared<const PlainGraph>(std::move(graph));
    Translator translator(*shared);
    translator.translate();
    return translator.blocks().model(shared, type);
}

}  // namespace mobilenet_cost
