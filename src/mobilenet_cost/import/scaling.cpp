#include "mobilenet_cost/import/scaling.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

namespace mobilenet_cost {
namespace {

constexpr std::array<std::string_view, 12> kAlike = {
    "depthwise", "batch_norm",   "layer_scale", "prelu",   "activation", "pool",
    "max_pool",  "average_pool", "resize",      "softmax", "pad",        "operator"};
constexpr std::array<std::string_view, 2> kPairs = {"add", "multiply"};

template <typename Kinds>
bool is_of(const ImportedBlock& block, const Kinds& kinds) {
    return std::find(kinds.begin(), kinds.end(), block.kind) != kinds.end();
}

/// Channels that cannot differ are one group; the network's input is the last.
class Channels {
  public:
    explicit Channels(const std::vector<ImportedBlock>& blocks, const std::vector<bool>& used)
        : blocks_(blocks), used_(used), parents_(blocks.size() + 1), pinned_(blocks.size() + 1, false) {
        std::iota(parents_.begin(), parents_.end(), std::size_t{0});
        for_each_used([this](std::size_t i) { tie(i); });
        pin(place(kInputBlock));
        for_each_used([this](std::size_t i) { pin_by_kind(i); });
        while (pin_sums()) {
        }
    }

    [[nodiscard]] bool is_pinned(std::size_t block) { return pinned_[group(block)]; }

  private:
    template <typename Visit>
    void for_each_used(const Visit& visit) const {
        for (std::size_t i = 0; i < blocks_.size(); ++i)
            if (used_[i]) visit(i);
    }

    [[nodiscard]] std::size_t place(BlockId id) const {
        return id == kInputBlock ? blocks_.size() : static_cast<std::size_t>(id);
    }
    std::size_t group(std::size_t i) {
        while (parents_[i] != i)
            i = parents_[i] = parents_[parents_[i]];
        return i;
    }
    void pin(std::size_t i) { pinned_[group(i)] = true; }

    void join(std::size_t a, std::size_t b) { parents_[group(a)] = group(b); }

    /// Whether it has as many channels as it reads, whatever they are.
    static bool is_alike(const ImportedBlock& block) {
        return is_of(block, kAlike) && !block.keys.contains("channels") && !block.keys.contains("weights");
    }

    void tie(std::size_t i) {
        const ImportedBlock& block = blocks_[i];
        const bool alike = is_alike(block);
        if (!alike && !is_of(block, kPairs)) return;
        for (const BlockId input : block.inputs)
            join(i, place(input));
    }

    /// Outputs, and blocks whose channels have places.
    void pin_by_kind(std::size_t i) {
        const ImportedBlock& block = blocks_[i];
        if (block.tap) pin(i);
        const bool product = block.kind == "conv" || block.kind == "transposed_conv";
        if (product && !block.keys.contains("groups")) return;
        if (is_of(block, kPairs) || block.kind == "concat") return;
        if (is_alike(block)) return;
        pin(i);
        for (const BlockId input : block.inputs)
            pin(place(input));
    }

    /// Channels one after another are as many as their parts have: where something else says how many, the
    /// parts keep theirs. Returns whether there was one.
    bool pin_sums() {
        bool found = false;
        for_each_used([&](std::size_t i) {
            if (blocks_[i].kind != "concat") return;
            if (!is_pinned(i) && makers_of(group(i)) > 1) pin(i);
            if (!is_pinned(i)) return;
            for (const BlockId input : blocks_[i].inputs) {
                found = found || !is_pinned(place(input));
                pin(place(input));
            }
        });
        return found;
    }

    /// Blocks that say by themselves how many channels a group has.
    std::size_t makers_of(std::size_t wanted) {
        std::size_t makers = 0;
        for_each_used([&](std::size_t i) {
            const std::string& kind = blocks_[i].kind;
            const bool makes = kind == "conv" || kind == "transposed_conv" || kind == "concat";
            if (makes && group(i) == wanted) ++makers;
        });
        return makers;
    }

    const std::vector<ImportedBlock>& blocks_;
    const std::vector<bool>& used_;
    std::vector<std::size_t> parents_;
    std::vector<bool> pinned_;
};

}  // namespace

std::int64_t let_scale(std::vector<ImportedBlock>& blocks, const std::vector<bool>& used) {
    constexpr std::int64_t kLargestDivisor = 8;
    std::int64_t divisor = kLargestDivisor;
    Channels channels(blocks, used);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        ImportedBlock& block = blocks[i];
        const bool product = block.kind == "conv" || block.kind == "transposed_conv";
        if (!used[i] || !product || channels.is_pinned(i)) continue;
        block.keys.erase("scale");
        block.keys["channels"] = block.shape.c;
        divisor = std::gcd(divisor, block.shape.c);
    }
    return divisor;
}

}  // namespace mobilenet_cost
