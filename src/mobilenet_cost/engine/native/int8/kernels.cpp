// The native engine's kernels of 8 bits, compiled for each instruction set that Highway knows; the best one
// of this processor is chosen at run time. docs/kernels.md explains their design.

// See compute.cpp.
#define MOBILENET_COST_OMITTED (HWY_SSSE3 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#ifdef MOBILENET_COST_FEW_TARGETS  // for builds that are not to take long
#define HWY_DISABLED_TARGETS (MOBILENET_COST_OMITTED | HWY_SSE4 | HWY_AVX3 | HWY_AVX3_DL)
#else
#define HWY_DISABLED_TARGETS MOBILENET_COST_OMITTED
#endif
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "mobilenet_cost/engine/native/int8/kernels.cpp"
#include "mobilenet_cost/engine/native/int8/kernels.h"

#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "mobilenet_cost/engine/native/int8/depthwise-inl.h"
#include "mobilenet_cost/engine/native/int8/elementwise-inl.h"
#include "mobilenet_cost/engine/native/int8/gemm-inl.h"
#include "mobilenet_cost/engine/native/int8/plain-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

Int8Kernels int8_kernels() {
    Int8Kernels kernels;
    kernels.target = hwy::TargetName(HWY_TARGET);
    kernels.lanes = sum_lanes();
    add_int8_gemm(kernels, std::make_integer_sequence<int, kInt8Rows>());
    add_int8_depthwise(kernels);
    kernels.mean = int8_mean;
    kernels.sum = int8_sum;
    kernels.product = int8_product;
    return kernels;
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace mobilenet_cost {

HWY_EXPORT(int8_kernels);

const Int8Kernels& best_int8_kernels() {
    static const Int8Kernels best = HWY_DYNAMIC_DISPATCH(int8_kernels)();
    return best;
}

const std::vector<Int8Kernels>& all_int8_kernels() {
    static const std::vector<Int8Kernels> all =
        on_every_target([] { return HWY_DYNAMIC_DISPATCH(int8_kernels)(); });
    return all;
}

}  // namespace mobilenet_cost
#endif
