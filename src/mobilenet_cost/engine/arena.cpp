#include "mobilenet_cost/engine/arena.h"

#include <algorithm>
#include <cstdint>
#include <new>
#include <numeric>

#include <sys/mman.h>
#include <unistd.h>

namespace mobilenet_cost {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;  ///< bytes, on x86-64 and, mostly, AArch64

bool live_together(const ArenaBlock& a, const ArenaBlock& b) {
    return a.first <= b.last && b.first <= a.last;
}

bool overlap(const ArenaBlock& a, const ArenaBlock& b) {
    return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

/// Whole pages from the system, the first at a multiple of a huge page.
Arena map_arena(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t size = (bytes + page - 1) / page * page;
    void* const memory =
        mmap(nullptr, size + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    auto* const first = static_cast<std::byte*>(memory);
    const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(first) % kHugePage) % kHugePage;
    if (before > 0) munmap(first, before);
    if (before < kHugePage) munmap(first + before + size, kHugePage - before);
    Arena arena(first + before, ArenaDelete{size});
#ifdef MADV_HUGEPAGE
    (void)madvise(arena.get(), size / kHugePage * kHugePage, MADV_HUGEPAGE);  // or not
#endif
    for (std::size_t i = 0; i < size; i += page)
        static_cast<volatile std::byte&>(arena[i]) = std::byte{0};
    return arena;
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

void ArenaDelete::operator()(std::byte* bytes) const {
    if (mapped > 0) {
        munmap(bytes, mapped);
    } else {
        ::operator delete[](bytes, std::align_val_t{kArenaAlignment});
    }
}

Arena make_arena(std::size_t bytes) {
    if (bytes >= kHugePage) return map_arena(bytes);
    const std::size_t size = std::max(bytes, kArenaAlignment);
    Arena arena(new (std::align_val_t{kArenaAlignment}) std::byte[size]);
    std::fill_n(arena.get(), size, std::byte{0});
    return arena;
}

}  // namespace mobilenet_cost
