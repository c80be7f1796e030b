#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/model/expand.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

/// One convolution on a square map of `size` pixels.
Layer convolution(PaddingRule rule, std::int64_t size, std::int64_t kernel, std::int64_t stride) {
    ModelConfig config =
        test::family({{"c", {}, ConvBlock{.channels = 8, .kernel = kernel, .stride = stride}}});
    config.padding = rule;
    const Network network = expand(config, {.resolution = size});
    check_network(network);
    return network.layers[0];
}

struct PaddingRow {
    std::int64_t size;
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t output;
    std::int64_t before;  ///< top and left
    std::int64_t after;   ///< bottom and right
};

void check(PaddingRule rule, const std::vector<PaddingRow>& rows) {
    for (const PaddingRow& row : rows) {
        SCOPED_TRACE("size " + std::to_string(row.size) + " kernel " + std::to_string(row.kernel) +
                     " stride " + std::to_string(row.stride));
        const Layer layer = convolution(rule, row.size, row.kernel, row.stride);
        EXPECT_EQ(layer.output, (Shape{1, row.output, row.output, 8}));
        const Padding& pad = std::get<Conv>(layer.kind).padding;
        EXPECT_EQ(pad, (Padding{row.before, row.after, row.before, row.after}));
    }
}

TEST(SamePadding, OddZeroGoesToTheBottomAndRight) {
    check(PaddingRule::same, {{224, 3, 1, 224, 1, 1},
                              {224, 3, 2, 112, 0, 1},
                              {225, 3, 1, 225, 1, 1},
                              {225, 3, 2, 113, 1, 1},
                              {28, 5, 1, 28, 2, 2},
                              {28, 5, 2, 14, 1, 2},
                              {7, 5, 1, 7, 2, 2},
                              {7, 5, 2, 4, 2, 2},
                              {7, 3, 2, 4, 1, 1},
                              {6, 4, 1, 6, 1, 2},
                              {10, 3, 4, 3, 0, 1}});
}

TEST(SamePadding, PointwiseNeedsNone) {
    check(PaddingRule::same, {{8, 1, 1, 8, 0, 0}, {8, 1, 2, 4, 0, 0}, {7, 1, 2, 4, 0, 0}});
}

TEST(SamePadding, KernelLargerThanTheMap) {
    check(PaddingRule::same,
          {{1, 3, 1, 1, 1, 1}, {1, 3, 2, 1, 1, 1}, {2, 7, 1, 2, 3, 3}, {2, 5, 2, 1, 1, 2}});
}

TEST(SymmetricPadding, HalfTheKernelOnEverySide) {
    check(PaddingRule::symmetric, {{224, 3, 1, 224, 1, 1},
                                   {224, 3, 2, 112, 1, 1},
                                   {225, 3, 2, 113, 1, 1},
                                   {28, 5, 1, 28, 2, 2},
                                   {28, 5, 2, 14, 2, 2},
                                   {7, 5, 2, 4, 2, 2},
                                   {8, 1, 2, 4, 0, 0},
                                   {6, 4, 1, 5, 1, 1},
                                   {1, 3, 1, 1, 1, 1}});
}

TEST(Padding, BothRulesGiveTheSameSizesForOddKernels) {
    for (std::int64_t size = 1; size <= 40; ++size) {
        for (const std::int64_t kernel : {1, 3, 5, 7}) {
            for (const std::int64_t stride : {1, 2, 3}) {
                const Layer same = convolution(PaddingRule::same, size, kernel, stride);
                EXPECT_EQ(same.output.h, (size + stride - 1) / stride);
                EXPECT_EQ(convolution(PaddingRule::symmetric, size, kernel, stride).output, same.output)
                    << size << " " << kernel << " " << stride;
            }
        }
    }
}

}  // namespace
}  // namespace mobilenet_cost
