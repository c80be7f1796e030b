// Operations by channel, activations, sums and products of maps.

#include <cmath>
#include <limits>
#include <utility>

#include "mobilenet_cost/import/translator.h"

namespace mobilenet_cost {

/// How a constant lies beside a tensor that keeps its shape: as one number, as one for each channel.
Translator::Spread Translator::spread_of(PlainTensorId constant, const TensorValue& value,
                                         const Dims& dims) const {
    if (!graph_.tensor(constant).dims) return Spread::other;
    const Dims& sizes = *graph_.tensor(constant).dims;
    if (broadcast(sizes, dims) != dims) return Spread::other;
    if (element_count(graph_, graph_.tensor(constant)) == 1) return Spread::one;
    std::size_t wide = dims.size();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (sizes[i] == 1) continue;
        if (wide != dims.size()) return Spread::other;
        wide = dims.size() - sizes.size() + i;
    }
    return value.view[wide] == whole_axis('c', shape(value).c) ? Spread::by_channel : Spread::other;
}

/// The block that writes a tensor where nothing else reads it and its activation is still to come.
ImportedBlock* Translator::open_block(const TensorValue& value) {
    if (value.block == kInputBlock || !value.alone || blocks_[value.block].closed) return nullptr;
    ImportedBlock& block = blocks_[value.block];
    return block.weights.filter == WeightSource::Filter::none || block.kind == "prelu" ? nullptr : &block;
}

/// A step that becomes a part of the block, so that what the block is said to have (batch norm, bias) are the
/// parameters of the file.
bool Translator::take_in(ImportedBlock& block, const ChannelStep& step, Spread spread, const PlainNode& node,
                         BlockId id) {
    using What = ChannelStep::What;
    const bool adds = step.what == What::add || step.what == What::subtract;
    const bool follows = block.multiplied && adds;
    if (spread == Spread::by_channel) {
        const bool convolves = block.keys.contains("batch_norm");
        if (step.what == What::batch_norm || !adds) {
            if (!convolves || block.keys["batch_norm"] == true) return false;
            block.keys["batch_norm"] = true;
            block.multiplied = step.what != What::batch_norm;
        } else if (follows) {
            if (!convolves) {
                block.kind = "batch_norm";
                blocks_.rename(id, node);
            }
            block.multiplied = false;
        } else {
            if (!convolves || block.keys["bias"] == true || block.keys["batch_norm"] == true) return false;
            block.keys["bias"] = true;
        }
    }
    if (block.kind == "layer_scale" && (adds || step.what == What::shift)) block.kind = "batch_norm";
    block.weights.steps.push_back(step);
    return true;
}

/// Factors by channel that biases by channel follow are a batch norm; alone they are a layer of their own.
bool Translator::is_norm(const PlainNode& product) const {
    const PlainNode* sum = only_reader(product.outputs.front());
    if (sum == nullptr || (sum->op != "Add" && sum->op != "Sub")) return false;
    for (const PlainTensorId id : sum->inputs)
        if (is_constant(id) && graph_.tensor(id).dims && element_count(graph_, graph_.tensor(id)) > 1)
            return true;
    return false;
}

/// Of a step with one.
std::optional<double> Translator::number_of(const ChannelStep& step) const {
    if (step.constants.empty()) return step.value;
    const auto numbers = numbers_of(graph_, step.constants.front(), 1);
    return numbers && numbers->size() == 1 ? std::optional(numbers->front()) : std::nullopt;
}

void Translator::by_channel(const PlainNode& node, std::size_t input, const ChannelStep& step,
                            Spread spread) {
    using What = ChannelStep::What;
    const TensorValue from = value(node, input);
    const bool factors =
        spread == Spread::by_channel && (step.what == What::multiply || step.what == What::divide);
    ImportedBlock* block = factors && !is_norm(node) ? nullptr : open_block(from);
    if (block != nullptr && take_in(*block, step, spread, node, from.block))
        return set_view(node, from, from.view);
    if (const auto number = number_of(step); spread == Spread::one && number) {
        const bool product =
            step.what == What::multiply || step.what == What::divide || step.what == What::scale;
        const double factor = step.what == What::divide ? 1 / *number : *number;
        const double shift = step.what == What::subtract ? -*number : *number;
        return linear_function(node, input, product ? factor : 1, product ? 0 : shift);
    }
    const bool factor = step.what == What::multiply || step.what == What::divide || step.what == What::scale;
    add_alike(node,
              {.kind = factor ? "layer_scale" : "batch_norm",
               .inputs = {from.block},
               .shape = shape(from),
               .multiplied = factor && spread == Spread::by_channel,
               .weights = {.filter = WeightSource::Filter::unit, .map = shape(from), .steps = {step}}},
              input);
}

bool Translator::batch_norm(const PlainNode& node) {
    const TensorValue from = value(node, 0);
    ChannelStep step{
        .what = ChannelStep::What::batch_norm, .constants = {}, .value = node.number("epsilon", 1e-5)};
    for (std::size_t i = 1; i < 5; ++i) {
        const PlainTensorId id = node.input(i);
        if (!is_constant(id) || dims(id) != Dims{shape(from).c}) return false;
        step.constants.push_back(id);
    }
    const std::size_t rank = dims(node.inputs[0]).size();
    const std::size_t axis = rank < 3 ? rank - 1 : map_axes(graph_.layout, rank).channel;
    if (from.view[axis] != whole_axis('c', shape(from).c)) return false;
    by_channel(node, 0, step, Spread::by_channel);
    return true;
}

bool Translator::arithmetic(const PlainNode& node) {
    if (node.inputs.size() != 2) return false;
    for (const std::size_t constant : {1U, 0U})
        if (is_constant(node.input(constant))) return with_constant(node, constant);
    return two_maps(node);
}

/// The factor of a product with keys.
bool Translator::scales_product(const PlainNode& node, std::size_t input, PlainTensorId constant) {
    const TensorValue from = value(node, input);
    const auto number = numbers_of(graph_, constant, 1);
    if (from.block == kInputBlock || !from.alone || blocks_[from.block].query == kInputBlock || !number ||
        blocks_[from.block].kind != "matmul" || (node.op != "Mul" && node.op != "Div") ||
        !(number->front() > 0))
        return false;
    Json& factor = blocks_[from.block].keys["factor"];
    const double before = factor.is_null() ? 1 : factor.get<double>();
    factor = node.op == "Mul" ? before * number->front() : before / number->front();
    set_view(node, from, from.view);
    return true;
}

bool Translator::with_constant(const PlainNode& node, std::size_t constant) {
    using What = ChannelStep::What;
    const std::size_t input = 1 - constant;
    const PlainTensorId id = node.input(constant);
    const Spread spread = spread_of(id, value(node, input), dims(node.input(input)));
    if (spread == Spread::other || (node.op == "Div" && constant == 0)) return false;
    if (node.op == "Sub" && constant == 0) {
        if (spread == Spread::by_channel) return false;
        const auto number = numbers_of(graph_, id, 1);
        if (!number) return false;
        ImportedBlock* const block = open_block(value(node, input));
        if (block == nullptr) return linear_function(node, input, -1, number->front()), true;
        block->weights.steps.push_back({.what = What::scale, .constants = {}, .value = -1});
        block->weights.steps.push_back({.what = What::add, .constants = {id}, .value = 0});
        pass(node);
        return true;
    }
    const What what = node.op == "Add"   ? What::add
                      : node.op == "Sub" ? What::subtract
                      : node.op == "Mul" ? What::multiply
                                         : What::divide;
    const bool nothing_added =
        spread == Spread::one &&
        numbers_of(graph_, id, 1) ==
            std::vector<double>{what == What::add || what == What::subtract ? 0.0 : 1.0};
    if (nothing_added) {
        const TensorValue from = value(node, input);
        set_view(node, from, from.view);
        return true;
    }
    if (spread == Spread::one && scales_product(node, input, id)) return true;
    by_channel(node, input, {.what = what, .constants = {id}, .value = 0}, spread);
    return true;
}

/// One value for each channel of a map.
bool Translator::gates(const TensorValue& gate, const Dims& gate_dims, const TensorValue& map,
                       const Dims& map_dims) const {
    const Shape& of = shape(gate);
    if (of.h != 1 || of.w != 1 || of.c != shape(map).c || gate_dims.size() > map_dims.size()) return false;
    const std::size_t missing = map_dims.size() - gate_dims.size();
    for (std::size_t i = 0; i < map_dims.size(); ++i) {
        const bool channels = map.view[i] == whole_axis('c', of.c);
        const ViewGroup& group = i < missing ? ViewGroup() : gate.view[i - missing];
        if (channels && of.c > 1 ? group != map.view[i] : !group.empty() && group != map.view[i])
            return false;
    }
    return true;
}

BlockId Translator::joined(const PlainNode& node, const char* kind, BlockId first, BlockId second) {
    return blocks_.add(node, {.kind = kind, .inputs = {first, second}, .shape = blocks_.shape(first)});
}

/// Two of the same sizes lie in one order: that of a map, if one of them is one.
void Translator::align(const PlainNode& node) {
    const auto is_map = [&](std::size_t i) {
        const auto expected = map_view(shape(value(node, i)), graph_.layout, dims(node.input(i)).size());
        return expected && *expected == value(node, i).view;
    };
    const std::size_t first = is_map(1) && !is_map(0) ? 1 : 0;
    const TensorValue like = value(node, first);
    (void)aligned(node, 1 - first, like);
}

bool Translator::two_maps(const PlainNode& node) {
    if (node.op != "Add" && node.op != "Mul") return false;
    std::size_t first = 0;
    std::size_t second = 1;
    if (value(node, 0).view != value(node, 1).view && dims(node.input(0)) == dims(node.input(1))) align(node);
    const char* kind = node.op == "Add" ? "add" : "multiply";
    const auto same = [&] {
        return value(node, 0).view == value(node, 1).view && shape(value(node, 0)) == shape(value(node, 1));
    };
    if (same()) {
        View view = value(node, 0).view;
        set(node.outputs.front(), joined(node, kind, value(node, 0).block, value(node, 1).block),
            std::move(view));
        return true;
    }
    const auto gated = [&] {
        return gates(value(node, second), dims(node.input(second)), value(node, first),
                     dims(node.input(first)));
    };
    if (!gated()) std::swap(first, second);
    if (!gated()) return false;
    View view = value(node, first).view;
    const BlockId map = value(node, first).block;
    BlockId gate = value(node, second).block;
    if (node.op == "Add") {  // sums are of maps of one size
        const Shape& of = shape(value(node, first));
        gate = blocks_.add(node, {.kind = "resize",
                                  .keys = object_of({{"height", of.h}, {"width", of.w}, {"rule", "nearest"}}),
                                  .inputs = {gate},
                                  .shape = of});
    }
    set(node.outputs.front(), joined(node, kind, map, gate), std::move(view));
    return true;
}

bool Translator::sum(const PlainNode& node) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
        if (is_constant(node.input(i)) || value(node, i).view != value(node, 0).view ||
            shape(value(node, i)) != shape(value(node, 0)))
            return false;
    }
    View view = value(node, 0).view;
    BlockId total = value(node, 0).block;
    for (std::size_t i = 1; i < node.inputs.size(); ++i)
        total = joined(node, "add", total, value(node, i).block);
    set(node.outputs.front(), total, std::move(view));
    return true;
}

bool Translator::activate(const PlainNode& node, const std::string& kind, std::optional<double> slope) {
    const TensorValue from = value(node, 0);
    const auto say = [&](ImportedBlock& block) {
        block.keys["activation"] = kind;
        if (slope) block.keys["slope"] = *slope;
        block.closed = true;
    };
    const bool free = from.block != kInputBlock && from.alone && !blocks_[from.block].closed;
    const auto takes = [&](const std::string& of) {
        return of == "conv" || of == "depthwise" || of == "transposed_conv" || of == "add" ||
               of == "multiply" || of == "batch_norm" || of == "layer_scale";
    };
    const auto is_linear = [](const ImportedBlock& block) {
        return block.kind == "operator" && block.keys.at("op") == "linear";
    };
    if (free && (takes(blocks_[from.block].kind) || is_linear(blocks_[from.block]))) {
        say(blocks_[from.block]);
        set_view(node, from, from.view);
        return true;
    }
    ImportedBlock block{.kind = "activation", .inputs = {from.block}, .shape = shape(from)};
    say(block);
    add_alike(node, std::move(block));
    return true;
}

bool Translator::activation(const PlainNode& node) {
    static const std::map<std::string, std::string> kinds = {
        {"Relu", "relu"}, {"Sigmoid", "sigmoid"}, {"HardSwish", "hard_swish"}};
    return activate(node, node.op == "Activation" ? node.text("kind", "") : kinds.at(node.op));
}

bool Translator::clip(const PlainNode& node) {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    constexpr double kUnbounded = 3e38;  // files write the largest f32
    const auto low = clip_limit(graph_, node, "min", 1, -kNone);
    const auto high = clip_limit(graph_, node, "max", 2, kNone);
    if (!low || !high) return false;
    if (*low<-kUnbounded&& * high> kUnbounded) return pass(node), true;
    if (*low != 0 || (*high != 6 && *high < kUnbounded)) return false;  // a function of the table
    return activate(node, *high == 6 ? "relu6" : "relu");
}

bool Translator::leaky_relu(const PlainNode& node) {
    return activate(node, "leaky_relu", node.number("alpha", 0.01));
}

bool Translator::prelu(const PlainNode& node) {
    const PlainTensorId slopes = node.input(1);
    if (!is_constant(slopes)) return false;
    const TensorValue from = value(node, 0);
    const Spread spread = spread_of(slopes, from, dims(node.input(0)));
    if (spread == Spread::other) return false;
    const auto numbers = numbers_of(graph_, slopes, 1);
    if (spread == Spread::one && numbers && shape(from).c > 1)
        return activate(node, "leaky_relu", numbers->front());
    add_alike(node,
              {.kind = "prelu",
               .inputs = {from.block},
               .shape = shape(from),
               .closed = true,
               .weights = {.filter = WeightSource::Filter::slopes, .tensor = slopes, .map = shape(from)}});
    return true;
}

/// Ours is max(0, min(1, x / 6 + 1 / 2)); of another slope or offset it is that of a linear function of x.
bool Translator::hard_sigmoid(const PlainNode& node) {
    using What = ChannelStep::What;
    constexpr double kTolerance = 1e-3;
    const double factor = 6 * node.number("alpha", 0.2);
    const double offset = 6 * (node.number("beta", 0.5) - 0.5);
    if (std::abs(factor - 1) < kTolerance && std::abs(offset) < kTolerance)
        return activate(node, "hard_sigmoid");
    const TensorValue from = value(node, 0);
    ImportedBlock* block = open_block(from);
    if (block != nullptr) {
        block->weights.steps.push_back({.what = What::scale, .constants = {}, .value = factor});
        block->weights.steps.push_back({.what = What::shift, .constants = {}, .value = offset});
        set_view(node, from, from.view);
    } else {
        linear_function(node, 0, factor, offset);
        block = &blocks_[values_[static_cast<std::size_t>(node.outputs.front())]->block];
    }
    block->keys["activation"] = "hard_sigmoid";
    block->closed = true;
    return true;
}

bool Translator::gelu(const PlainNode& node) {
    if (node.text("approximate", "none") == "none") return activate(node, "gelu");
    function(node, "gelu_tanh");
    return true;
}

bool Translator::softmax(const PlainNode& node) {
    const std::size_t rank = dims(node.input(0)).size();
    if (rank == 0) return false;
    const auto axis = static_cast<std::size_t>(axis_of(graph_, node, node.integer("axis", -1), rank));
    const TensorValue from = value(node, 0);
    if (from.view[axis] != whole_axis('c', shape(from).c)) return false;
    add_alike(node, {.kind = "softmax",
                     .inputs = {from.block},
                     .shape = shape(from),
                     .query = from.block == kInputBlock ? kInputBlock : blocks_[from.block].query});
    return true;
}

}  // namespace mobilenet_cost
