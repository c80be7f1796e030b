#include "mobilenet_cost/model/expand.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kMostChannels = 1 << 28;

struct SpatialPadding {
    std::int64_t output = 0;
    std::int64_t before = 0;
    std::int64_t after = 0;
};

/// One dimension. SAME gives ceil(n / stride) and puts the odd zero after.
SpatialPadding pad(std::int64_t size, std::int64_t kernel, std::int64_t stride, PaddingRule rule) {
    if (rule == PaddingRule::symmetric) {
        const std::int64_t side = (kernel - 1) / 2;
        if (size + 2 * side < kernel) return {};
        return {(size + 2 * side - kernel) / stride + 1, side, side};
    }
    if (rule == PaddingRule::end_only && stride > 1) {
        const std::int64_t after = std::max<std::int64_t>(kernel - 2, 0);
        if (size + after < kernel) return {};
        return {(size + after - kernel) / stride + 1, 0, after};
    }
    const std::int64_t output = (size + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((output - 1) * stride + kernel - size, 0);
    return {output, total / 2, total - total / 2};
}

/// A tensor that the next layer reads.
struct Tensor {
    TensorId id = 0;
    Shape shape;
};

/// Gives the layers of one block after another to a sink: a network, or a running sum that keeps no layers.
template <typename Sink>
class Expander {
  public:
    Expander(const ModelConfig& config, const Variant& variant, const Shape& input, Sink sink)
        : config_(config), variant_(variant), sink_(sink), last_{0, input} {}

    /// All blocks, or those before the top.
    void append_all() {
        if (!variant_.form.top && is_top(config_.blocks.front().kind))
            fail(config_.name,
                 "expected a block before the pooling, found none: without a top no layer is left");
        for (std::size_t i = 0; i < config_.blocks.size(); ++i) {
            const BlockKind& kind = config_.blocks[i].kind;
            if (!variant_.form.top && is_top(kind)) break;
            block_ = static_cast<std::int32_t>(i);
            activation_ = config_.blocks[i].activation;
            const std::int64_t stride = variant_.form.output_stride == 0 ? 1 : std::visit(StrideOf(), kind);
            dilated_ = reached_ * stride > variant_.form.output_stride && stride > 1;
            if (!dilated_) reached_ *= stride;
            std::visit([this](const auto& block) { this->append_block(block); }, kind);
            if (dilated_) dilate(stride);
        }
    }

  private:
    static bool is_top(const BlockKind& kind) {
        return std::holds_alternative<PoolBlock>(kind) || std::holds_alternative<ClassifierBlock>(kind);
    }

    void dilate(std::int64_t stride) {
        constexpr std::int64_t kLargestDilation = 1024;
        dilation_ *= stride;
        if (dilation_ > kLargestDilation)
            fail_here(
                fmt::format("expected a dilation of at most {}, found {}", kLargestDilation, dilation_));
    }

    struct StrideOf {
        template <typename Block>
        std::int64_t operator()(const Block& block) const {
            if constexpr (requires { block.stride; }) return block.stride;
            return 1;
        }
    };

    struct ConvSpec {
        std::int64_t channels = 0;
        std::int64_t kernel = 1;
        std::int64_t stride = 1;
        bool depthwise = false;
        std::int64_t groups = 1;      ///< where not depthwise
        std::int64_t multiplier = 1;  ///< outputs for each input, where depthwise
        bool batch_norm = true;
        bool bias = false;
        std::optional<PaddingRule> padding = std::nullopt;
    };

    [[noreturn]] void fail_here(const std::string& message) const {
        fail(config_.name,
             fmt::format("block {}: {}", in_quotes((*config_.block_names)[static_cast<std::size_t>(block_)]),
                         message));
    }

    [[nodiscard]] std::int64_t rounded(double width) const { return rounded(width, config_.rounding); }
    [[nodiscard]] std::int64_t rounded(double width, const Rounding& rounding) const {
        if (!(width < static_cast<double>(kMostChannels)))
            fail_here(fmt::format("expected at most {} channels, found {:.6g}", kMostChannels, width));
        return round_channels(width, rounding);
    }

    [[nodiscard]] std::int64_t scaled(std::int64_t channels,
                                      WidthScaling scaling = WidthScaling::always) const {
        const bool applies =
            scaling == WidthScaling::always || (scaling == WidthScaling::above_one && variant_.alpha > 1);
        const bool first_kept = variant_.scope == AlphaScope::inner && block_ == 0;
        if (!applies || first_kept) return channels;
        return rounded(static_cast<double>(channels) * variant_.alpha);
    }

    [[nodiscard]] std::int64_t expanded(double expansion) const {
        return rounded(static_cast<double>(last_.shape.c) * expansion);
    }

    void push(const LayerKind& kind, Role role, Activation activation, const Tensor& from,
              const Shape& output, TensorId second = kNoTensor) {
        Layer layer;
        layer.kind = kind;
        layer.activation = activation;
        layer.role = role;
        layer.block = block_;
        layer.inputs = {from.id, second};
        layer.input = from.shape;
        layer.output = output;
        sink_(layer);
        last_ = {last_.id + 1, output};
    }

    void conv(Role role, const ConvSpec& spec, Activation activation) {
        const Shape& in = last_.shape;
        const PaddingRule rule = spec.padding.value_or(config_.padding);
        Conv kind;
        kind.kernel = spec.kernel;
        kind.stride = dilated_ ? 1 : spec.stride;
        kind.dilation = spec.kernel > 1 ? dilation_ : 1;
        kind.groups = spec.depthwise ? in.c : spec.groups;
        kind.batch_norm = spec.batch_norm;
        kind.bias = spec.bias;
        const std::int64_t extent = (kind.kernel - 1) * kind.dilation + 1;
        const SpatialPadding rows = pad(in.h, extent, kind.stride, rule);
        const SpatialPadding columns = in.w == in.h ? rows : pad(in.w, extent, kind.stride, rule);
        if (rows.output < 1 || columns.output < 1)
            fail_here(fmt::format("a {0}x{0} kernel does not fit a map of {1}x{2}", extent, in.h, in.w));
        kind.padding = {rows.before, rows.after, columns.before, columns.after};
        push(kind, role, activation, Tensor(last_),
             {in.n, rows.output, columns.output, spec.depthwise ? in.c * spec.multiplier : spec.channels});
    }

    void pointwise(Role role, std::int64_t channels, Activation activation) {
        conv(role, {.channels = channels}, activation);
    }

    void depthwise(Role role, std::int64_t kernel, std::int64_t stride, Activation activation) {
        conv(role, {.kernel = kernel, .stride = stride, .depthwise = true}, activation);
    }

    void pool(Role role) {
        const Tensor from = last_;
        push(GlobalPool{}, role, Activation::none, from, {from.shape.n, 1, 1, from.shape.c});
    }

    /// Pool, reduce, expand, multiply: as MobileNetV3 section 5.3 where the model says no more. `block` is
    /// what the block reads.
    void squeeze_excite(double ratio, const Tensor& block) {
        const Tensor gated = last_;
        const SqueezeExcite& rule = config_.squeeze_excite;
        const std::int64_t of = (rule.from == SqueezeExcite::From::input ? block : gated).shape.c;
        const std::int64_t squeezed =
            rounded(static_cast<double>(of) * ratio, rule.rounding.value_or(config_.rounding));
        pool(Role::squeeze_pool);
        conv(Role::squeeze_reduce, {.channels = squeezed, .batch_norm = false, .bias = true}, rule.squeeze);
        conv(Role::squeeze_expand, {.channels = gated.shape.c, .batch_norm = false, .bias = true}, rule.gate);
        push(Scale{}, Role::squeeze_scale, Activation::none, gated, gated.shape, last_.id);
    }

    void residual(const Tensor& from, bool wanted) {
        if (!wanted || from.shape != last_.shape) return;
        push(Add{}, Role::add, Activation::none, Tensor(last_), from.shape, from.id);
    }

    [[nodiscard]] std::int64_t groups_of(std::int64_t size, std::int64_t inputs, std::int64_t outputs) const {
        if (size == 0) return 1;
        const std::int64_t groups = outputs / size;
        if (groups * size != outputs || inputs % groups != 0)
            fail_here(fmt::format("expected {} outputs in groups of {}, and inputs in as many, found {}",
                                  outputs, size, inputs));
        return groups;
    }

    [[nodiscard]] std::int64_t channels_of(const ConvBlock& block) const {
        if (block.expansion > 0) return expanded(block.expansion);
        return variant_.alpha < block.scaled_from ? block.channels : scaled(block.channels, block.scaling);
    }

    void append_block(const ConvBlock& block) {
        conv(Role::whole,
             {.channels = channels_of(block),
              .kernel = block.kernel,
              .stride = block.stride,
              .batch_norm = block.batch_norm,
              .bias = block.bias,
              .padding = block.padding},
             activation_);
    }

    void append_block(const DepthwiseSeparableBlock& block) {
        const Tensor from = last_;
        conv(Role::separable_depthwise,
             {.kernel = block.kernel,
              .stride = block.stride,
              .depthwise = true,
              .multiplier = variant_.form.depth_multiplier,
              .batch_norm = block.batch_norm,
              .bias = block.bias},
             activation_);
        if (block.squeeze_excite > 0) squeeze_excite(block.squeeze_excite, from);
        conv(Role::separable_pointwise,
             {.channels = scaled(block.channels), .batch_norm = block.batch_norm, .bias = block.bias},
             activation_);
    }

    void append_block(const InvertedResidualBlock& block) {
        const Tensor from = last_;
        const std::int64_t width = block.expanded > 0 ? scaled(block.expanded) : expanded(block.expansion);
        if (block.expanded > 0 || block.expansion != 1) pointwise(Role::expand, width, activation_);
        depthwise(Role::depthwise, block.kernel, block.stride, activation_);
        if (block.squeeze_excite > 0) squeeze_excite(block.squeeze_excite, from);
        pointwise(Role::project, scaled(block.channels), Activation::none);
        residual(from, block.residual && (dilated_ || block.stride == 1));
    }

    void append_block(const UniversalInvertedBottleneckBlock& block) {
        const Tensor from = last_;
        const std::int64_t width = expanded(block.expansion);
        const std::int64_t start_stride = block.middle_kernel > 0 ? 1 : block.stride;
        if (block.start_kernel > 0)
            depthwise(Role::start_depthwise, block.start_kernel, start_stride, Activation::none);
        pointwise(Role::expand, width, activation_);
        if (block.middle_kernel > 0)
            depthwise(Role::middle_depthwise, block.middle_kernel, block.stride, activation_);
        pointwise(Role::project, scaled(block.channels), Activation::none);
        residual(from, block.residual && (dilated_ || block.stride == 1));
    }

    void append_block(const FusedInvertedBottleneckBlock& block) {
        const Tensor from = last_;
        const std::int64_t width = expanded(block.expansion);
        conv(Role::expand,
             {.channels = width,
              .kernel = block.kernel,
              .stride = block.stride,
              .groups = groups_of(block.group_size, from.shape.c, width)},
             activation_);
        pointwise(Role::project, scaled(block.channels), Activation::none);
        residual(from, block.residual && (dilated_ || block.stride == 1));
    }

    void append_block(const PoolBlock&) { pool(Role::whole); }

    void append_block(const ClassifierBlock&) {
        if (last_.shape.h != 1 || last_.shape.w != 1)
            fail_here(fmt::format("a classifier reads a 1x1 map, found {}x{} (put a pool block before it)",
                                  last_.shape.h, last_.shape.w));
        conv(Role::classifier, {.channels = variant_.classes, .batch_norm = false, .bias = true},
             activation_);
    }

    const ModelConfig& config_;
    const Variant& variant_;
    Sink sink_;
    Tensor last_;
    std::int32_t block_ = 0;
    std::int64_t reached_ = 1;  ///< product of the strides so far
    std::int64_t dilation_ =
        1;                  ///< of K x K convolutions: product of the strides that the output stride took
    bool dilated_ = false;  ///< this block's stride is one of them
    Activation activation_ = Activation::none;
};

void check_count(const char* what, std::int64_t value, std::int64_t most) {
    if (value < 1 || value > most)
        fail("", fmt::format("{}: expected a whole number from 1 to {}, found {}", what, most, value));
}

void check_variant(const Variant& variant, const Resolution& resolution) {
    if (!(variant.alpha > 0) || !(variant.alpha <= kLargestAlpha))
        fail("", fmt::format("alpha: expected a width multiplier above 0 and up to {}, found {:.6g}",
                             kLargestAlpha, variant.alpha));
    check_count(side_of(resolution) ? "resolution" : "height", resolution.height, kLargestResolution);
    check_count("width", resolution.width, kLargestResolution);
    check_count("classes", variant.classes, kMostClasses);
    check_count("batch", variant.batch, kLargestBatch);
    check_count("depth multiplier", variant.form.depth_multiplier, kLargestDepthMultiplier);
}

}  // namespace

std::int64_t round_channels(double v, const Rounding& rounding) {
    if (rounding.rule == Rounding::Rule::truncate)
        return std::max(static_cast<std::int64_t>(v), rounding.minimum);
    if (rounding.rule == Rounding::Rule::nearest)
        return std::max(static_cast<std::int64_t>(std::nearbyint(v)), rounding.minimum);
    const auto divisor = static_cast<double>(rounding.divisor);
    const std::int64_t nearest = static_cast<std::int64_t>((v + divisor / 2) / divisor) * rounding.divisor;
    const std::int64_t channels = std::max(rounding.minimum, nearest);
    return static_cast<double>(channels) < rounding.keep * v ? channels + rounding.divisor : channels;
}

std::int64_t resolution_of_beta(const ModelConfig& config, double beta) {
    const double pixels = beta * static_cast<double>(config.resolution);
    if (!(beta > 0) || !(pixels < static_cast<double>(kLargestResolution)))
        fail("", fmt::format("beta: expected a resolution multiplier above 0, found {:.6g}", beta));
    return std::max<std::int64_t>(1, std::llround(pixels));
}

namespace {

/// Keras has the option for MobileNetV1 alone, and only its block has a place for it.
void check_depth_multiplier(const ModelConfig& config, const Form& form) {
    const auto is_separable = [](const Block& block) {
        return std::holds_alternative<DepthwiseSeparableBlock>(block.kind);
    };
    if (form.depth_multiplier != 1 && std::none_of(config.blocks.begin(), config.blocks.end(), is_separable))
        fail(config.name,
             fmt::format("a depth multiplier is for depthwise_separable blocks, as in mobilenet_v1; "
                         "expected 1, found {}",
                         form.depth_multiplier));
}

Shape input_shape(const ModelConfig& config, const Variant& variant) {
    const Resolution resolution = variant.resolution == Resolution() ? config.resolution : variant.resolution;
    check_variant(variant, resolution);
    check_depth_multiplier(config, variant.form);
    const std::int64_t channels = variant.form.channels == 0 ? config.input_channels : variant.form.channels;
    check_count("channels", channels, kMostInputChannels);
    return {variant.batch, resolution.height, resolution.width, channels};
}

template <typename Sink>
void expand_blocks(const ModelConfig& config, const Variant& variant, const Shape& input, Sink sink) {
    Expander<Sink>(config, variant, input, sink).append_all();
}

}  // namespace

std::string form_text(const Form& form) {
    std::string text = form.top ? "" : ", no top";
    if (form.channels != 0)
        text += fmt::format(", {} channel{}", form.channels, form.channels == 1 ? "" : "s");
    if (form.output_stride != 0) text += fmt::format(", output stride {}", form.output_stride);
    if (form.depth_multiplier != 1) text += fmt::format(", depth multiplier {}", form.depth_multiplier);
    return text;
}

std::string head_text(std::int64_t classes, const Form& form) {
    return form.top ? fmt::format("classes {}", classes) + form_text(form) : form_text(form).substr(2);
}

std::string classes_text(std::int64_t classes, const Form& form) {
    return form.top ? fmt::format("{} classes", classes) + form_text(form) : form_text(form).substr(2);
}

std::string variant_text(double alpha, const Resolution& resolution) {
    return fmt::format("alpha {} at {} px", alpha, resolution);
}

std::string variant_text(std::string_view model, double alpha, const Resolution& resolution) {
    return fmt::format("{} {}", model, variant_text(alpha, resolution));
}

void expand_into(const ModelConfig& config, const Variant& variant, Network& network) {
    network.block_names = config.block_names;
    network.input = input_shape(config, variant);
    network.layers.clear();
    expand_blocks(config, variant, network.input,
                  [&network](const Layer& layer) { network.layers.push_back(layer); });
}

Network expand(const ModelConfig& config, const Variant& variant) {
    Network network;
    expand_into(config, variant, network);
    return network;
}

Cost total_cost(const ModelConfig& config, const Variant& variant) {
    Cost total;
    expand_blocks(config, variant, input_shape(config, variant),
                  [&total](const Layer& layer) { total += layer_cost(layer); });
    return total;
}

}  // namespace mobilenet_cost
