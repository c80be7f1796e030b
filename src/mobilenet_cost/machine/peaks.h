#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mobilenet_cost {

/// Loops that do nothing but keep one unit of the core busy, for the best instruction set of this CPU. Each
/// returns a checksum of all that it computed or read, so that no compiler can leave any of it out.
struct PeakKernels {
    const char* target = "";  ///< instruction set, as Highway names it: "AVX2"
    int vector_bytes = 0;
    const char* library = "";  ///< name and version of what the kernels are written in

    /// Independent chains of fused multiply-adds on f32 vectors in registers, `steps` links each: as many
    /// chains as hide the latency of the pipes. The chains converge to term / (1 - factor): with a factor in
    /// (0, 1) there is neither overflow nor a denormal number.
    float (*multiply_add)(std::int64_t steps, float factor, float term) = nullptr;
    double flops_per_step = 0;

    /// Reads `count` words, a multiple of kPeakWords, `repeats` times.
    std::uint32_t (*read)(const std::uint32_t* words, std::size_t count, std::int64_t repeats) = nullptr;

    /// sums[i] = left[i] + factor * right[i], McCalpin's triad, `repeats` times; count is a multiple of
    /// kPeakWords. Plain stores: a network's layers do not bypass the caches either.
    float (*triad)(float* sums, const float* left, const float* right, float factor, std::size_t count,
                   std::int64_t repeats) = nullptr;

    /// Chains of 8-bit dot products summed into 32 bits: each step adds 4 x 3 x -5 to every lane of every
    /// chain, the i-th starts at i, and the first lanes are combined by exclusive or. Null when this CPU has
    /// no instruction for it.
    std::int32_t (*dot_i8)(std::int64_t steps) = nullptr;
    double i8_ops_per_step = 0;
    int i8_vector_bytes = 0;
    const char* i8_instruction = "";  ///< its name, or why there is none
};

/// Words of 4 bytes in one turn of the unrolled memory loops, for every instruction set.
inline constexpr std::size_t kPeakWords = 256;

/// Core cycles as time: a chain of additions of which each needs the one before. An integer addition of two
/// registers takes one cycle on every x86-64 and AArch64 core (Fog, "Instruction tables"); it is not one of
/// an immediate value, which newer cores do while renaming registers.
std::uint64_t dependent_adds(std::int64_t count);

/// The kernels, or why there are none.
struct PeakKernelsStatus {
    const PeakKernels* kernels = nullptr;
    std::string reason;  ///< empty when there are kernels
};
[[nodiscard]] PeakKernelsStatus find_peak_kernels();

/// Raised when PeakKernels changes: a module of another number is refused.
inline constexpr int kPeaksInterface = 1;

}  // namespace mobilenet_cost
