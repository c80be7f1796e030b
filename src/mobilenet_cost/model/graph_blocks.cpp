#include "mobilenet_cost/model/graph_blocks.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/units.h"

namespace mobilenet_cost {
namespace {

std::string text_of(const Shape& shape) {
    return size_text(shape.h, shape.w, shape.c);
}

}  // namespace

void GraphBlocks::append_block(const WindowPoolBlock& block) {
    const Shape& in = last_.shape;
    if (dilated_ || (block.kernel != Sides() && strides_.dilation > 1))
        fail_here(
            fmt::format("windows of pooling are not dilated: expected an output stride above {}, found {}",
                        strides_.reached, variant_.form.output_stride));
    const Window on = window(block.kernel, block.stride, &block.padding, "window");
    const Padding& pad = on.padding;
    if (std::max(pad.top, pad.bottom) >= block.kernel.h || std::max(pad.left, pad.right) >= block.kernel.w)
        fail_here(fmt::format("expected a padding below the kernel's {}, found {} {} {} {}",
                              by_text(block.kernel), pad.top, pad.bottom, pad.left, pad.right));
    push(WindowPool{.rule = block.rule,
                    .kernel = block.kernel,
                    .stride = block.stride,
                    .padding = pad,
                    .counts_padding = block.counts_padding},
         Role::whole, Activation::none, Tensor(last_), {in.n, on.output.h, on.output.w, in.c});
}

void GraphBlocks::append_block(const SqueezeExciteBlock& block) {
    if (block.width) return squeeze_to(width_of(*block.width, 1));
    squeeze_excite(block.ratio, Tensor(last_));
}

void GraphBlocks::append_block(const AddBlock&) {
    const Tensor& second = tensor_of(inputs()[1]);
    if (second.shape != last_.shape)
        fail_here(fmt::format("expected two maps of one shape to add, found {} and {}", text_of(last_.shape),
                              text_of(second.shape)));
    push(Add{}, Role::whole, activation_, Tensor(last_), last_.shape, second.id);
}

void GraphBlocks::append_block(const MultiplyBlock&) {
    Tensor first = last_;
    Tensor second = tensor_of(inputs()[1]);
    const auto gates = [](const Tensor& gate, const Tensor& map) {
        return gate.shape == Shape{map.shape.n, 1, 1, map.shape.c};
    };
    if (gates(first, second)) std::swap(first, second);
    const bool gate = gates(second, first);
    if (!gate && first.shape != second.shape)
        fail_here(
            fmt::format("expected two maps of one shape to multiply, or one value for each channel, found "
                        "{} and {}",
                        text_of(first.shape), text_of(second.shape)));
    push(Scale{.by_value = !gate}, Role::whole, activation_, first, first.shape, second.id);
}

void GraphBlocks::append_block(const ConcatBlock&) {
    Concat concat;
    Shape joined = last_.shape;
    for (std::size_t i = 1; i < inputs().size(); ++i) {
        const Tensor& input = tensor_of(inputs()[i]);
        if (input.shape.h != joined.h || input.shape.w != joined.w)
            fail_here(fmt::format("expected maps of one height and width to join, found {} and {}",
                                  text_of(last_.shape), text_of(input.shape)));
        joined.c += input.shape.c;
        if (joined.c >= kMostChannels)
            fail_here(fmt::format("expected less than {} channels, found {}", kMostChannels, joined.c));
        if (i > 1) concat.more.at(i - 2) = input.id;
    }
    push(concat, Role::whole, Activation::none, Tensor(last_), joined, tensor_of(inputs()[1]).id);
}

void GraphBlocks::append_block(const SliceBlock& block) {
    const std::int64_t begin = block.begin ? width_of(*block.begin, 0) : 0;
    Shape part = last_.shape;
    part.c = width_of(block.width, 1);
    if (begin + part.c > last_.shape.c)
        fail_here(fmt::format("expected channels among 0 to {}, found {} to {}", last_.shape.c - 1, begin,
                              begin + part.c - 1));
    push(Slice{.begin = begin}, Role::whole, Activation::none, Tensor(last_), part);
}

void GraphBlocks::append_block(const ResizeBlock& block) {
    Shape to = last_.shape;
    if (block.like) {
        to.h = tensor_of(*block.like).shape.h;
        to.w = tensor_of(*block.like).shape.w;
    } else if (block.size) {
        to.h = block.size->h;
        to.w = block.size->w;
    } else {
        to.h = checked_multiply(to.h, block.factor.h);
        to.w = checked_multiply(to.w, block.factor.w);
    }
    if (std::max(to.h, to.w) > kLargestResolution)
        fail_here(
            fmt::format("expected a map of at most {0}x{0}, found {1}x{2}", kLargestResolution, to.h, to.w));
    const bool whole = to.h % last_.shape.h == 0 && to.w % last_.shape.w == 0;
    if (block.rule == Resize::Rule::nearest && !whole)  // elsewhere libraries choose different pixels
        fail_here(fmt::format("expected a multiple of {}x{} to resize to the nearest, found {}x{}",
                              last_.shape.h, last_.shape.w, to.h, to.w));
    push(Resize{block.rule}, Role::whole, Activation::none, Tensor(last_), to);
}

void GraphBlocks::append_block(const ChannelShuffleBlock& block) {
    if (last_.shape.c % block.groups != 0)
        fail_here(fmt::format("expected a multiple of {} channels, found {}", block.groups, last_.shape.c));
    push(ChannelShuffle{block.groups}, Role::whole, Activation::none, Tensor(last_), last_.shape);
}

void GraphBlocks::push_slopes() {
    push(ByChannel{ByChannel::Rule::prelu}, Role::whole, Activation::none, Tensor(last_), last_.shape);
}

void GraphBlocks::append_block(const ByChannelBlock& block) {
    push(ByChannel{block.rule}, Role::whole, activation_, Tensor(last_), last_.shape);
}

void GraphBlocks::append_block(const ActivationBlock&) {
    if (activation_ == Activation::prelu) return push_slopes();
    push(Activate{slope_}, Role::whole, activation_, Tensor(last_), last_.shape);
}

void GraphBlocks::append_block(const TransposedConvBlock& block) {
    const Shape& in = last_.shape;
    Padding cut = block.padding;
    cut.bottom -= block.output_padding.h;
    cut.right -= block.output_padding.w;
    const auto side = [](std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t both) {
        return checked_multiply(size - 1, stride) + kernel - both;
    };
    const Shape out = {in.n, side(in.h, block.kernel.h, block.stride.h, cut.top + cut.bottom),
                       side(in.w, block.kernel.w, block.stride.w, cut.left + cut.right),
                       width_of(block.width, 1)};
    if (std::min(out.h, out.w) < 1 || std::max(out.h, out.w) > kLargestResolution)
        fail_here(
            fmt::format("expected a map of 1x1 to {0}x{0}, found {1}x{2}", kLargestResolution, out.h, out.w));
    push(TransposedConv{.kernel = block.kernel,
                        .stride = block.stride,
                        .padding = cut,
                        .batch_norm = block.batch_norm,
                        .bias = block.bias},
         Role::whole, activation_, Tensor(last_), out);
}

void GraphBlocks::append_block(const PadBlock& block) {
    const Padding& zeros = block.padding;
    Shape out = last_.shape;
    out.h += zeros.top + zeros.bottom;
    out.w += zeros.left + zeros.right;
    out.c += block.channels_before + block.channels_behind;
    push(Pad{zeros, block.channels_before}, Role::whole, Activation::none, Tensor(last_), out);
}

void GraphBlocks::append_block(const SoftmaxBlock&) {
    push(Softmax{}, Role::whole, Activation::none, Tensor(last_), last_.shape);
}

void GraphBlocks::append_block(const MatMulBlock& block) {
    const Shape in = last_.shape;
    const Tensor& second = tensor_of(inputs()[1]);
    const std::int64_t rows = checked_multiply(second.shape.h, second.shape.w);
    MatMul matmul{.transposed = block.transposed, .factor = static_cast<float>(block.factor)};
    Shape out = in;
    bool fits = false;
    if (block.transposed) {
        matmul.heads = in.c / second.shape.c;
        matmul.depth = second.shape.c;
        fits = matmul.heads * second.shape.c == in.c;
        out = {in.n, checked_multiply(in.h, in.w), matmul.heads, rows};
    } else {
        const Shape& like = tensor_of(*block.like).shape;
        matmul.heads = in.w;
        matmul.depth = rows;
        fits = in.c == rows && checked_multiply(like.h, like.w) == in.h;
        out = {in.n, like.h, like.w, checked_multiply(in.w, second.shape.c)};
    }
    if (!fits)
        fail_here(fmt::format("expected rows of the first input as long as {} of the second, found {} and {}",
                              block.transposed ? "the pixels" : "the columns", text_of(in),
                              text_of(second.shape)));
    push(matmul, Role::whole, Activation::none, Tensor(last_), out, second.id);
}

void GraphBlocks::expect_own_size(const char* what) const {
    const Shape& in = input_.shape;
    const Resolution& own = config_.resolution;
    if (in.h != own.height || in.w != own.width)
        fail_here(fmt::format("what {} writes is known of an input of {}x{} alone, found one of {}x{}", what,
                              own.height, own.width, in.h, in.w));
}

void GraphBlocks::append_block(const OperationBlock& block) {
    const Tensor from = last_;
    const std::int64_t images = from.shape.n;
    const OperatorRow& row = operator_table()[block.row];
    Operation op{.row = block.row,
                 .numbers = block.numbers,
                 .macs = checked_multiply(images, block.macs),
                 .weights = block.weights,
                 .biases = block.biases,
                 .input_elements = element_count(from.shape)};
    for (std::size_t i = 1; i < inputs().size(); ++i) {
        const Tensor& input = tensor_of(inputs()[i]);
        op.input_elements = checked_add(op.input_elements, element_count(input.shape));
        if (i > 1) op.more.at(i - 2) = input.id;
    }
    Shape out = from.shape;
    if (block.size) {
        expect_own_size(row.name.data());
        out = {images, block.size->h, block.size->w, block.channels};
    }
    if (row.what == OperatorClass::enters) op.input_elements = 0;
    // Of a part, no more is read than it has.
    if (row.what == OperatorClass::moves) op.input_elements = std::min(op.input_elements, element_count(out));
    push(op, Role::whole, activation_, from, out,
         inputs().size() > 1 ? tensor_of(inputs()[1]).id : kNoTensor);
}

void GraphBlocks::append_block(const UnknownBlock& block) {
    expect_own_size("an operator that is not known");
    push(Unknown{}, Role::whole, Activation::none, Tensor(last_),
         {last_.shape.n, block.size.h, block.size.w, block.channels});
}

}  // namespace mobilenet_cost
