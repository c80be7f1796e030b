#include "allocation_count.h"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "mobilenet_cost/base/build_info.h"

// glibc lets a program define malloc itself (its manual, "Replacing malloc") and keeps its own under other
// names. The program's definition is found first by every library, the engines' included, which is why this
// counts allocations that replacing `operator new` would miss.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOBILENET_COST_OWN_MALLOC 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MOBILENET_COST_OWN_MALLOC 0
#endif
#endif
#if defined(__GLIBC__) && !defined(MOBILENET_COST_OWN_MALLOC)
#define MOBILENET_COST_COUNTS_ALLOCATIONS 1
#else
#define MOBILENET_COST_COUNTS_ALLOCATIONS 0
#endif

namespace {

std::atomic<bool> counting = false;
std::atomic<std::int64_t> count = 0;
std::atomic<std::int64_t> bytes = 0;

}  // namespace

#if MOBILENET_COST_COUNTS_ALLOCATIONS

namespace {

/// A single load where allocations are not counted, which is everywhere but in a worker.
inline void note(std::size_t size) {
    if (!counting.load(std::memory_order_relaxed)) return;
    count.fetch_add(1, std::memory_order_relaxed);
    bytes.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed);
}

}  // namespace

extern "C" {

// NOLINTBEGIN(readability-identifier-naming): glibc's names
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t members, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);
// NOLINTEND(readability-identifier-naming)

void* malloc(std::size_t size) {
    note(size);
    return __libc_malloc(size);
}

void* calloc(std::size_t members, std::size_t size) {
    note(members * size);
    return __libc_calloc(members, size);
}

void* realloc(void* block, std::size_t size) {
    note(size);
    return __libc_realloc(block, size);
}

void free(void* block) {
    __libc_free(block);
}

void* memalign(std::size_t alignment, std::size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    note(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    const bool power_of_two = alignment != 0 && (alignment & (alignment - 1)) == 0;
    if (!power_of_two || alignment % sizeof(void*) != 0) return EINVAL;
    note(size);
    void* made = __libc_memalign(alignment, size);
    if (made == nullptr) return ENOMEM;
    *block = made;
    return 0;
}

}  // extern "C"

#endif

namespace mobilenet_cost::app {

std::function<AllocationCount()> allocation_counter() {
    if (MOBILENET_COST_COUNTS_ALLOCATIONS == 0 || build_info().sanitized) return {};
    counting = true;
    return [] { return AllocationCount{.count = count, .bytes = bytes}; };
}

}  // namespace mobilenet_cost::app
