#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace mobilenet_cost {

enum class Guard { before, behind };

/// `count` floats next to a page that may not be read or written.
class GuardedFloats {
  public:
    GuardedFloats(std::int64_t count, Guard guard) : count_(static_cast<std::size_t>(count)) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t bytes = count_ * sizeof(float);
        const std::size_t used = (bytes + page - 1) / page * page;
        bytes_ = used + 2 * page;
        void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        EXPECT_NE(memory, MAP_FAILED);
        base_ = static_cast<std::byte*>(memory);
        EXPECT_EQ(mprotect(base_, page, PROT_NONE), 0);
        EXPECT_EQ(mprotect(base_ + page + used, page, PROT_NONE), 0);
        std::byte* const first = base_ + page + (guard == Guard::behind ? used - bytes : 0);
        values_ = reinterpret_cast<float*>(first);
    }
    ~GuardedFloats() { munmap(base_, bytes_); }
    GuardedFloats(const GuardedFloats&) = delete;
    GuardedFloats& operator=(const GuardedFloats&) = delete;

    float* data() { return values_; }
    float& operator[](std::int64_t i) { return values_[i]; }
    void fill(std::mt19937& random) {
        std::uniform_real_distribution<float> any(-1, 1);
        for (std::size_t i = 0; i < count_; ++i)
            values_[i] = any(random);
    }

  private:
    std::size_t count_;
    std::size_t bytes_ = 0;
    std::byte* base_ = nullptr;
    float* values_ = nullptr;
};

}  // namespace mobilenet_cost
