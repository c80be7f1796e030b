#pragma once

#include <cstddef>
#include <map>

#include <xnnpack.h>

#include "mobilenet_cost/engine/engine.h"

namespace mobilenet_cost {

enum class BlockUse {
    weights,  ///< taken when an operator is made: packed weights and the operator itself
    scratch,  ///< taken when it is set up: tables of pointers into the input
};

/// What XNNPACK asks for on this thread, and does not return, while this lives. Nothing else tells where its
/// operators keep things.
class MemoryLedger {
  public:
    MemoryLedger();
    ~MemoryLedger();
    MemoryLedger(const MemoryLedger&) = delete;
    MemoryLedger& operator=(const MemoryLedger&) = delete;

    void add(void* memory);
    void remove(void* memory);

    void add_to(SessionRegions& regions) const;

    BlockUse use = BlockUse::weights;  ///< of the blocks that follow

  private:
    struct Block {
        std::size_t bytes = 0;
        BlockUse use = BlockUse::weights;
    };
    std::map<void*, Block> blocks_;
};

/// malloc() that keeps the ledger.
[[nodiscard]] const xnn_allocator& counting_allocator();

}  // namespace mobilenet_cost
