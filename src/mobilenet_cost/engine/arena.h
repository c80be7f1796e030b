#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace mobilenet_cost {

inline constexpr std::size_t kArenaAlignment = 64;  ///< bytes: a cache line, and a full AVX-512 register

/// Memory that is needed from one step of a pass to a later one, both included.
struct ArenaBlock {
    std::size_t bytes = 0;
    std::size_t first = 0;   ///< step that writes it
    std::size_t last = 0;    ///< last step that reads it
    std::size_t offset = 0;  ///< place_blocks() sets it
};

/// Rounds each size up to the alignment, gives blocks that live at the same time different places, and
/// returns the bytes of the whole.
std::size_t place_blocks(std::vector<ArenaBlock>& blocks);

struct ArenaDelete {
    std::size_t mapped = 0;  ///< bytes that the system gave; 0: they come from operator new
    void operator()(std::byte* bytes) const;
};
using Arena = std::unique_ptr<std::byte[], ArenaDelete>;

/// Aligned and zeroed, and every page is there before the first pass. Large arenas come straight from the
/// system, whose pages are zeroed already, and in huge pages where it has them on request: the translation of
/// addresses costs less.
[[nodiscard]] Arena make_arena(std::size_t bytes);

}  // namespace mobilenet_cost
