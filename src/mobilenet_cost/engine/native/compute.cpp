// The kernels of the native engine, compiled for each instruction set that Highway knows; the best one of
// this processor is chosen at run time. docs/kernels.md explains their design.

// Vectors of unknown length cannot be kept in arrays; where there is SVE, there is NEON with as many pipes.
// SSSE3 has nothing for floats that SSE4 has not, and no processor of today has it alone.
#define MOBILENET_COST_OMITTED (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#ifdef MOBILENET_COST_FEW_TARGETS  // for builds that are not to take long
#define HWY_DISABLED_TARGETS (MOBILENET_COST_OMITTED | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS MOBILENET_COST_OMITTED
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mobilenet_cost/engine/native/compute.cpp"
#include "mobilenet_cost/engine/native/compute.h"

#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "mobilenet_cost/engine/native/depthwise-inl.h"
#include "mobilenet_cost/engine/native/elementwise-inl.h"
#include "mobilenet_cost/engine/native/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

ComputeKernels compute_kernels() {
    ComputeKernels kernels;
    kernels.target = hwy::TargetName(HWY_TARGET);
    kernels.lanes = static_cast<std::int64_t>(hn::Lanes(Floats()));
    kernels.registers = kRegisters;
    add_gemm_kernels(kernels, std::make_integer_sequence<int, kMaxTileVectors + 1>());
    add_depthwise_kernels(kernels);
    kernels.mean = mean;
    kernels.add = add;
    kernels.scale = scale;
    kernels.sigmoid = sigmoid;
    return kernels;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mobilenet_cost {

HWY_EXPORT(compute_kernels);

#define MOBILENET_COST_TEXT(number) #number
#define MOBILENET_COST_VERSION_TEXT(major, minor, patch) \
    "Highway " MOBILENET_COST_TEXT(major) "." MOBILENET_COST_TEXT(minor) "." MOBILENET_COST_TEXT(patch)

const ComputeKernels& best_compute_kernels() {
    static const ComputeKernels best = HWY_DYNAMIC_DISPATCH(compute_kernels)();
    return best;
}

const std::vector<ComputeKernels>& all_compute_kernels() {
    static const std::vector<ComputeKernels> all =
        on_every_target([] { return HWY_DYNAMIC_DISPATCH(compute_kernels)(); });
    return all;
}

const char* compute_library() {
    return MOBILENET_COST_VERSION_TEXT(HWY_MAJOR, HWY_MINOR, HWY_PATCH);
}

}  // namespace mobilenet_cost
#endif
