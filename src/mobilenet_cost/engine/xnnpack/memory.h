#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <xnnpack.h>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

enum class BlockUse {
    weights,  ///< taken when an operator is made: packed weights and the operator itself
    scratch,  ///< taken when it is set up: tables of pointers into the input
};

/// What XNNPACK has asked for and not returned. It does not tell otherwise where its operators keep things.
class MemoryLedger {
  public:
    [[nodiscard]] std::int64_t bytes(BlockUse use) const;
    [[nodiscard]] std::vector<MemoryRegion> regions(BlockUse use) const;

    void add(void* memory);
    void remove(void* memory);

    BlockUse use = BlockUse::weights;  ///< of the blocks that follow

  private:
    struct Block {
        std::size_t bytes = 0;
        BlockUse use = BlockUse::weights;
    };
    std::map<void*, Block> blocks_;
};

/// What XNNPACK asks for on this thread stands in `ledger` as long as this lives.
class LedgerScope {
  public:
    explicit LedgerScope(MemoryLedger& ledger);
    ~LedgerScope();
    LedgerScope(const LedgerScope&) = delete;
    LedgerScope& operator=(const LedgerScope&) = delete;
};

/// malloc() that keeps the ledger.
[[nodiscard]] const xnn_allocator& counting_allocator();

}  // namespace mobilenet_cost
