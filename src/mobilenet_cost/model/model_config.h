#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mobilenet_cost/model/layer.h"
#include "mobilenet_cost/model/resolution.h"
#include "mobilenet_cost/model/width_expression.h"

namespace mobilenet_cost {

/// How a scaled width becomes a channel count. `truncate`: max(int(v), minimum), as TF-slim's MobileNetV1.
/// `divisible`: the nearest multiple of `divisor`, at least `minimum`, one divisor more if that lost more
/// than 1 - keep of v, as MobileNetV2 to V4.
/// `nearest`: the nearest whole number, halves to the even one, as Python's round(); at least `minimum`.
struct Rounding {
    enum class Rule { truncate, divisible, nearest };
    Rule rule = Rule::truncate;
    std::int64_t divisor = 1;
    std::int64_t minimum = 8;
    double keep = 0.9;

    bool operator==(const Rounding&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<Rounding::Rule> = {"truncate", "divisible",
                                                                               "nearest"};

/// When the width multiplier scales a block's channels.
enum class WidthScaling { always, never, above_one };
template <>
inline constexpr std::array<std::string_view, 3> kEnumNames<WidthScaling> = {"always", "never", "above_one"};

enum class PaddingRule {
    same,       ///< TensorFlow's SAME: output ceil(n / stride), an odd zero goes to the bottom and right
    symmetric,  ///< (K - 1) / 2 on every side
    end_only,   ///< K - 2 at the bottom and right where the stride is above 1, otherwise SAME, as Keras'
                ///< MobileNet
    valid,      ///< none
};
template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<PaddingRule> = {"same", "symmetric", "end_only",
                                                                            "valid"};

/// Instead of the model's rule: another rule, or so many zeros. Neither: the model's.
struct BlockPadding {
    std::optional<PaddingRule> rule = std::nullopt;
    std::optional<Padding> zeros = std::nullopt;
};

class ImportedWeights;

struct ConvBlock {
    std::int64_t channels = 0;
    std::optional<WidthExpression> width = std::nullopt;  ///< instead of `channels`; alpha does not scale it
    Sides kernel = 1;
    Sides stride = 1;
    WidthScaling scaling = WidthScaling::always;
    double scaled_from = 0;  ///< a width multiplier below this one leaves `channels` as they are
    double expansion = 0;    ///< of the input channels, instead of `channels`; 0: none
    std::int64_t groups = 1;
    Sides dilation = 1;
    BlockPadding padding;
    bool batch_norm = true;
    bool bias = false;
};

/// One filter for each channel, or `multiplier`.
struct DepthwiseBlock {
    Sides kernel = 3;
    Sides stride = 1;
    Sides dilation = 1;
    std::int64_t multiplier = 1;
    BlockPadding padding;
    bool batch_norm = true;
    bool bias = false;
};

struct TransposedConvBlock {
    WidthExpression width;
    Sides kernel = 2;
    Sides stride = 2;
    Padding padding;                ///< cut off
    Sides output_padding = {0, 0};  ///< rows and columns that follow
    bool batch_norm = true;
    bool bias = false;
};

/// Depthwise, optional squeeze-and-excite, pointwise (MobileNetV1).
struct DepthwiseSeparableBlock {
    std::int64_t channels = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    double squeeze_excite = 0;  ///< squeezed width over gated width; 0: none
    bool batch_norm = true;
    bool bias = false;
};

/// Expand 1x1 (absent at expansion 1), depthwise, optional squeeze-and-excite, project 1x1, residual where
/// shapes allow (MobileNetV2, V3).
struct InvertedResidualBlock {
    std::int64_t channels = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    double expansion = 1;       ///< of the scaled input channels
    std::int64_t expanded = 0;  ///< expanded width at alpha 1, scaled by itself instead; 0: none
    double squeeze_excite = 0;  ///< squeezed width over that of SqueezeExcite::from; 0: none
    std::int64_t dilation = 1;  ///< of the depthwise convolution
    bool residual = true;
};

/// MobileNetV4: optional start depthwise, expand 1x1, optional middle depthwise, project 1x1, residual. The
/// stride is the middle depthwise's, or the start's where there is no middle. Kernel 0: absent.
struct UniversalInvertedBottleneckBlock {
    std::int64_t channels = 0;
    std::int64_t start_kernel = 0;
    std::int64_t middle_kernel = 0;
    std::int64_t stride = 1;
    double expansion = 1;
    bool residual = true;
};

/// K x K convolution that expands, then project 1x1, residual.
struct FusedInvertedBottleneckBlock {
    std::int64_t channels = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    double expansion = 1;
    std::int64_t group_size = 0;  ///< outputs of a group of the K x K convolution; 0: one group
    bool residual = true;
};

/// How every squeeze-and-excite of a model is built.
struct SqueezeExcite {
    enum class From { gated, input };
    From from = From::gated;  ///< the width that its ratio is of: the gated map's, or the block input's
    std::optional<Rounding> rounding;  ///< of the squeezed width; absent: the model's
    Activation squeeze = Activation::relu;
    Activation gate = Activation::hard_sigmoid;

    bool operator==(const SqueezeExcite&) const = default;
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<SqueezeExcite::From> = {"gated", "input"};

/// Mean over height and width.
struct PoolBlock {};

struct WindowPoolBlock {
    WindowPool::Rule rule = WindowPool::Rule::max;
    Sides kernel = 2;
    Sides stride = 1;
    BlockPadding padding;
    bool counts_padding = false;
};

/// Squeeze-and-excite on its own.
struct SqueezeExciteBlock {
    double ratio = 0;                      ///< squeezed width over gated width
    std::optional<WidthExpression> width;  ///< the squeezed width instead
};

struct AddBlock {};

/// The second input has the first one's shape, or one value for each channel.
struct MultiplyBlock {};

struct ConcatBlock {};

struct SliceBlock {
    std::optional<WidthExpression> begin;  ///< absent: 0
    WidthExpression width;
};

struct ResizeBlock {
    Resize::Rule rule = Resize::Rule::bilinear;
    std::optional<std::int32_t> like =
        std::nullopt;                          ///< to the size of another block's output; -1: the input's
    std::optional<Sides> size = std::nullopt;  ///< to so many rows and columns
    Sides factor = 1;                          ///< otherwise to so many times the size
};

struct ChannelShuffleBlock {
    std::int64_t groups = 2;
};

struct ByChannelBlock {
    ByChannel::Rule rule = ByChannel::Rule::batch_norm;
};

struct ActivationBlock {};

/// Zeros around the map, and channels of zeros.
struct PadBlock {
    Padding padding;
    std::int64_t channels_before = 0;
    std::int64_t channels_behind = 0;
};

struct SoftmaxBlock {};

/// The first input's rows times the second input's matrix; see MatMul.
struct MatMulBlock {
    bool transposed = false;
    double factor = 1;
    std::optional<std::int32_t> like = std::nullopt;  ///< whose height and width the product has
};

/// A row of operator_table(), by the map that it writes; see Operation.
struct OperationBlock {
    std::size_t row = 0;
    OperatorNumbers numbers = {};
    std::optional<Sides> size = std::nullopt;  ///< absent: the map that it reads is as large
    std::int64_t channels = 0;                 ///< with a size
    std::int64_t macs = 0;                     ///< of one image
    std::int64_t weights = 0;
    std::int64_t biases = 0;
};

/// An operator that is not known, by the shape that it gives.
struct UnknownBlock {
    std::string op;
    Sides size;
    std::int64_t channels = 1;
};

struct ClassifierBlock {};

using BlockKind =
    std::variant<ConvBlock, DepthwiseBlock, DepthwiseSeparableBlock, InvertedResidualBlock,
                 UniversalInvertedBottleneckBlock, FusedInvertedBottleneckBlock, PoolBlock, WindowPoolBlock,
                 SqueezeExciteBlock, AddBlock, MultiplyBlock, ConcatBlock, SliceBlock, ResizeBlock,
                 ChannelShuffleBlock, ByChannelBlock, ActivationBlock, TransposedConvBlock, PadBlock,
                 SoftmaxBlock, MatMulBlock, OperationBlock, UnknownBlock, ClassifierBlock>;

struct Block {
    std::string name;
    Activation activation = Activation::none;
    BlockKind kind;
    /// What it reads: indices of earlier blocks, -1 for the network's input. Empty: the block before.
    std::vector<std::int32_t> inputs = {};
    bool tap = false;          ///< one of the network's outputs, beside the last block's
    std::string pointer = {};  ///< JSON place in the model file
    float slope = 0;           ///< of a leaky ReLU
};

/// A width multiplier that a name stands for: "075" is 0.75.
struct NamedSize {
    std::string name;
    double alpha = 1;
};

/// One model file: a family of networks, one for each width multiplier, resolution and class count.
struct ModelConfig {
    std::string name;
    std::string title;
    std::string description;
    std::vector<std::string> sources;
    Resolution resolution = 224;  ///< native input height and width, pixels
    std::int64_t input_channels = 3;
    std::int64_t classes = 1000;            ///< where none are asked for
    DataType data_type = DataType::f32;     ///< as above, for counts of bytes
    std::vector<double> alphas;             ///< published width multipliers
    std::vector<NamedSize> sizes;           ///< suffixes of the family's name, each for one width multiplier
    std::string extends;                    ///< bundled model that this one is told by its differences from
    std::optional<double> fixed_alpha;      ///< the only width multiplier; the name stands for it
    std::vector<std::int64_t> resolutions;  ///< published resolutions, pixels
    PaddingRule padding = PaddingRule::same;
    Rounding rounding;
    SqueezeExcite squeeze_excite;
    std::vector<Block> blocks;
    bool branches = false;  ///< some block reads another one than that before it, or is an output
    std::shared_ptr<const std::vector<std::string>> block_names;  ///< as in `blocks`; shared by its networks
    std::shared_ptr<const std::vector<std::string>> part_of;      ///< see Network::part_of
    std::shared_ptr<const ImportedWeights> weights;               ///< see Network::weights
};

/// Any bytes give a ModelConfig or an Error that starts with `place` and names the JSON location.
[[nodiscard]] ModelConfig parse_model_config(std::string_view text, std::string_view place);

inline constexpr std::int64_t kLargestDilation = 1024;
inline constexpr std::int64_t kMostClasses = 100'000'000;  ///< far beyond any classifier

inline constexpr std::size_t kLargestModelFile = 1 << 20;  ///< bytes

/// Reads a file. Throws Error.
[[nodiscard]] ModelConfig load_model_config(const std::filesystem::path& path);

}  // namespace mobilenet_cost
