#include "passes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/engine/registry.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

/// The session of the benchmark that ran last.
struct Passes::Ready {
    std::string name;
    std::int64_t macs = 0;
    std::int64_t traffic_bytes = 0;
    std::string kernels;
    std::unique_ptr<Session> session;
};

namespace {

/// Linux promises more memory than there is and kills later; so ask before allocating. Weights are there
/// twice, as generated and as the engine packs them.
void check_memory(const Network& network) {
    const Cost cost = total_cost(network);
    const std::int64_t elements = checked_add(cost.output_elements, element_count(network.input));
    const std::int64_t needed = checked_add(checked_multiply(2, weight_bytes(cost, DataType::f32)),
                                            checked_multiply(elements, element_bytes(DataType::f32)));
    const auto available = available_memory_bytes();
    if (!available || needed <= *available) return;
    fail("", fmt::format("needs {} of memory, available are {}", bytes_text(needed), bytes_text(*available)));
}

std::string joined(const std::vector<std::string>& kernels) {
    std::string text;
    for (const std::string& kernel : kernels)
        text += (text.empty() ? "" : ", ") + kernel;
    return text;
}

/// Absent instead of 0: the variation that Google Benchmark computes from repetitions would be 0 / 0, which
/// it writes as NaN. As a rate of real time, because an engine's own threads do not count as CPU time here.
void count(benchmark::State& state, const std::string& name, std::int64_t per_pass) {
    if (per_pass == 0) return;
    state.counters[name] =
        benchmark::Counter(static_cast<double>(per_pass), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace

Passes::Passes() = default;
Passes::~Passes() = default;

Passes::Ready& Passes::ready(const Pass& pass) {
    if (ready_ && ready_->name == pass.name) return *ready_;
    ready_.reset();
    const WholeNetwork timed = pass.make();
    check_memory(timed.network);
    auto made = std::make_unique<Ready>();
    made->name = pass.name;
    made->macs = total_cost(timed.network).macs;
    made->traffic_bytes = timed.traffic_bytes;
    made->session = make_ready_session(*find_engine(pass.engine), timed.network,
                                       make_weights(timed.network, kDataSeed), {.threads = pass.threads});
    if (pass.label_kernels) made->kernels = joined(made->session->kernels());
    made->session->run();  // the first pass touches new memory
    ready_ = std::move(made);
    return *ready_;
}

void Passes::time(benchmark::State& state, const Pass& pass) {
    try {
        Ready& prepared = ready(pass);
        for (auto _ : state)
            prepared.session->run();
        count(state, "macs_per_second", prepared.macs);
        count(state, "traffic_bytes_per_second", prepared.traffic_bytes);
        if (!prepared.kernels.empty()) state.SetLabel(prepared.kernels);
    } catch (...) {
        state.SkipWithError(current_failure().reason.c_str());
    }
}

void Passes::add(Pass pass) {
    const std::string name = pass.name;
    const benchmark::TimeUnit unit = pass.unit;
    benchmark::RegisterBenchmark(
        name.c_str(), [this, kept = std::move(pass)](benchmark::State& state) { time(state, kept); })
        ->Unit(unit)
        ->UseRealTime();  // also appends /real_time, by which Conbench knows which of the two times to take
}

}  // namespace mobilenet_cost
