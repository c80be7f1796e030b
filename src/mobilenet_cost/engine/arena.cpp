#include "mobilenet_cost/engine/arena.h"

#include <algorithm>
#include <numeric>

#include <sys/mman.h>

namespace mobilenet_cost {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;  ///< bytes, on x86-64 and, mostly, AArch64

bool live_together(const ArenaBlock& a, const ArenaBlock& b) {
    return a.first <= b.last && b.first <= a.last;
}

bool overlap(const ArenaBlock& a, const ArenaBlock& b) {
    return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

}  // namespace

// Largest first, each at the lowest place that is free for its whole life: "greedy by size" of Pisarchyk and
// Lee, arXiv 2001.03288, section 5.
std::size_t place_blocks(std::vector<ArenaBlock>& blocks) {
    for (ArenaBlock& block : blocks)
        block.bytes = (block.bytes + kArenaAlignment - 1) / kArenaAlignment * kArenaAlignment;
    std::vector<std::size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
    std::vector<const ArenaBlock*> placed;  // by offset, so that one pass upwards finds the lowest place
    std::size_t total = 0;
    for (const std::size_t index : order) {
        ArenaBlock& block = blocks[index];
        block.offset = 0;
        for (const ArenaBlock* other : placed)
            if (live_together(block, *other) && overlap(block, *other))
                block.offset = other->offset + other->bytes;
        const auto by_offset = [](const ArenaBlock* a, const ArenaBlock* b) { return a->offset < b->offset; };
        placed.insert(std::upper_bound(placed.begin(), placed.end(), &block, by_offset), &block);
        total = std::max(total, block.offset + block.bytes);
    }
    return total;
}

Arena make_arena(std::size_t bytes) {
    const std::size_t size = std::max(bytes, kArenaAlignment);
    const std::size_t alignment = size < kHugePage ? kArenaAlignment : kHugePage;
    Arena arena(new (std::align_val_t{alignment}) std::byte[size], ArenaDelete{alignment});
#ifdef MADV_HUGEPAGE
    if (size >= kHugePage) (void)madvise(arena.get(), size / kHugePage * kHugePage, MADV_HUGEPAGE);  // or not
#endif
    std::fill_n(arena.get(), size, std::byte{0});
    return arena;
}

}  // namespace mobilenet_cost
