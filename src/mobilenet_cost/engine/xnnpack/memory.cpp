#include "mobilenet_cost/engine/xnnpack/memory.h"

#include <cstdlib>

#include <malloc.h>

namespace mobilenet_cost {

namespace {

thread_local MemoryLedger* current = nullptr;

void* noted(void* memory) {
    if (current != nullptr && memory != nullptr) current->add(memory);
    return memory;
}

void* allocate(void*, std::size_t bytes) {
    return noted(std::malloc(bytes));
}

void* reallocate(void*, void* memory, std::size_t bytes) {
    if (current != nullptr) current->remove(memory);
    return noted(std::realloc(memory, bytes));
}

void* allocate_aligned(void*, std::size_t alignment, std::size_t bytes) {
    void* memory = nullptr;
    return posix_memalign(&memory, alignment, bytes) == 0 ? noted(memory) : nullptr;
}

void release(void*, void* memory) {
    if (current != nullptr) current->remove(memory);
    std::free(memory);
}

constexpr xnn_allocator kAllocator = {nullptr, allocate, reallocate, release, allocate_aligned, release};

}  // namespace

std::int64_t MemoryLedger::bytes(BlockUse wanted) const {
    std::int64_t sum = 0;
    for (const auto& [memory, block] : blocks_)
        if (block.use == wanted) sum += static_cast<std::int64_t>(block.bytes);
    return sum;
}

std::vector<MemoryRegion> MemoryLedger::regions(BlockUse wanted) const {
    std::vector<MemoryRegion> regions;
    for (const auto& [memory, block] : blocks_)
        if (block.use == wanted) regions.push_back({static_cast<const std::byte*>(memory), block.bytes});
    return regions;
}

void MemoryLedger::add(void* memory) {
    blocks_[memory] = {malloc_usable_size(memory), use};
}

void MemoryLedger::remove(void* memory) {
    blocks_.erase(memory);
}

LedgerScope::LedgerScope(MemoryLedger& ledger) {
    current = &ledger;
}

LedgerScope::~LedgerScope() {
    current = nullptr;
}

const xnn_allocator& counting_allocator() {
    return kAllocator;
}

}  // namespace mobilenet_cost
