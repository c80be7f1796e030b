#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mobilenet_cost/base/json_reader.h"

namespace mobilenet_cost {

// Internal: included by model_config.cpp alone.

/// One block of a model with its names resolved: definitions replaced by their parts, repeats written out.
struct ListedBlock {
    const nlohmann::json* keys = nullptr;
    std::string pointer;  ///< JSON place of what it was made from
    std::string name;     ///< "ghost_3/primary" for a part of a defined block
    std::string part_of;  ///< "ghost_3"; its own name where it is no part
    /// Indices into the list, -1 for the network's input; empty: the block before.
    std::vector<std::int32_t> inputs;
    std::optional<std::int32_t> like;  ///< whose size a resize takes
    bool linear = false;               ///< a partial sum or product, without the block's activation
    bool tap = false;
};

/// The blocks in the order in which they run, and what they were made from.
struct BlockList {
    std::vector<ListedBlock> blocks;
    std::deque<nlohmann::json> made;  ///< parts of definitions with their arguments filled in
};

/// Reads "define" and "blocks", and of each block what all kinds have: "name", "inputs", "repeat", "tap" and
/// "like" (docs/models.md). `kinds`: those that are built in; `appended`: how many of the last blocks stand
/// in "append". Throws Error. `model` must outlive the list.
[[nodiscard]] BlockList list_blocks(const ObjectReader& model, std::span<const std::string> kinds,
                                    std::size_t appended);

/// The "name" of a model or a block. Names are printed to terminals and must look different there.
[[nodiscard]] std::string read_name(const ObjectReader& reader);

/// The keys that list_blocks() reads.
[[nodiscard]] const std::vector<std::string>& list_keys();

}  // namespace mobilenet_cost
