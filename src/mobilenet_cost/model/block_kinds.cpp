#include "mobilenet_cost/model/block_kinds.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;
using Keys = std::vector<std::string>;

constexpr std::int64_t kMostZeros = 1 << 16;
constexpr std::int64_t kMostGroups = 1 << 20;
constexpr std::int64_t kLargestFactor = 64;  // of a resize
constexpr double kLargestExpansion = 1000;
constexpr double kLargestSlope = 1000;
constexpr double kLargestNumber = 3.4e38;  // that an f32 holds
constexpr std::int64_t kMostCounted = std::int64_t{1} << 52;
constexpr std::int64_t kMostOperatorChannels = std::int64_t{1} << 28;
constexpr double kUsualSlope = 0.01;  // PyTorch's and ONNX's

std::int64_t channels(const ObjectReader& block) {
    return block.integer("channels", 1, kMostConfigChannels);
}

/// A number, or [height, width].
Sides sides(const ObjectReader& block, const std::string& key, std::int64_t least, std::int64_t most) {
    const json& value = block.at(key);
    if (!value.is_array()) return block.integer(key, least, most);
    if (value.size() != 2) block.fail_expected(key, "a number or [height, width]");
    return {read_integer(value[0], block.place(key + "/0"), least, most),
            read_integer(value[1], block.place(key + "/1"), least, most)};
}

Sides sides(const ObjectReader& block, const std::string& key, std::int64_t most) {
    return block.has(key) ? sides(block, key, 1, most) : Sides();
}

Sides kernels(const ObjectReader& block) {
    return sides(block, "kernel", 1, kLargestKernel);
}

/// Of a block whose shapes are those of a paper.
std::int64_t kernel(const ObjectReader& block) {
    return block.integer("kernel", 1, kLargestKernel);
}

std::int64_t stride(const ObjectReader& block) {
    return block.integer("stride", 1, kLargestStride, 1);
}

/// A number, or [numerator, denominator] where the published ratio is not a short decimal (88 / 24).
double expansion(const ObjectReader& block) {
    const json& value = block.at("expansion");
    if (!value.is_array()) return read_number(value, block.place("expansion"), 0, kLargestExpansion);
    if (value.size() != 2) block.fail_expected("expansion", "a number or [numerator, denominator]");
    const double numerator = read_number(value[0], block.place("expansion/0"), 0, 1e6);
    const double ratio = numerator / read_number(value[1], block.place("expansion/1"), 0, 1e6);
    if (ratio > kLargestExpansion)
        block.fail_expected("expansion", fmt::format("at most {}", kLargestExpansion));
    return ratio;
}

std::int64_t dilation(const ObjectReader& block) {
    return block.integer("dilation", 1, kLargestDilation, 1);
}

/// Zeros as [top, bottom, left, right].
Padding zeros(const ObjectReader& block, const std::string& key) {
    const json& value = block.at(key);
    if (!value.is_array() || value.size() != 4) block.fail_expected(key, "[top, bottom, left, right]");
    const auto side = [&](std::size_t i) {
        return read_integer(value[i], block.place(fmt::format("{}/{}", key, i)), 0, kMostZeros);
    };
    return {side(0), side(1), side(2), side(3)};
}

BlockPadding padding(const ObjectReader& block) {
    if (!block.has("padding")) return {};
    if (block.at("padding").is_array()) return {.zeros = zeros(block, "padding")};
    return {.rule = block.one_of<PaddingRule>("padding")};
}

/// A number of channels is scaled by alpha, a formula says what it is. A number in quotes is refused: nobody
/// would see why alpha does not scale it.
WidthExpression width(const ObjectReader& block, const std::string& key) {
    const json& value = block.at(key);
    if (!value.is_string())
        return WidthExpression::parse(fmt::format("scaled({})", block.integer(key, 1, kMostConfigChannels)),
                                      block.place(key));
    WidthExpression formula = WidthExpression::parse(value.get_ref<const std::string&>(), block.place(key));
    if (formula.is_number())
        block.fail_expected(key,
                            fmt::format("a whole number from 1 to {}, or a formula", kMostConfigChannels));
    return formula;
}

/// A number of channels is scaled by alpha; a formula says what it is.
bool is_formula(const ObjectReader& block) {
    return block.has("channels") && block.at("channels").is_string();
}

BlockKind read_conv(const ObjectReader& block) {
    for (const char* key : {"scale", "scale_from"}) {
        if (is_formula(block) && block.has(key)) block.fail_expected(key, "none beside a formula");
    }
    const bool relative = block.has("expansion");
    if (relative && block.has("channels"))
        block.fail_expected("expansion", "channels or expansion, not both");
    ConvBlock conv{.channels = relative || is_formula(block) ? 1 : channels(block),
                   .kernel = kernels(block),
                   .stride = sides(block, "stride", kLargestStride),
                   .scaling = block.one_of("scale", WidthScaling::always),
                   .scaled_from = block.number("scale_from", 0, kLargestConfigAlpha, 0),
                   .expansion = relative ? expansion(block) : 0,
                   .groups = block.integer("groups", 1, kMostGroups, 1),
                   .dilation = sides(block, "dilation", kLargestDilation),
                   .padding = padding(block),
                   .batch_norm = block.boolean("batch_norm", true),
                   .bias = block.boolean("bias", false)};
    if (is_formula(block)) conv.width = width(block, "channels");
    return conv;
}

BlockKind read_depthwise(const ObjectReader& block) {
    return DepthwiseBlock{.kernel = kernels(block),
                          .stride = sides(block, "stride", kLargestStride),
                          .dilation = sides(block, "dilation", kLargestDilation),
                          .multiplier = block.integer("multiplier", 1, kLargestDepthMultiplier, 1),
                          .padding = padding(block),
                          .batch_norm = block.boolean("batch_norm", true),
                          .bias = block.boolean("bias", false)};
}

template <WindowPool::Rule rule>
BlockKind read_window_pool(const ObjectReader& block) {
    return WindowPoolBlock{.rule = rule,
                           .kernel = kernels(block),
                           .stride = sides(block, "stride", kLargestStride),
                           .padding = padding(block),
                           .counts_padding = block.boolean("count_padding", false)};
}

BlockKind read_transposed_conv(const ObjectReader& block) {
    return TransposedConvBlock{.width = width(block, "channels"),
                               .kernel = kernels(block),
                               .stride = sides(block, "stride", kLargestStride),
                               .padding = block.has("padding") ? zeros(block, "padding") : Padding{},
                               .output_padding = block.has("output_padding")
                                                     ? sides(block, "output_padding", 0, kLargestStride)
                                                     : Sides(0),
                               .batch_norm = block.boolean("batch_norm", true),
                               .bias = block.boolean("bias", false)};
}

BlockKind read_pad(const ObjectReader& block) {
    PadBlock pad;
    if (block.has("padding")) pad.padding = zeros(block, "padding");
    if (!block.has("channels")) return pad;
    const json& value = block.at("channels");
    if (!value.is_array() || value.size() != 2) block.fail_expected("channels", "[before, behind]");
    pad.channels_before = read_integer(value[0], block.place("channels/0"), 0, kMostConfigChannels);
    pad.channels_behind = read_integer(value[1], block.place("channels/1"), 0, kMostConfigChannels);
    return pad;
}

template <ByChannel::Rule rule>
BlockKind read_by_channel(const ObjectReader&) {
    return ByChannelBlock{rule};
}

BlockKind read_matmul(const ObjectReader& block) {
    const bool transposed = block.boolean("transposed", false);
    if (transposed == block.has("like"))
        fail(block.place(),
             transposed
                 ? "expected no \"like\" where the second input is transposed: the product has a row for "
                   "each pixel of the first"
                 : "expected \"like\", the block whose height and width the product takes, or "
                   "\"transposed\": true");
    return MatMulBlock{.transposed = transposed,
                       .factor = block.number("factor", 0, kLargestExpansion, 1),
                       .like = std::nullopt};
}

/// None, or one or two.
OperatorNumbers operator_numbers(const ObjectReader& block) {
    OperatorNumbers numbers = {};
    if (!block.has("numbers")) return numbers;
    const json& value = block.at("numbers");
    if (!value.is_array() || value.size() > numbers.size()) block.fail_expected("numbers", "at most two");
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!value[i].is_number()) block.fail_expected(fmt::format("numbers/{}", i), "a number");
        numbers.at(i) =
            static_cast<float>(std::clamp(value[i].get<double>(), -kLargestNumber, kLargestNumber));
    }
    return numbers;
}

BlockKind read_operator(const ObjectReader& block) {
    OperationBlock op{.row = block.choice("op", operator_names()),
                      .numbers = operator_numbers(block),
                      .macs = block.integer("macs", 0, kMostCounted, 0),
                      .weights = block.integer("weights", 0, kMostCounted, 0),
                      .biases = block.integer("biases", 0, kMostCounted, 0)};
    if (block.has("height") || block.has("width") || block.has("channels")) {
        if (operator_table()[op.row].function != nullptr)
            fail(block.place(),
                 "expected no height, width and channels: the operator keeps those that it reads");
        op.size = Sides{block.integer("height", 1, kLargestResolution),
                        block.integer("width", 1, kLargestResolution)};
        op.channels = block.integer("channels", 1, kMostOperatorChannels);
    }
    return op;
}

BlockKind read_unknown(const ObjectReader& block) {
    UnknownBlock unknown{.op = block.text("op"),
                         .size = {block.integer("height", 1, kLargestResolution),
                                  block.integer("width", 1, kLargestResolution)},
                         .channels = channels(block)};
    if (!is_printable(unknown.op)) block.fail_expected("op", "a name without control characters");
    return unknown;
}

BlockKind read_squeeze_excite_block(const ObjectReader& block) {
    if (block.has("channels") && block.has("ratio"))
        block.fail_expected("channels", "ratio or channels, not both");
    if (block.has("channels")) return SqueezeExciteBlock{.width = width(block, "channels")};
    return SqueezeExciteBlock{.ratio = block.number("ratio", 0, kLargestExpansion), .width = std::nullopt};
}

BlockKind read_slice(const ObjectReader& block) {
    return SliceBlock{.begin = block.has("begin") ? std::optional(width(block, "begin")) : std::nullopt,
                      .width = width(block, "channels")};
}

BlockKind read_resize(const ObjectReader& block) {
    const bool size = block.has("height") || block.has("width");
    if (int{block.has("like")} + int{block.has("factor")} + int{size} != 1)
        fail(block.place(),
             "expected \"like\", the block whose size it takes, or \"factor\", or \"height\" and \"width\"");
    ResizeBlock resize{.rule = block.one_of("rule", Resize::Rule::bilinear),
                       .size = std::nullopt,
                       .factor = sides(block, "factor", kLargestFactor)};
    if (size)
        resize.size = {block.integer("height", 1, kLargestResolution),
                       block.integer("width", 1, kLargestResolution)};
    return resize;
}

BlockKind read_channel_shuffle(const ObjectReader& block) {
    return ChannelShuffleBlock{.groups = block.integer("groups", 1, kMostGroups)};
}

BlockKind read_depthwise_separable(const ObjectReader& block) {
    return DepthwiseSeparableBlock{.channels = channels(block),
                                   .kernel = kernel(block),
                                   .stride = stride(block),
                                   .squeeze_excite = block.number("squeeze_excite", 0, 1, 0),
                                   .batch_norm = block.boolean("batch_norm", true),
                                   .bias = block.boolean("bias", false)};
}

BlockKind read_inverted_residual(const ObjectReader& block) {
    const bool absolute = block.has("expanded");
    if (absolute && block.has("expansion"))
        block.fail_expected("expanded", "expansion or expanded, not both");
    return InvertedResidualBlock{.channels = channels(block),
                                 .kernel = kernel(block),
                                 .stride = stride(block),
                                 .expansion = absolute ? 1 : expansion(block),
                                 .expanded = absolute ? block.integer("expanded", 1, kMostConfigChannels) : 0,
                                 .squeeze_excite = block.number("squeeze_excite", 0, 1, 0),
                                 .dilation = dilation(block),
                                 .residual = block.boolean("residual", true)};
}

BlockKind read_universal(const ObjectReader& block) {
    UniversalInvertedBottleneckBlock kind{.channels = channels(block),
                                          .start_kernel = block.integer("start_kernel", 0, kLargestKernel),
                                          .middle_kernel = block.integer("middle_kernel", 0, kLargestKernel),
                                          .stride = stride(block),
                                          .expansion = expansion(block),
                                          .residual = block.boolean("residual", true)};
    if (kind.stride > 1 && kind.start_kernel == 0 && kind.middle_kernel == 0)
        block.fail_expected("stride", "1 where no depthwise convolution could stride");
    return kind;
}

BlockKind read_fused(const ObjectReader& block) {
    return FusedInvertedBottleneckBlock{.channels = channels(block),
                                        .kernel = kernel(block),
                                        .stride = stride(block),
                                        .expansion = expansion(block),
                                        .group_size = block.integer("group_size", 1, kMostConfigChannels, 0),
                                        .residual = block.boolean("residual", true)};
}

template <typename Kind>
BlockKind read_nothing(const ObjectReader&) {
    return Kind{};
}

/// Whether a kind has an activation: none, one that the block names, or otherwise the model's.
enum class Activated { never, if_named, always };

/// A block kind: its name in a config, the keys it takes beside "kind" and "name", and how it is read.
struct BlockKindRow {
    std::string name;
    Keys keys;
    BlockKind (*read)(const ObjectReader&);
    Activated activated;
};

const std::array<BlockKindRow, 27>& block_kinds() {
    static const std::array<BlockKindRow, 27> rows = {{
        {"conv",
         {"channels", "expansion", "kernel", "stride", "scale", "scale_from", "groups", "dilation", "padding",
          "batch_norm", "bias"},
         read_conv,
         Activated::always},
        {"depthwise",
         {"kernel", "stride", "dilation", "multiplier", "padding", "batch_norm", "bias"},
         read_depthwise,
         Activated::always},
        {"depthwise_separable",
         {"channels", "kernel", "stride", "squeeze_excite", "batch_norm", "bias"},
         read_depthwise_separable,
         Activated::always},
        {"inverted_residual",
         {"channels", "kernel", "stride", "dilation", "expansion", "expanded", "squeeze_excite", "residual"},
         read_inverted_residual,
         Activated::always},
        {"universal_inverted_bottleneck",
         {"channels", "start_kernel", "middle_kernel", "stride", "expansion", "residual"},
         read_universal,
         Activated::always},
        {"fused_inverted_bottleneck",
         {"channels", "kernel", "stride", "expansion", "group_size", "residual"},
         read_fused,
         Activated::always},
        {"pool", {}, read_nothing<PoolBlock>, Activated::never},
        {"max_pool",
         {"kernel", "stride", "padding"},
         read_window_pool<WindowPool::Rule::max>,
         Activated::never},
        {"average_pool",
         {"kernel", "stride", "padding", "count_padding"},
         read_window_pool<WindowPool::Rule::average>,
         Activated::never},
        {"squeeze_excite", {"ratio", "channels"}, read_squeeze_excite_block, Activated::never},
        {"add", {}, read_nothing<AddBlock>, Activated::if_named},
        {"multiply", {}, read_nothing<MultiplyBlock>, Activated::if_named},
        {"concat", {}, read_nothing<ConcatBlock>, Activated::never},
        {"slice", {"begin", "channels"}, read_slice, Activated::never},
        {"resize", {"like", "factor", "height", "width", "rule"}, read_resize, Activated::never},
        {"channel_shuffle", {"groups"}, read_channel_shuffle, Activated::never},
        {"batch_norm", {}, read_by_channel<ByChannel::Rule::batch_norm>, Activated::if_named},
        {"layer_scale", {}, read_by_channel<ByChannel::Rule::scale>, Activated::if_named},
        {"prelu", {}, read_by_channel<ByChannel::Rule::prelu>, Activated::never},
        {"transposed_conv",
         {"channels", "kernel", "stride", "padding", "output_padding", "batch_norm", "bias"},
         read_transposed_conv,
         Activated::always},
        {"pad", {"padding", "channels"}, read_pad, Activated::never},
        {"softmax", {}, read_nothing<SoftmaxBlock>, Activated::never},
        {"matmul", {"transposed", "factor", "like"}, read_matmul, Activated::never},
        {"operator",
         {"op", "numbers", "height", "width", "channels", "macs", "weights", "biases"},
         read_operator,
         Activated::if_named},
        {"unknown", {"op", "height", "width", "channels"}, read_unknown, Activated::never},
        {"activation", {}, read_nothing<ActivationBlock>, Activated::always},
        {"classifier", {}, read_nothing<ClassifierBlock>, Activated::never},
    }};
    return rows;
}

}  // namespace

std::vector<std::string> block_kind_names() {
    Keys names;
    for (const BlockKindRow& row : block_kinds())
        names.push_back(row.name);
    return names;
}

Block read_block(const ListedBlock& listed, const std::string& file, Activation activation) {
    const ObjectReader reader(*listed.keys, file, listed.pointer);
    const BlockKindRow& row = block_kinds()[reader.choice("kind", block_kind_names())];
    Keys known = row.keys;
    known.insert(known.end(), list_keys().begin(), list_keys().end());
    if (row.activated != Activated::never) known.insert(known.end(), {"activation", "slope"});
    reader.allow_only(known);
    Block block{.name = listed.name,
                .kind = row.read(reader),
                .inputs = listed.inputs,
                .tap = listed.tap,
                .pointer = listed.pointer};
    if (auto* const resize = std::get_if<ResizeBlock>(&block.kind)) resize->like = listed.like;
    if (auto* const matmul = std::get_if<MatMulBlock>(&block.kind)) matmul->like = listed.like;
    const Activation usual = row.activated == Activated::always ? activation : Activation::none;
    if (row.activated != Activated::never && !listed.linear)
        block.activation = reader.one_of("activation", usual);
    if (block.activation == Activation::leaky_relu) {
        block.slope = static_cast<float>(reader.number("slope", -kLargestSlope, kLargestSlope, kUsualSlope));
    } else if (reader.has("slope")) {
        reader.fail_expected("slope", "none: it belongs to the activation leaky_relu");
    }
    return block;
}

bool has_weights(const Block& block) {
    return std::holds_alternative<ConvBlock>(block.kind) ||
           std::holds_alternative<DepthwiseBlock>(block.kind) ||
           std::holds_alternative<DepthwiseSeparableBlock>(block.kind) ||
           std::holds_alternative<InvertedResidualBlock>(block.kind) ||
           std::holds_alternative<UniversalInvertedBottleneckBlock>(block.kind) ||
           std::holds_alternative<FusedInvertedBottleneckBlock>(block.kind) ||
           std::holds_alternative<SqueezeExciteBlock>(block.kind) ||
           std::holds_alternative<TransposedConvBlock>(block.kind) ||
           std::holds_alternative<ClassifierBlock>(block.kind);
}

}  // namespace mobilenet_cost
