// Pooling, residual sums and gates, which do almost no arithmetic, and sigmoids. Included once per
// instruction set.

#if defined(MOBILENET_COST_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_ELEMENTWISE_INL_H_
#undef MOBILENET_COST_ELEMENTWISE_INL_H_
#else
#define MOBILENET_COST_ELEMENTWISE_INL_H_
#endif

#include <hwy/contrib/math/math-inl.h>

#include "mobilenet_cost/engine/native/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

/// Calls `body` with `finish` as FinishVectors of its kind.
template <typename Body>
HWY_INLINE void with_finish(const Finish& finish, const Body& body) {
    if (finish.curved) {
        body(FinishVectors<true>(finish));
    } else {
        body(FinishVectors<false>(finish));
    }
}

/// Four sums at a time, so that additions do not wait for each other.
HWY_NOINLINE void mean(const MeanTask& task) {
    const Floats d;
    const auto factor = hn::Set(d, 1.0F / static_cast<float>(task.pixels));
    const FinishVectors<true> curved(task.finish);
    const FinishVectors<false> straight(task.finish);
    for (std::int64_t c = 0; c < task.channels; c += lanes()) {
        const float* in = task.in + c;
        const std::int64_t stride = task.stride;
        auto sum0 = hn::Zero(d);
        auto sum1 = sum0;
        auto sum2 = sum0;
        auto sum3 = sum0;
        std::int64_t pixel = 0;
        for (; pixel + 4 <= task.pixels; pixel += 4, in += 4 * stride) {
            sum0 = hn::Add(sum0, hn::Load(d, in));
            sum1 = hn::Add(sum1, hn::Load(d, in + stride));
            sum2 = hn::Add(sum2, hn::Load(d, in + 2 * stride));
            sum3 = hn::Add(sum3, hn::Load(d, in + 3 * stride));
        }
        for (; pixel < task.pixels; ++pixel, in += stride)
            sum0 = hn::Add(sum0, hn::Load(d, in));
        const auto value = hn::Mul(hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)), factor);
        hn::Store(task.finish.curved ? curved(value) : straight(value), d, task.out + c);
    }
}

HWY_NOINLINE void add(const PairTask& task) {
    with_finish(task.finish, [&task](const auto& finish) HWY_ATTR {
        const Floats d;
        const std::int64_t count = task.pixels * task.channels;
        for (std::int64_t i = 0; i < count; i += lanes())
            hn::Store(finish(hn::Add(hn::Load(d, task.a + i), hn::Load(d, task.b + i))), d, task.out + i);
    });
}

HWY_NOINLINE void scale(const PairTask& task) {
    with_finish(task.finish, [&task](const auto& finish) HWY_ATTR {
        const Floats d;
        for (std::int64_t pixel = 0; pixel < task.pixels; ++pixel) {
            const std::int64_t row = pixel * task.channels;
            for (std::int64_t c = 0; c < task.channels; c += lanes())
                hn::Store(finish(hn::Mul(hn::Load(d, task.a + row + c), hn::Load(d, task.b + c))), d,
                          task.out + row + c);
        }
    });
}

/// Below -87 the sigmoid would be a denormal number.
HWY_NOINLINE void sigmoid(const SigmoidTask& task) {
    const Floats d;
    const auto one = hn::Set(d, 1.0F);
    const auto least = hn::Set(d, -87.0F);
    for (std::int64_t row = 0; row < task.rows; ++row) {
        float* const values = task.values + row * task.stride;
        for (std::int64_t c = 0; c < task.channels; c += lanes()) {
            const auto x = hn::Max(hn::Load(d, values + c), least);
            const auto below = hn::Add(one, hn::Exp(d, hn::Neg(x)));
            hn::Store(hn::Div(task.times_input ? x : one, below), d, values + c);
        }
    }
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
