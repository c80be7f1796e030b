// Layers that run band by band against the same layers one after the other, on every instruction set: the
// same results, bit by bit, and nothing is read or written beyond a buffer.

#include "mobilenet_cost/engine/native/bands.h"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "native/guarded.h"

namespace mobilenet_cost {
namespace {

/// One layer of a chain, with its weights and its whole output.
struct Link {
    Layer layer;
    std::unique_ptr<NativeConv> product;  ///< null: depthwise
    NativeDepthwise depthwise;
    std::unique_ptr<GuardedFloats> filter;
    std::unique_ptr<GuardedFloats> bias;
    std::unique_ptr<GuardedFloats> output;
};

struct LinkCase {
    std::int64_t channels;  ///< 0: depthwise
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t padding;
    std::int64_t dilation = 1;
    Activation activation = Activation::relu6;
};

struct ChainCase {
    Shape in;
    std::vector<LinkCase> links;
    bool residual = false;
    bool dense = false;
};

class Bands : public testing::TestWithParam<std::size_t> {
  protected:
    const ComputeKernels& kernels() const { return all_compute_kernels()[GetParam()]; }

    std::int64_t padded(std::int64_t channels) const {
        return divide_up(channels, kernels().lanes) * kernels().lanes;
    }

    std::unique_ptr<GuardedFloats> random_floats(std::int64_t count) {
        auto floats = std::make_unique<GuardedFloats>(count, guard_);
        floats->fill(random_);
        return floats;
    }

    Link make_link(const Shape& in, std::int64_t in_pixel, const LinkCase& one) {
        Link link;
        const std::int64_t side = one.padding;
        Conv conv{.kernel = one.kernel,
                  .stride = one.stride,
                  .dilation = one.dilation,
                  .padding = {side, side, side, side}};
        const std::int64_t kernel = effective_kernel(conv).h;
        if (one.channels == 0) conv.groups = in.c;
        const std::int64_t channels = one.channels == 0 ? in.c : one.channels;
        link.layer = {
            .kind = conv, .activation = one.activation, .inputs = {0, kNoTensor}, .input = in, .output = {}};
        link.layer.output = {in.n, (in.h + 2 * one.padding - kernel) / one.stride + 1,
                             (in.w + 2 * one.padding - kernel) / one.stride + 1, channels};
        const Shape& out = link.layer.output;
        link.bias = random_floats(padded(channels));
        link.output = random_floats(out.n * out.h * out.w * padded(channels));
        if (one.channels == 0) {
            link.filter = random_floats(packed_depthwise_size(conv, padded(channels)));
            link.depthwise =
                plan_depthwise(kernels(), link.layer, conv, {link.filter->data(), link.bias->data()});
            return link;
        }
        link.product = std::make_unique<NativeConv>(
            plan_native_conv(link.layer, conv, {&kernels(), CoreModel(), 1, in_pixel}));
        link.filter = random_floats(packed_filter_size(*link.product));
        link.product->filter = link.filter->data();
        link.product->bias = link.bias->data();
        link.product->finish = finish_of(one.activation);
        return link;
    }

    /// Each layer's whole output.
    void run_apart(const std::vector<Link>& links, const View& input, const View& residual) {
        View in = input;
        for (const Link& link : links) {
            const View out{link.output->data(), padded(link.layer.output.c)};
            if (link.product) {
                link.product->input = in;
                link.product->output = out;
                link.product->residual = &link == &links.back() ? residual : View{};
                for (std::int64_t task = 0; task < task_count(*link.product); ++task)
                    run_task(*link.product, task);
            } else {
                const NativeStep step = depthwise_step({&kernels(), 1}, link.depthwise, {in, {}, out});
                for (std::int64_t task = 0; task < step.tasks; ++task)
                    step.run(task);
            }
            in = out;
        }
    }

    void check(const ChainCase& one, int threads) {
        const std::int64_t in_pixel = one.dense ? one.in.c : padded(one.in.c);
        const auto input = random_floats(one.in.n * one.in.h * one.in.w * in_pixel);
        std::vector<Link> links;
        for (const LinkCase& link : one.links) {
            const bool first = links.empty();
            const Shape in = first ? one.in : links.back().layer.output;
            links.push_back(make_link(in, first ? in_pixel : padded(in.c), link));
        }
        const Shape& out = links.back().layer.output;
        const std::int64_t count = out.n * out.h * out.w * padded(out.c);
        const auto residual = random_floats(count);
        const auto output = random_floats(count);
        const View other = one.residual ? View{residual->data(), padded(out.c)} : View{};
        run_apart(links, {input->data(), in_pixel}, other);

        std::vector<BandLayer> layers;
        for (const Link& link : links)
            layers.push_back({layers.size(), link.product.get(), link.depthwise});
        NativeBands bands(layers, threads);
        const auto scratch = random_floats(bands.scratch_size());
        const NativeStep step =
            bands.step({{input->data(), in_pixel}, {output->data(), padded(out.c)}, other}, scratch->data());
        for (std::int64_t task = 0; task < step.tasks; ++task)
            step.run(task);
        for (std::int64_t i = 0; i < count; ++i)
            ASSERT_EQ((*output)[i], (*links.back().output)[i]) << "value " << i;
    }

    std::mt19937 random_{1704};
    Guard guard_ = Guard::behind;
};

TEST_P(Bands, compute_what_their_layers_compute_one_after_the_other) {
    const LinkCase depthwise{0, 3, 1, 1}, halving{0, 3, 2, 1}, wide{0, 5, 1, 2}, wide_halving{0, 5, 2, 2};
    const LinkCase odd{0, 3, 2, 0};
    const LinkCase atrous{0, 3, 1, 2, 2}, swish{0, 3, 1, 4, 4, Activation::swish};
    const std::vector<ChainCase> cases = {
        {{1, 9, 7, 24}, {depthwise, {40, 1, 1, 0}}},
        {{2, 24, 23, 9}, {halving, {17, 1, 1, 0}}, true},
        {{1, 40, 40, 3}, {{8, 3, 2, 1}, depthwise, {16, 1, 1, 0}, halving, {32, 1, 1, 0}}, false, true},
        {{2, 30, 58, 16}, {{96, 1, 1, 0}, depthwise, {24, 1, 1, 0}}, true},
        {{1, 21, 130, 8},
         {{48, 1, 1, 0}, wide_halving, {16, 1, 1, 0}, wide, {24, 1, 1, 0}, odd, {8, 1, 1, 0}}},
        {{1, 7, 150, 8}, {{16, 1, 1, 0}, {0, 7, 3, 3}, {8, 1, 1, 0}}},
        {{1, 33, 41, 3},
         {{8, 3, 1, 2, 2, Activation::swish},
          atrous,
          {16, 1, 1, 0},
          swish,
          {8, 1, 1, 0, 1, Activation::sigmoid}},
         true,
         true},
    };
    for (const ChainCase& one : cases) {
        for (const Guard guard : {Guard::before, Guard::behind}) {
            for (const int threads : {1, 2, 3}) {
                guard_ = guard;
                SCOPED_TRACE("case " + std::to_string(&one - cases.data()) + ", threads " +
                             std::to_string(threads));
                check(one, threads);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(each, Bands, testing::Range<std::size_t>(0, all_compute_kernels().size()),
                         [](const auto& one) {
                             return std::string(all_compute_kernels()[one.param].target);
                         });

}  // namespace
}  // namespace mobilenet_cost
