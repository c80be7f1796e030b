#include <cstddef>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/pick/widest_answer.h"

namespace mobilenet_cost {
namespace {

/// The search over these answers to its end, and what it asked in which order.
struct Searched {
    std::optional<std::size_t> widest;
    std::vector<std::size_t> asked;
    bool monotone = true;
};

Searched search(const std::vector<bool>& fits) {
    WidestSearch search(fits.size());
    Searched searched;
    while (const std::optional<std::size_t> next = search.next()) {
        searched.asked.push_back(*next);
        search.tell(*next, fits.at(*next));
    }
    searched.widest = search.widest();
    searched.monotone = search.is_monotone();
    EXPECT_EQ(search.tried(), searched.asked.size());
    return searched;
}

TEST(WidestSearch, Nothing) {
    EXPECT_EQ(search({}).widest, std::nullopt);
    EXPECT_EQ(search({false}).widest, std::nullopt);
    EXPECT_EQ(search({true}).widest, 0U);
}

TEST(WidestSearch, AsksByBisectionThenBesideTheBoundary) {
    // Seven, of which three fit: 3 no, 1 yes, 2 yes; then 4 and 1 are beside 3 and 2, and 1 is known.
    const Searched searched = search({true, true, true, false, false, false, false});
    EXPECT_EQ(searched.asked, (std::vector<std::size_t>{3, 1, 2, 4}));
    EXPECT_EQ(searched.widest, 2U);
    EXPECT_TRUE(searched.monotone);
}

TEST(WidestSearch, GoesOnWhereAWiderOneFitsAfterAll) {
    // 2 does not fit, 3 beside it does.
    const Searched searched = search({true, true, false, true, false});
    EXPECT_EQ(searched.widest, 3U);
    EXPECT_FALSE(searched.monotone);
}

/// Against a plain look through all, for every boundary of every length; at most log2(n) + 3 are tried.
TEST(WidestSearch, FindsEveryBoundary) {
    for (std::size_t count = 0; count <= 40; ++count) {
        for (std::size_t boundary = 0; boundary <= count; ++boundary) {
            std::vector<bool> fits(count, false);
            std::fill_n(fits.begin(), boundary, true);
            const Searched searched = search(fits);
            const std::optional<std::size_t> expected =
                boundary == 0 ? std::nullopt : std::optional(boundary - 1);
            EXPECT_EQ(searched.widest, expected) << count << " " << boundary;
            EXPECT_TRUE(searched.monotone);
            std::size_t most = 3;
            for (std::size_t left = count; left > 0; left /= 2)
                ++most;
            EXPECT_LE(searched.asked.size(), most) << count << " " << boundary;
        }
    }
}

/// Whatever the answers, it ends with one that fits beside one or two that were seen not to.
TEST(WidestSearch, EndsBesideOnesThatDoNotFit) {
    std::mt19937 random(5);
    for (int repetition = 0; repetition < 2000; ++repetition) {
        std::vector<bool> fits(random() % 12);
        for (std::size_t i = 0; i < fits.size(); ++i)
            fits[i] = random() % 2 == 0;
        const Searched searched = search(fits);
        const std::size_t after = searched.widest ? *searched.widest + 1 : 0;
        if (searched.widest) {
            EXPECT_TRUE(fits[*searched.widest]);
        }
        for (std::size_t i = after; i < fits.size() && i < after + 2; ++i)
            EXPECT_FALSE(fits[i]);
    }
}

}  // namespace
}  // namespace mobilenet_cost
