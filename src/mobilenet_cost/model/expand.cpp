#include "mobilenet_cost/model/expand.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/model/graph_blocks.h"
#include "mobilenet_cost/model/standard_counterpart.h"

namespace mobilenet_cost {
namespace {

/// Gives the layers of one block after another.
class Expander : GraphBlocks {
  public:
    using GraphBlocks::GraphBlocks;

    /// All blocks, or those before the top.
    void append_all() {
        if (!variant_.form.top) check_top();
        for (std::size_t i = 0; i < config_.blocks.size(); ++i) {
            const Block& block = config_.blocks[i];
            if (!variant_.form.top && is_top(block.kind)) break;
            block_ = static_cast<std::int32_t>(i);
            activation_ = block.activation;
            slope_ = block.slope;
            if (!block.inputs.empty()) read_from(block.inputs);
            const Sides strides = variant_.form.output_stride == 0 ? 1 : std::visit(StrideOf(), block.kind);
            const std::int64_t stride = std::max(strides.h, strides.w);
            dilated_ = strides_.reached * stride > variant_.form.output_stride && stride > 1;
            if (dilated_ && !side_of(strides))
                fail_here(
                    fmt::format("expected one stride for rows and columns where the output stride is "
                                "{}, found {}",
                                variant_.form.output_stride, strides));
            if (!dilated_) strides_.reached *= stride;
            std::visit([this](const auto& kind) { this->append_block(kind); }, block.kind);
            if (dilated_) dilate(stride);
            if (config_.branches) written_.push_back({last_, strides_});
            if (block.tap) taps_.push_back(last_.id);
        }
    }

    /// Outputs beside the last layer's.
    [[nodiscard]] std::vector<TensorId>& taps() { return taps_; }

  private:
    using GraphBlocks::append_block;

    static bool is_top(const BlockKind& kind) {
        return std::holds_alternative<PoolBlock>(kind) || std::holds_alternative<ClassifierBlock>(kind);
    }

    /// The top is one that nothing leads around.
    void check_top() const {
        std::size_t top = 0;
        while (top < config_.blocks.size() && !is_top(config_.blocks[top].kind))
            ++top;
        if (top == 0)
            fail(config_.name,
                 "expected a block before the pooling, found none: without a top no layer is left");
        const auto first = static_cast<std::int32_t>(top) - 1;
        for (std::size_t i = 0; i < config_.blocks.size(); ++i) {
            const std::vector<std::int32_t>& inputs = config_.blocks[i].inputs;
            const bool around = i >= top && std::any_of(inputs.begin(), inputs.end(),
                                                        [&](std::int32_t input) { return input < first; });
            if (around || config_.blocks[i].tap)
                fail(config_.name, fmt::format("it has no top to leave out: block {} {}",
                                               in_quotes((*config_.block_names)[i]),
                                               around ? "leads around the pooling" : "is an output, too"));
        }
    }

    void read_from(const std::vector<std::int32_t>& blocks) {
        last_ = tensor_of(blocks.front());
        strides_ = blocks.front() < 0 ? Strides() : written_[static_cast<std::size_t>(blocks.front())].second;
    }

    void dilate(std::int64_t stride) {
        strides_.dilation *= stride;
        if (strides_.dilation > kLargestDilation)
            fail_here(fmt::format("expected a dilation of at most {}, found {}", kLargestDilation,
                                  strides_.dilation));
    }

    /// By which a block's map is smaller than its input.
    struct StrideOf {
        Sides operator()(const TransposedConvBlock&) const { return 1; }  // it is larger
        template <typename Block>
        Sides operator()(const Block& block) const {
            if constexpr (requires { block.stride; }) return block.stride;
            return 1;
        }
    };

    [[nodiscard]] std::int64_t groups_of(std::int64_t size, std::int64_t inputs, std::int64_t outputs) const {
        if (size == 0) return 1;
        const std::int64_t groups = outputs / size;
        if (groups * size != outputs || inputs % groups != 0)
            fail_here(fmt::format("expected {} outputs in groups of {}, and inputs in as many, found {}",
                                  outputs, size, inputs));
        return groups;
    }

    [[nodiscard]] std::int64_t channels_of(const ConvBlock& block) const {
        if (block.width) return width_of(*block.width, 1);
        if (block.expansion > 0) return expanded(block.expansion);
        return variant_.alpha < block.scaled_from ? block.channels : scaled(block.channels, block.scaling);
    }

    void append_block(const ConvBlock& block) {
        const std::int64_t channels = channels_of(block);
        if (last_.shape.c % block.groups != 0 || channels % block.groups != 0)
            fail_here(fmt::format("expected inputs and outputs in {} groups, found {} and {}", block.groups,
                                  last_.shape.c, channels));
        conv(Role::whole,
             {.channels = channels,
              .kernel = block.kernel,
              .stride = block.stride,
              .dilation = block.dilation,
              .groups = block.groups,
              .batch_norm = block.batch_norm,
              .bias = block.bias,
              .padding = &block.padding},
             activation_);
    }

    void append_block(const DepthwiseBlock& block) {
        conv(Role::whole,
             {.kernel = block.kernel,
              .stride = block.stride,
              .depthwise = true,
              .dilation = block.dilation,
              .multiplier = block.multiplier,
              .batch_norm = block.batch_norm,
              .bias = block.bias,
              .padding = &block.padding},
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
        conv(Role::depthwise,
             {.kernel = block.kernel, .stride = block.stride, .depthwise = true, .dilation = block.dilation},
             activation_);
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

    std::vector<TensorId> taps_;
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

Resolution resolution_of_beta(const ModelConfig& config, double beta) {
    const auto side = [beta](std::int64_t native) {
        const double pixels = beta * static_cast<double>(native);
        if (!(beta > 0) || !(pixels < static_cast<double>(kLargestResolution)))
            fail("", fmt::format("beta: expected a resolution multiplier above 0, found {:.6g}", beta));
        return std::max<std::int64_t>(1, std::llround(pixels));
    };
    return {side(config.resolution.height), side(config.resolution.width)};
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

/// The network's taps.
std::vector<TensorId> expand_blocks(const ModelConfig& config, const Variant& variant, const Shape& input,
                                    const LayerBuilder::Sink& sink) {
    Expander expander(config, variant, input, sink);
    expander.append_all();
    return std::move(expander.taps());
}

}  // namespace

std::string form_text(const Form& form) {
    std::string text = form.top ? "" : ", no top";
    if (form.channels != 0)
        text += fmt::format(", {} channel{}", form.channels, form.channels == 1 ? "" : "s");
    if (form.output_stride != 0) text += fmt::format(", output stride {}", form.output_stride);
    if (form.depth_multiplier != 1) text += fmt::format(", depth multiplier {}", form.depth_multiplier);
    if (form.make_separable) text += ", made separable";
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
    network.part_of = config.part_of;
    network.weights = config.weights;
    network.chain = !config.branches;
    network.layers.clear();
    network.taps = expand_blocks(config, variant, network.input, {.layers = &network.layers});
    if (variant.form.make_separable && standard_convolutions(network) > 0) network = made_separable(network);
}

Network expand(const ModelConfig& config, const Variant& variant) {
    Network network;
    expand_into(config, variant, network);
    return network;
}

Cost total_cost(const ModelConfig& config, const Variant& variant) {
    if (variant.form.make_separable) return total_cost(expand(config, variant));
    Cost total;
    expand_blocks(config, variant, input_shape(config, variant), {.total = &total});
    return total;
}

}  // namespace mobilenet_cost
