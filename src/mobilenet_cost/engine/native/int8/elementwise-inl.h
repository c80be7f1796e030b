// Means, sums and products of 8 bits. Included once per instruction set.

#if defined(MOBILENET_COST_INT8_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MOBILENET_COST_INT8_ELEMENTWISE_INL_H_
#undef MOBILENET_COST_INT8_ELEMENTWISE_INL_H_
#else
#define MOBILENET_COST_INT8_ELEMENTWISE_INL_H_
#endif

#include "mobilenet_cost/engine/native/int8/finish-inl.h"

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
HWY_BEFORE_NAMESPACE();
namespace mobilenet_cost::HWY_NAMESPACE {

HWY_INLINE SumVector load_bytes(const std::uint8_t* from) {
    return hn::PromoteTo(Sums(), hn::LoadU(SumBytes(), from));
}

HWY_NOINLINE void int8_mean(const Int8Mean& task) {
    const Sums d;
    const FinishBytes finish(task.finish);
    const auto start = hn::Set(d, static_cast<std::int32_t>(-task.zero_point * task.pixels));
    for (std::int64_t c = 0; c < task.channels; c += sum_lanes()) {
        auto sum = start;
        for (std::int64_t pixel = 0; pixel < task.pixels; ++pixel)
            sum = hn::Add(sum, load_bytes(task.in + pixel * task.stride + c));
        finish.store_in_order(sum, hn::Set(Factors(), task.factor), task.out + c);
    }
}

HWY_NOINLINE void int8_sum(const Int8Sum& task) {
    const Sums d;
    const auto first = hn::Set(d, task.first);
    const auto second = hn::Set(d, task.second);
    const auto bias = hn::Set(d, task.bias);
    const auto zero_point = hn::Set(d, task.zero_point);
    const auto low = hn::Set(d, task.low);
    const auto high = hn::Set(d, task.high);
    for (std::int64_t i = 0; i < task.count; i += sum_lanes()) {
        const auto exact = hn::Add(
            hn::Add(hn::Mul(load_bytes(task.a + i), first), hn::Mul(load_bytes(task.b + i), second)), bias);
        const auto shifted = hn::Add(hn::ShiftRightSame(exact, task.shift), zero_point);
        hn::StoreU(hn::DemoteTo(SumBytes(), hn::Min(hn::Max(shifted, low), high)), SumBytes(), task.out + i);
    }
}

HWY_NOINLINE void int8_product(const Int8Product& task) {
    const Sums d;
    const FinishBytes finish(task.finish);
    const auto factor = hn::Set(Factors(), task.factor);
    const auto first_zero = hn::Set(d, task.first_zero);
    const auto second_zero = hn::Set(d, task.second_zero);
    for (std::int64_t pixel = 0; pixel < task.pixels; ++pixel) {
        const std::uint8_t* const a = task.a + pixel * task.channels;
        const std::uint8_t* const b = task.b + pixel * task.b_stride;
        for (std::int64_t c = 0; c < task.channels; c += sum_lanes()) {
            const auto product =
                hn::Mul(hn::Sub(load_bytes(a + c), first_zero), hn::Sub(load_bytes(b + c), second_zero));
            finish.store_in_order(product, factor, task.out + pixel * task.channels + c);
        }
    }
}

}  // namespace mobilenet_cost::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
