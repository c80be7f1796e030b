#include "mobilenet_cost/engine/arena.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace mobilenet_cost {
namespace {

TEST(arena, a_chain_needs_its_two_largest_neighbours) {
    // Tensor i lives from step i to step i + 1.
    std::vector<ArenaBlock> blocks = {{640, 0, 1}, {1280, 1, 2}, {640, 2, 3}, {128, 3, 4}};
    EXPECT_EQ(place_blocks(blocks), 1280U + 640U);
}

TEST(arena, sizes_are_rounded_up_to_the_alignment) {
    std::vector<ArenaBlock> blocks = {{1, 0, 1}, {65, 0, 1}};
    EXPECT_EQ(place_blocks(blocks), 64U + 128U);
    EXPECT_EQ(blocks[1].offset % kArenaAlignment, 0U);
    EXPECT_EQ(blocks[0].offset % kArenaAlignment, 0U);
}

TEST(arena, a_gap_below_is_filled_first) {
    // b leaves a gap under c at step 3, and d fits into it.
    std::vector<ArenaBlock> blocks = {{256, 0, 5}, {192, 0, 2}, {128, 0, 5}, {64, 3, 5}};
    EXPECT_EQ(place_blocks(blocks), 256U + 192U + 128U);
    EXPECT_EQ(blocks[3].offset, 256U);
}

TEST(arena, blocks_that_live_together_never_overlap) {
    std::uint32_t state = 12345;
    const auto draw = [&](std::uint32_t below) {
        state = state * 1664525U + 1013904223U;
        return (state >> 8) % below;
    };
    for (int round = 0; round < 200; ++round) {
        std::vector<ArenaBlock> blocks;
        for (int i = 0; i < 30; ++i) {
            const std::size_t first = draw(20);
            blocks.push_back({1 + draw(2000), first, first + draw(6)});
        }
        const std::size_t total = place_blocks(blocks);
        for (std::size_t a = 0; a < blocks.size(); ++a) {
            ASSERT_LE(blocks[a].offset + blocks[a].bytes, total) << "round " << round;
            for (std::size_t b = 0; b < a; ++b) {
                const bool together = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
                const bool apart = blocks[a].offset + blocks[a].bytes <= blocks[b].offset ||
                                   blocks[b].offset + blocks[b].bytes <= blocks[a].offset;
                ASSERT_TRUE(!together || apart) << "round " << round << ", blocks " << a << " and " << b;
            }
        }
    }
}

TEST(arena, memory_is_aligned_and_zeroed) {
    const Arena arena = make_arena(1000);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(arena.get()) % kArenaAlignment, 0U);
    for (std::size_t i = 0; i < 1000; ++i)
        ASSERT_EQ(arena[i], std::byte{0});
}

}  // namespace
}  // namespace mobilenet_cost
