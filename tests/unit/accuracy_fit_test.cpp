#include "mobilenet_cost/pick/accuracy_fit.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

const std::vector<PublishedAccuracy>& bundled() {
    static const std::vector<PublishedAccuracy> rows =
        load_published(std::string(MOBILENET_COST_SOURCE_DIR) + "/configs/published");
    return rows;
}

PublishedAccuracy row(double alpha, std::int64_t resolution, double top1) {
    return {.model = "tiny",
            .alpha = alpha,
            .resolution = resolution,
            .data_type = DataType::f32,
            .top1 = top1,
            .top5 = {},
            .source = "a",
            .url = "https://example.org"};
}

/// An error rate that falls with the square root of the width and of the resolution: the surface is exact.
double ideal(double alpha, std::int64_t resolution) {
    return 1 - 0.3 / std::sqrt(alpha * static_cast<double>(resolution) / 224);
}

std::vector<PublishedAccuracy> ideal_rows() {
    std::vector<PublishedAccuracy> rows;
    for (const double alpha : {0.5, 0.75, 1.0}) {
        for (const std::int64_t resolution : {128, 160, 192, 224})
            rows.push_back(row(alpha, resolution, ideal(alpha, resolution)));
    }
    return rows;
}

TEST(AccuracyFit, ASurfaceOfItsOwnKindIsFound) {
    const auto fit = AccuracyFit::fit(ideal_rows(), "tiny", DataType::f32);
    ASSERT_TRUE(fit);
    const auto estimate = fit->estimate(0.6, 176);
    ASSERT_TRUE(estimate);
    EXPECT_NEAR(estimate->top1, ideal(0.6, 176), 1e-12);
    EXPECT_NEAR(estimate->largest_error, 0, 1e-12);
    EXPECT_EQ(estimate->points, 12U);
}

TEST(AccuracyFit, ErrorsAreOfPointsThatAreLeftOut) {
    std::vector<PublishedAccuracy> rows = ideal_rows();
    rows[5].top1 += 0.02;  // in the middle: the others tell what it should be
    const auto estimate = AccuracyFit::fit(rows, "tiny", DataType::f32)->estimate(0.6, 176);
    EXPECT_NEAR(estimate->largest_error, 0.02, 1e-9);
    EXPECT_LT(estimate->median_error, 0.02);
    EXPECT_GT(estimate->median_error, 0);
}

TEST(AccuracyFit, NothingOutsideOfThePublished) {
    const auto fit = AccuracyFit::fit(ideal_rows(), "tiny", DataType::f32);
    EXPECT_TRUE(fit->estimate(0.5, 128));
    EXPECT_FALSE(fit->estimate(0.49, 128));
    EXPECT_FALSE(fit->estimate(1.01, 128));
    EXPECT_FALSE(fit->estimate(0.5, 127));
    EXPECT_FALSE(fit->estimate(0.5, 225));
}

TEST(AccuracyFit, TooFewOrOnALine) {
    std::vector<PublishedAccuracy> rows = ideal_rows();
    EXPECT_FALSE(AccuracyFit::fit(rows, "other", DataType::f32));
    EXPECT_FALSE(AccuracyFit::fit(rows, "tiny", DataType::i8));
    rows.resize(9);
    EXPECT_FALSE(AccuracyFit::fit(rows, "tiny", DataType::f32));
    std::vector<PublishedAccuracy> line;
    for (int i = 0; i < 20; ++i)
        line.push_back(row(0.5 + 0.05 * i, 224, ideal(0.5 + 0.05 * i, 224)));
    EXPECT_FALSE(AccuracyFit::fit(line, "tiny", DataType::f32));
}

TEST(AccuracyFit, OneSourceOnly) {
    std::vector<PublishedAccuracy> rows = ideal_rows();
    rows.push_back(row(0.6, 176, 0.99));
    rows.back().source = "b";
    EXPECT_NEAR(AccuracyFit::fit(rows, "tiny", DataType::f32)->estimate(0.6, 176)->top1, ideal(0.6, 176),
                1e-12);
}

/// Computed apart with NumPy.
TEST(AccuracyFit, PublishedFamilies) {
    const auto v1 = AccuracyFit::fit(bundled(), "mobilenet_v1", DataType::f32)->estimate(0.6, 160);
    EXPECT_EQ(v1->points, 16U);
    EXPECT_NEAR(v1->median_error, 0.0020068578658997416, 1e-9);
    EXPECT_NEAR(v1->largest_error, 0.0068721901882282665, 1e-9);
    const auto v2 = AccuracyFit::fit(bundled(), "mobilenet_v2", DataType::f32)->estimate(0.6, 160);
    EXPECT_EQ(v2->points, 22U);
    EXPECT_NEAR(v2->median_error, 0.0032058626442999194, 1e-9);
    EXPECT_NEAR(v2->largest_error, 0.016116320674597007, 1e-9);
    EXPECT_FALSE(AccuracyFit::fit(bundled(), "mobilenet_v3_large", DataType::f32)) << "too few";
}

}  // namespace
}  // namespace mobilenet_cost
