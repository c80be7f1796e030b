#include "mobilenet_cost/runtime/convert.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"

namespace mobilenet_cost {
namespace {

using Op = TfliteOperator;
using Content = TfliteContent;
using Index = std::size_t;

constexpr std::int64_t kWord = 4;  // bytes of a bias, an axis or a size

/// [before, behind] that TensorFlow's SAME adds to one dimension.
std::pair<std::int64_t, std::int64_t> same_zeros(std::int64_t size, std::int64_t kernel,
                                                 std::int64_t stride) {
    const std::int64_t outputs = (size + stride - 1) / stride;
    const std::int64_t zeros = std::max<std::int64_t>((outputs - 1) * stride + kernel - size, 0);
    return {zeros / 2, zeros - zeros / 2};
}

/// Whether an operator can pad so by itself: by SAME or by VALID.
bool pads_itself(const Shape& input, const Sides& kernel, const Sides& stride, const Padding& padding) {
    const auto rows = same_zeros(input.h, kernel.h, stride.h);
    const auto columns = same_zeros(input.w, kernel.w, stride.w);
    const bool same =
        rows == std::pair(padding.top, padding.bottom) && columns == std::pair(padding.left, padding.right);
    return same || padding == Padding();
}

Shape padded(const Shape& map, const Padding& padding) {
    Shape larger = map;
    larger.h = checked_add(map.h, checked_add(padding.top, padding.bottom));
    larger.w = checked_add(map.w, checked_add(padding.left, padding.right));
    return larger;
}

class Converter {
  public:
    Converter(const Network& network, Training training) : network_(network), training_(training) {
        graph_.inputs = {map(network.input)};
        maps_ = {graph_.inputs.front()};
    }

    TfliteGraph convert() && {
        for (layer_ = 0; layer_ < network_.layers.size(); ++layer_) {
            const Layer& layer = network_.layers[layer_];
            std::visit([&](const auto& kind) { maps_.push_back(add(layer, kind)); }, layer.kind);
        }
        for (const TensorId output : output_tensors(network_))
            graph_.outputs.push_back(map_of(output));
        return std::move(graph_);
    }

  private:
    // ---- tensors ------------------------------------------------------------------------------------------
    Index tensor(const TfliteTensor& made) {
        graph_.tensors.push_back(made);
        return graph_.tensors.size() - 1;
    }
    Index map(const Shape& shape, std::int64_t rank = 4) {
        const std::int64_t elements = element_count(shape);
        return tensor({.bytes = elements, .elements = elements, .rank = rank, .channels = shape.c});
    }
    Index weights(std::int64_t elements, std::int64_t scales) {
        return tensor({elements, elements, 4, scales, Content::weights});
    }
    Index bias(std::int64_t channels) {
        return tensor({checked_multiply(kWord, channels), channels, 1, channels, Content::bias});
    }
    /// Axes or sizes. Equal ones are one tensor.
    Index settings(const std::vector<std::int64_t>& values) {
        const auto [found, is_new] = settings_.try_emplace(values, graph_.tensors.size());
        const auto count = static_cast<std::int64_t>(values.size());
        if (is_new) tensor({checked_multiply(kWord, count), count, 1, 0, Content::settings});
        return found->second;
    }
    /// A number that is the same wherever it is.
    Index scalar(std::optional<Index>& known) {
        if (!known) known = weights(1, 1);
        return *known;
    }
    [[nodiscard]] Index map_of(TensorId id) const { return maps_.at(static_cast<std::size_t>(id)); }
    [[nodiscard]] Index first(const Layer& layer) const { return map_of(layer.inputs[0]); }

    // ---- operators ----------------------------------------------------------------------------------------
    /// Returns the tensor that it writes.
    Index node(Op code, std::vector<Index> inputs, Index output) {
        graph_.nodes.push_back({code, std::move(inputs), {output}, layer_});
        return output;
    }
    Index node(Op code, std::vector<Index> inputs, const Shape& output, std::int64_t rank = 4) {
        return node(code, std::move(inputs), map(output, rank));
    }
    [[noreturn]] void fail_here(std::string_view what) const {
        fail(layer_name(network_, layer_),
             fmt::format("expected a layer that TensorFlow Lite Micro's int8 kernels run, found {}", what));
    }

    /// What the operator before has in it, or one behind it.
    Index activated(Index written, Activation activation, const Shape& shape, bool fuses = true) {
        switch (activation) {
            case Activation::none:
                return written;
            case Activation::relu:
                return fuses ? written : node(Op::relu, {written}, shape);
            case Activation::relu6:
                return fuses ? written : node(Op::relu6, {written}, shape);
            case Activation::hard_swish:
                return node(Op::hard_swish, {written}, shape);
            case Activation::sigmoid:
                return node(Op::logistic, {written}, shape);
            case Activation::swish: {
                const Index gate = node(Op::logistic, {written}, shape);
                return node(Op::mul, {written, gate}, shape);
            }
            case Activation::hard_sigmoid:
                return hard_sigmoid(written, shape, fuses);
            case Activation::leaky_relu:
                return node(Op::leaky_relu, {written}, shape);
            case Activation::prelu:
                return node(Op::prelu, {written, weights(shape.c, 1)}, shape);
            case Activation::gelu:
                break;
        }
        fail_here(enum_name(activation));
    }
    /// relu6(x + 3) / 6; a convolution has the sum in its bias.
    Index hard_sigmoid(Index written, const Shape& shape, bool fuses) {
        const Index clipped = fuses ? written : node(Op::add, {written, scalar(three_)}, shape);
        return node(Op::mul, {clipped, scalar(sixth_)}, shape);
    }

    Index pad(Index from, const Padding& zeros, const Shape& output) {
        return node(Op::pad, {from, settings({0, 0, zeros.top, zeros.bottom, zeros.left, zeros.right, 0, 0})},
                    output);
    }

    /// The map that a window reads, after PAD where the operator cannot pad so itself.
    Index window_input(const Layer& layer, const Sides& kernel, const Sides& stride, const Padding& padding) {
        if (pads_itself(layer.input, kernel, stride, padding)) return first(layer);
        return pad(first(layer), padding, padded(layer.input, padding));
    }

    // ---- kinds of layers ----------------------------------------------------------------------------------
    Index add(const Layer& layer, const Conv& conv) {
        if (layer.role == Role::classifier && is_dense_head(layer)) return dense(layer, conv);
        const Index from = window_input(layer, effective_kernel(conv), conv.stride, conv.padding);
        const std::int64_t channels = layer.output.c;
        const Index filters = weights(checked_multiply(conv_taps(layer, conv), channels), channels);
        const Op code = is_depthwise(layer) ? Op::depthwise_conv_2d : Op::conv_2d;
        const Index written = node(code, {from, filters, bias(channels)}, layer.output);
        const Index result = activated(written, layer.activation, layer.output);
        if (layer.role != Role::classifier) return result;
        return node(Op::reshape, {result, settings({layer.output.n, layer.output.c})}, layer.output, 2);
    }
    Index dense(const Layer& layer, const Conv& conv) {
        const std::int64_t channels = layer.output.c;
        const Index matrix = weights(checked_multiply(conv_taps(layer, conv), channels), channels);
        std::vector<Index> inputs = {first(layer), matrix};
        if (training_ == Training::trained) inputs.push_back(bias(channels));
        const Index written = node(Op::fully_connected, std::move(inputs), layer.output, 2);
        return activated(written, layer.activation, layer.output);
    }
    [[nodiscard]] const Layer* writer_of(TensorId id) const {
        return id <= 0 ? nullptr : &network_.layers[static_cast<std::size_t>(id) - 1];
    }
    /// See as_converted().
    [[nodiscard]] bool is_dense_head(const Layer& classifier) const {
        const Layer* const pool = writer_of(classifier.inputs[0]);
        if (pool == nullptr || !std::holds_alternative<GlobalPool>(pool->kind)) return false;
        const Layer* const last = writer_of(pool->inputs[0]);
        return last == nullptr || last->role != Role::separable_pointwise;
    }

    Index add(const Layer& layer, const GlobalPool&) {
        return activated(node(Op::mean, {first(layer), settings({1, 2})}, layer.output), layer.activation,
                         layer.output, false);
    }
    Index add(const Layer& layer, const Add&) {
        return activated(node(Op::add, {first(layer), map_of(layer.inputs[1])}, layer.output),
                         layer.activation, layer.output);
    }
    Index add(const Layer& layer, const Scale&) {
        return activated(node(Op::mul, {first(layer), map_of(layer.inputs[1])}, layer.output),
                         layer.activation, layer.output);
    }
    Index add(const Layer& layer, const WindowPool& pool) {
        const bool largest = pool.rule == WindowPool::Rule::max;
        if (!largest && !pool.counts_padding && pool.padding != Padding() &&
            !pads_itself(layer.input, pool.kernel, pool.stride, pool.padding))
            fail_here("an average that leaves out zeros on sides that SAME does not pad");
        const Index from = window_input(layer, pool.kernel, pool.stride, pool.padding);
        const Op code = largest ? Op::max_pool_2d : Op::average_pool_2d;
        return activated(node(code, {from}, layer.output), layer.activation, layer.output);
    }
    Index add(const Layer& layer, const Concat&) {
        std::vector<Index> parts;
        for_each_input(layer, [&](TensorId id) { parts.push_back(map_of(id)); });
        return activated(node(Op::concatenation, parts, layer.output), layer.activation, layer.output, false);
    }
    Index add(const Layer& layer, const Slice& slice) {
        const Shape& cut = layer.output;
        const Index begin = settings({0, 0, 0, slice.begin});
        const Index end = settings({cut.n, cut.h, cut.w, checked_add(slice.begin, cut.c)});
        const Index steps = settings({1, 1, 1, 1});
        return activated(node(Op::strided_slice, {first(layer), begin, end, steps}, cut), layer.activation,
                         cut, false);
    }
    Index add(const Layer& layer, const Resize& resize) {
        const bool bilinear = resize.rule == Resize::Rule::bilinear;
        const Op code = bilinear ? Op::resize_bilinear : Op::resize_nearest_neighbor;
        const Index size = settings({layer.output.h, layer.output.w});
        return activated(node(code, {first(layer), size}, layer.output), layer.activation, layer.output,
                         false);
    }
    Index add(const Layer& layer, const ChannelShuffle& shuffle) {
        const Shape& map = layer.output;
        const std::int64_t each = map.c / shuffle.groups;
        const Index parts =
            node(Op::reshape, {first(layer), settings({map.n, map.h, map.w, shuffle.groups, each})}, map, 5);
        const Index turned = node(Op::transpose, {parts, settings({0, 1, 2, 4, 3})}, map, 5);
        return node(Op::reshape, {turned, settings({map.n, map.h, map.w, map.c})}, map);
    }
    Index add(const Layer& layer, const ByChannel& by) {
        const std::int64_t channels = layer.output.c;
        if (by.rule == ByChannel::Rule::prelu)
            return node(Op::prelu, {first(layer), weights(channels, 1)}, layer.output);
        Index written = node(Op::mul, {first(layer), weights(channels, 1)}, layer.output);
        if (by.rule == ByChannel::Rule::batch_norm)
            written = node(Op::add, {written, weights(channels, 1)}, layer.output);
        return activated(written, layer.activation, layer.output);
    }
    Index add(const Layer& layer, const Activate&) {
        return activated(first(layer), layer.activation, layer.output, false);
    }
    Index add(const Layer& layer, const Pad& zeros) {
        if (zeros.channels_before != 0 || layer.output.c != layer.input.c) fail_here("channels of zeros");
        return pad(first(layer), zeros.padding, layer.output);
    }
    Index add(const Layer& layer, const Softmax&) { return node(Op::softmax, {first(layer)}, layer.output); }
    template <typename Kind>
    Index add(const Layer& layer, const Kind&) {
        fail_here(op_name(layer));
    }

    const Network& network_;
    Training training_;
    TfliteGraph graph_;
    std::vector<Index> maps_;  ///< by TensorId
    std::map<std::vector<std::int64_t>, Index> settings_;
    std::optional<Index> three_;
    std::optional<Index> sixth_;
    std::size_t layer_ = 0;
};

}  // namespace

TfliteGraph as_converted(const Network& network, Training training) {
    return Converter(network, training).convert();
}

}  // namespace mobilenet_cost
