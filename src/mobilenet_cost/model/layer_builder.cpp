#include "mobilenet_cost/model/layer_builder.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/printable.h"

namespace mobilenet_cost {
/// SAME gives ceil(n / stride) and puts the odd zero after.
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
    if (rule == PaddingRule::valid) {
        if (size < kernel) return {};
        return {(size - kernel) / stride + 1, 0, 0};
    }
    const std::int64_t output = (size + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((output - 1) * stride + kernel - size, 0);
    return {output, total / 2, total - total / 2};
}

namespace {

SpatialPadding with_zeros(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t before,
                          std::int64_t after) {
    const std::int64_t padded = size + before + after;
    return {padded < kernel ? 0 : (padded - kernel) / stride + 1, before, after};
}

}  // namespace

LayerBuilder::LayerBuilder(const ModelConfig& config, const Variant& variant, const Shape& input,
                           const Sink& sink)
    : config_(config), variant_(variant), input_{0, input}, last_(input_), sink_(sink) {}

void LayerBuilder::fail_here(const std::string& message) const {
    const Block& block = config_.blocks[static_cast<std::size_t>(block_)];
    const std::string place = block.pointer.empty() ? "" : fmt::format(" ({})", block.pointer);
    fail(config_.name, fmt::format("block {}{}: {}", in_quotes(block.name), place, message));
}

std::int64_t LayerBuilder::rounded(double width) const {
    return rounded(width, config_.rounding);
}

std::int64_t LayerBuilder::rounded(double width, const Rounding& rounding) const {
    if (!(width < static_cast<double>(kMostChannels)))
        fail_here(fmt::format("expected at most {} channels, found {:.6g}", kMostChannels, width));
    if (width < 0) fail_here(fmt::format("expected 0 channels or more, found {:.6g}", width));
    return round_channels(width, rounding);
}

std::int64_t LayerBuilder::scaled(std::int64_t channels, WidthScaling scaling) const {
    const bool applies =
        scaling == WidthScaling::always || (scaling == WidthScaling::above_one && variant_.alpha > 1);
    if (!applies || keeps_first()) return channels;
    return rounded(static_cast<double>(channels) * variant_.alpha);
}

std::int64_t LayerBuilder::width_of(const WidthExpression& expression, std::int64_t least) const {
    const double value = expression.value(
        {.in = static_cast<double>(last_.shape.c),
         .classes = static_cast<double>(variant_.classes),
         .alpha = variant_.alpha,
         .scaled =
             [this](double width) {
                 return keeps_first() ? width : static_cast<double>(rounded(width * variant_.alpha));
             },
         .rounded = [this](double width) { return static_cast<double>(rounded(width)); }});
    const bool whole = value >= static_cast<double>(least) && value < static_cast<double>(kMostChannels) &&
                       std::floor(value) == value;
    if (!whole)
        fail_here(fmt::format("expected a whole number from {} to {} as the value of {}, found {:.10g}",
                              least, kMostChannels - 1, in_quotes(expression.text()), value));
    return static_cast<std::int64_t>(value);
}

std::int64_t LayerBuilder::expanded(double expansion) const {
    return rounded(static_cast<double>(last_.shape.c) * expansion);
}

// Filled where it lies: grids expand some 100,000 layers a second.
Layer& LayerBuilder::begin(Role role, Activation activation, const Tensor& from, const Shape& output) {
    if (sink_.layers == nullptr) alone_ = Layer();
    Layer& layer = sink_.layers == nullptr ? alone_ : sink_.layers->emplace_back();
    layer.activation = activation;
    layer.role = role;
    layer.block = block_;
    layer.inputs[0] = from.id;
    layer.input = from.shape;
    layer.output = output;
    last_ = {++layers_, output};
    return layer;
}

void LayerBuilder::end(Layer& layer) {
    if (is_layer_of_its_own(layer.activation)) return end_apart(layer);
    if (sink_.total != nullptr) *sink_.total += layer_cost(layer);
}

/// The activation behind the layer, if that is not the activation itself.
void LayerBuilder::end_apart(Layer& layer) {
    const bool alone = std::holds_alternative<Activate>(layer.kind);
    const Activation activation =
        alone ? Activation::none : std::exchange(layer.activation, Activation::none);
    if (sink_.total != nullptr) *sink_.total += layer_cost(layer);
    if (!alone) follow(activation);
}

/// Behind the last layer, whose role it has.
void LayerBuilder::follow(Activation activation) {
    const Role role = sink_.layers == nullptr ? alone_.role : sink_.layers->back().role;
    const Tensor from = last_;
    const bool slopes = activation == Activation::prelu;
    Layer& layer = begin(role, slopes ? Activation::none : activation, from, from.shape);
    layer.follows = true;
    if (slopes) {
        layer.kind = ByChannel{ByChannel::Rule::prelu};
    } else {
        layer.kind = Activate{activation == Activation::leaky_relu ? slope_ : 0};
    }
    end(layer);
}

void LayerBuilder::fail_no_room(const Sides& extent, const char* what) const {
    fail_here(fmt::format("a {} {} does not fit a map of {}x{}", by_text(extent), what, last_.shape.h,
                          last_.shape.w));
}

inline Window LayerBuilder::square_window(std::int64_t extent, std::int64_t stride) const {
    const SpatialPadding side = pad(last_.shape.h, extent, stride, config_.padding);
    return {side.output, {side.before, side.after, side.before, side.after}};
}

Window LayerBuilder::window(const Sides& extent, const Sides& stride, const BlockPadding* padding,
                            const char* what) const {
    const Shape& in = last_.shape;
    SpatialPadding rows;
    SpatialPadding columns;
    if (padding != nullptr && padding->zeros) {
        const Padding& zeros = *padding->zeros;
        rows = with_zeros(in.h, extent.h, stride.h, zeros.top, zeros.bottom);
        columns = with_zeros(in.w, extent.w, stride.w, zeros.left, zeros.right);
    } else {
        const PaddingRule rule = padding != nullptr && padding->rule ? *padding->rule : config_.padding;
        const bool square = in.h == in.w && extent.h == extent.w && stride.h == stride.w;
        rows = pad(in.h, extent.h, stride.h, rule);
        columns = square ? rows : pad(in.w, extent.w, stride.w, rule);
    }
    if (rows.output < 1 || columns.output < 1) fail_no_room(extent, what);
    return {{rows.output, columns.output}, {rows.before, rows.after, columns.before, columns.after}};
}

void LayerBuilder::push(const LayerKind& kind, Role role, Activation activation, const Tensor& from,
                        const Shape& output, TensorId second) {
    Layer& layer = begin(role, activation, from, output);
    layer.kind = kind;
    layer.inputs[1] = second;
    end(layer);
}

void LayerBuilder::conv(Role role, const ConvSpec& spec, Activation activation) {
    const Shape& in = last_.shape;
    const Sides stride = dilated_ ? Sides() : spec.stride;
    const auto dilated = [this](std::int64_t kernel, std::int64_t own) {
        return kernel > 1 ? strides_.dilation * own : 1;
    };
    const Sides dilation = {dilated(spec.kernel.h, spec.dilation.h), dilated(spec.kernel.w, spec.dilation.w)};
    const Sides extent = {(spec.kernel.h - 1) * dilation.h + 1, (spec.kernel.w - 1) * dilation.w + 1};
    const bool square = in.h == in.w && extent.h == extent.w && stride.h == stride.w;
    const Window on = square && spec.padding == nullptr ? square_window(extent.h, stride.h)
                                                        : window(extent, stride, spec.padding, "kernel");
    if (on.output.h < 1) fail_no_room(extent, "kernel");
    const std::int64_t groups = spec.depthwise ? in.c : spec.groups;
    const std::int64_t channels = spec.depthwise ? checked_multiply(in.c, spec.multiplier) : spec.channels;
    const Tensor from = last_;
    Layer& layer = begin(role, activation, from, {in.n, on.output.h, on.output.w, channels});
    layer.kind = Conv{.kernel = spec.kernel,
                      .stride = stride,
                      .dilation = dilation,
                      .groups = groups,
                      .padding = on.padding,
                      .batch_norm = spec.batch_norm,
                      .bias = spec.bias};
    end(layer);
}

void LayerBuilder::pointwise(Role role, std::int64_t channels, Activation activation) {
    conv(role, {.channels = channels}, activation);
}

void LayerBuilder::depthwise(Role role, std::int64_t kernel, std::int64_t stride, Activation activation) {
    conv(role, {.kernel = kernel, .stride = stride, .depthwise = true}, activation);
}

void LayerBuilder::pool(Role role) {
    const Tensor from = last_;
    push(GlobalPool{}, role, Activation::none, from, {from.shape.n, 1, 1, from.shape.c});
}

void LayerBuilder::squeeze_excite(double ratio, const Tensor& block) {
    const SqueezeExcite& rule = config_.squeeze_excite;
    const std::int64_t of = (rule.from == SqueezeExcite::From::input ? block : last_).shape.c;
    squeeze_to(rounded(static_cast<double>(of) * ratio, rule.rounding.value_or(config_.rounding)));
}

void LayerBuilder::squeeze_to(std::int64_t squeezed) {
    const Tensor gated = last_;
    const SqueezeExcite& rule = config_.squeeze_excite;
    pool(Role::squeeze_pool);
    conv(Role::squeeze_reduce, {.channels = squeezed, .batch_norm = false, .bias = true}, rule.squeeze);
    conv(Role::squeeze_expand, {.channels = gated.shape.c, .batch_norm = false, .bias = true}, rule.gate);
    push(Scale{}, Role::squeeze_scale, Activation::none, gated, gated.shape, last_.id);
}

void LayerBuilder::residual(const Tensor& from, bool wanted) {
    if (!wanted || from.shape != last_.shape) return;
    push(Add{}, Role::add, Activation::none, Tensor(last_), from.shape, from.id);
}

}  // namespace mobilenet_cost
