// The 8-bit dot products of x86-64 and AArch64. By intrinsics: Highway 1.0 has no operation for them. Each
// function is compiled for its own instruction set and called only where the CPU has it. Chains start at
// different values, so that the compiler cannot take one for another.

#include "mobilenet_cost/machine/peaks_i8.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <arm_neon.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace mobilenet_cost {
namespace {

[[maybe_unused]] constexpr int kLinks = 4;        // in one turn of the loop
[[maybe_unused]] constexpr int kOpsPerLane8 = 2;  // a multiplication and an addition for each 8-bit lane

#if defined(__x86_64__)

constexpr int kChains = 12;  // two pipes of latency 4 or 5

__attribute__((target("avx512f,avx512vnni"))) std::int32_t dot_avx512_vnni(std::int64_t steps) {
    __m512i chains[kChains];
    for (int i = 0; i < kChains; ++i)
        chains[i] = _mm512_set1_epi32(i);
    __m512i left = _mm512_set1_epi8(3);
    __m512i right = _mm512_set1_epi8(-5);
    asm volatile("" : "+v"(left), "+v"(right));  // values that the compiler does not know
    for (std::int64_t turn = 0; turn < steps / kLinks; ++turn) {
#pragma GCC unroll 4
        for (int link = 0; link < kLinks; ++link) {
#pragma GCC unroll 12
            for (auto& chain : chains)
                chain = _mm512_dpbusd_epi32(chain, left, right);
        }
    }
    for (int i = 1; i < kChains; ++i)
        chains[0] = _mm512_xor_si512(chains[0], chains[i]);
    return _mm512_cvtsi512_si32(chains[0]);
}

__attribute__((target("avx2,avxvnni"))) std::int32_t dot_avx_vnni(std::int64_t steps) {
    __m256i chains[kChains];
    for (int i = 0; i < kChains; ++i)
        chains[i] = _mm256_set1_epi32(i);
    __m256i left = _mm256_set1_epi8(3);
    __m256i right = _mm256_set1_epi8(-5);
    asm volatile("" : "+x"(left), "+x"(right));
    for (std::int64_t turn = 0; turn < steps / kLinks; ++turn) {
#pragma GCC unroll 4
        for (int link = 0; link < kLinks; ++link) {
#pragma GCC unroll 12
            for (auto& chain : chains)
                chain = _mm256_dpbusd_avx_epi32(chain, left, right);
        }
    }
    for (int i = 1; i < kChains; ++i)
        chains[0] = _mm256_xor_si256(chains[0], chains[i]);
    return _mm256_cvtsi256_si32(chains[0]);
}

/// Leaf 7, subleaf 1, bit 4 of EAX: compilers of our age have no name for it in __builtin_cpu_supports().
bool has_avx_vnni() {
    constexpr unsigned kBit = 1U << 4U;
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & kBit) != 0;
}

#elif defined(__aarch64__) && defined(__linux__)

constexpr int kChains = 20;  // up to four pipes of latency 3 or 4

__attribute__((target("+dotprod"))) std::int32_t dot_neon(std::int64_t steps) {
    int32x4_t chains[kChains];
    for (int i = 0; i < kChains; ++i)
        chains[i] = vdupq_n_s32(i);
    int8x16_t left = vdupq_n_s8(3);
    int8x16_t right = vdupq_n_s8(-5);
    asm volatile("" : "+w"(left), "+w"(right));
    for (std::int64_t turn = 0; turn < steps / kLinks; ++turn) {
#pragma GCC unroll 4
        for (int link = 0; link < kLinks; ++link) {
#pragma GCC unroll 20
            for (auto& chain : chains)
                chain = vdotq_s32(chain, left, right);
        }
    }
    for (int i = 1; i < kChains; ++i)
        chains[0] = veorq_s32(chains[0], chains[i]);
    return vgetq_lane_s32(chains[0], 0);
}

#endif

[[maybe_unused]] void use(PeakKernels& kernels, std::int32_t (*kernel)(std::int64_t), int chains, int bytes,
                          const char* instruction) {
    kernels.dot_i8 = kernel;
    kernels.i8_ops_per_step = kOpsPerLane8 * chains * bytes;
    kernels.i8_vector_bytes = bytes;
    kernels.i8_instruction = instruction;
}

}  // namespace

void add_i8_kernel(PeakKernels& kernels) {
#if defined(__x86_64__)
    kernels.i8_instruction = "this CPU has neither AVX512-VNNI nor AVX-VNNI";
    if (__builtin_cpu_supports("avx512vnni")) {
        use(kernels, dot_avx512_vnni, kChains, 64, "AVX512-VNNI");
    } else if (has_avx_vnni()) {
        use(kernels, dot_avx_vnni, kChains, 32, "AVX-VNNI");
    }
#elif defined(__aarch64__) && defined(__linux__)
    kernels.i8_instruction = "this CPU has no dot-product instruction (asimddp)";
    if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) use(kernels, dot_neon, kChains, 16, "NEON dot product");
#else
    kernels.i8_instruction = "no kernel for this architecture";
#endif
}

}  // namespace mobilenet_cost
