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

MemoryLedger::MemoryLedger() {
    current = this;
}

MemoryLedger::~MemoryLedger() {
    current = nullptr;
}

void MemoryLedger::add(void* memory) {
    blocks_[memory] = {malloc_usable_size(memory), use};
}

void MemoryLedger::remove(void* memory) {
    blocks_.erase(memory);
}

void MemoryLedger::add_to(SessionRegions& regions) const {
    for (const auto& [memory, block] : blocks_) {
        auto& of_use = block.use == BlockUse::weights ? regions.weights : regions.others;
        of_use.push_back({static_cast<const std::byte*>(memory), block.bytes});
    }
}

const xnn_allocator& counting_allocator() {
    return kAllocator;
}

}  // namespace mobilenet_cost
