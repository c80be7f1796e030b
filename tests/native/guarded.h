#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <type_traits>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mobilenet_cost {

enum class Guard { before, behind };

/// `count` values next to a page that may not be read or written.
template <typename Value>
class Guarded {
  public:
    Guarded(std::int64_t count, Guard guard) : count_(static_cast<std::size_t>(count)) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t bytes = count_ * sizeof(Value);
        const std::size_t used = (bytes + page - 1) / page * page;
        bytes_ = used + 2 * page;
        void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT_NE(memory, MAP_FAILED);
        base_ = static_cast<std::byte*>(memory);
        EXPECT_EQ(mprotect(base_, page, PROT_NONE), 0);
        EXPECT_EQ(mprotect(base_ + page + used, page, PROT_NONE), 0);
        std::byte* const first = base_ + page + (guard == Guard::behind ? used - bytes : 0);
        values_ = reinterpret_cast<Value*>(first);
    }
    ~Guarded() { munmap(base_, bytes_); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    Value* data() { return values_; }
    Value& operator[](std::int64_t i) { return values_[i]; }
    /// Floats from -1 to 1, or bytes of any value.
    void fill(std::mt19937& random) {
        std::uniform_real_distribution<float> fraction(-1, 1);
        std::uniform_int_distribution<int> any(0, 255);
        for (std::size_t i = 0; i < count_; ++i)
            values_[i] = static_cast<Value>(
                std::is_floating_point_v<Value> ? fraction(random) : static_cast<float>(any(random)));
    }

  private:
    std::size_t count_;
    std::size_t bytes_ = 0;
    std::byte* base_ = nullptr;
    Value* values_ = nullptr;
};

using GuardedFloats = Guarded<float>;

}  // namespace mobilenet_cost
