#include "mobilenet_cost/gate/timing.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/gate/runner.h"
#include "mobilenet_cost/measure/calibration.h"

namespace mobilenet_cost {
namespace {

constexpr std::int64_t kSettle = 1;  ///< passes before those that count: the caches hold another cell's data

/// Layers take half of the passes of a cell's block: their medians are still good ones.
constexpr std::int64_t kLayerPassesDivisor = 2;

NoiseSnapshot operator+(const NoiseSnapshot& a, const NoiseSnapshot& b) {
    NoiseSnapshot sum;
    if (a.steal_seconds && b.steal_seconds) sum.steal_seconds = *a.steal_seconds + *b.steal_seconds;
    if (a.involuntary_switches && b.involuntary_switches)
        sum.involuntary_switches = *a.involuntary_switches + *b.involuntary_switches;
    return sum;
}

}  // namespace

GateTiming::GateTiming(GateWorker& base, GateWorker& head, const GateSettings& settings, Clock& clock,
                       std::function<bool()> stopped)
    : settings_(settings),
      clock_(clock),
      stopped_(std::move(stopped)),
      base_{.worker = &base},
      head_{.worker = &head} {}

void GateTiming::begin(std::size_t cells, double clock_resolution_seconds) {
    clock_resolution_seconds_ = clock_resolution_seconds;
    for (Side* side : {&base_, &head_}) {
        side->sessions.resize(cells);
        side->pass_seconds.resize(cells);
    }
}

void GateTiming::prepare(std::size_t i, GateCellRun& cell) {
    cell.base = base_.worker->prepare(cell.cell, kDataSeed);
    cell.head = head_.worker->prepare(cell.cell, kDataSeed);
    base_.sessions[i] = cell.base->session;
    head_.sessions[i] = cell.head->session;
}

void GateTiming::renew(std::size_t i, const GateCellRun& cell) {
    for (Side* side : {&base_, &head_}) {
        try {
            const std::int64_t fresh = side->worker->prepare(cell.cell, kDataSeed).session;
            side->worker->release(std::exchange(side->sessions[i], fresh));
        } catch (const Error& error) {  // it could before
            throw WorkerRefused(error.what());
        }
    }
}

bool GateTiming::warm_up(std::size_t i, GateCellRun& cell, const std::function<bool(double)>& fits) {
    const bool base = warm_up(base_, i, cell, 0);
    if (!fits(shortest_round())) return false;
    const bool head = warm_up(head_, i, cell, 1);
    cell.warm = base && head;
    if (!fits(shortest_round())) return false;
    calibrate(i, cell);
    return true;
}

/// Two blocks of a side, each of one pass that counts, of every cell that was timed.
double GateTiming::shortest_round() const {
    double seconds = 0;
    for (const Side* side : {&base_, &head_}) {
        for (const double pass : side->pass_seconds)
            seconds += 2 * static_cast<double>(1 + kSettle) * pass;
    }
    return seconds;
}

/// Passes of a block that is long enough on the faster side and within one request on the slower one.
std::int64_t GateTiming::block_passes(double faster, double slower) const {
    const auto longest = static_cast<std::int64_t>(
        std::min(kLongestBlockSeconds / slower, static_cast<double>(kMostRequestPasses)));
    return std::min(passes_for(block_seconds(), faster), std::max<std::int64_t>(longest, 1));
}

double GateTiming::block_seconds() const {
    const double longest = longest_block_seconds(settings_.max_seconds, base_.sessions.size());
    return std::min(std::max(settings_.block_seconds, kStepsOfTheClock * clock_resolution_seconds_), longest);
}

/// From the last answer of the worker, but no longer than a part of the whole gate. --answer-seconds is
/// waited for in any case.
double GateTiming::expected_seconds(const Side& side, std::size_t i, std::int64_t passes) const {
    return std::min(static_cast<double>(passes) * side.pass_seconds[i], settings_.max_seconds / kPatience);
}

/// Seconds of a pass: the median, which a burst of something else does not move.
double GateTiming::time_block(Side& side, std::size_t i, std::int64_t passes, std::int64_t settle,
                              NoiseSnapshot* noise) {
    const double expected = expected_seconds(side, i, passes + settle);
    const WorkerBlock block = side.worker->run(side.sessions[i], passes, settle, expected);
    if (noise != nullptr) *noise = *noise + block.disturbance;
    side.pass_seconds[i] = median(block.pass_seconds);
    return side.pass_seconds[i];
}

bool GateTiming::warm_up(Side& side, std::size_t i, GateCellRun& cell, std::size_t which) {
    WarmUpLimits limits;
    limits.max_seconds = std::min(limits.max_seconds, kWarmUpShare * settings_.max_seconds /
                                                          (2 * static_cast<double>(base_.sessions.size())));
    const auto time_next = [&](bool first) {
        const double before = side.pass_seconds[i];
        const std::int64_t passes = first ? 1 : block_passes(before, before);
        return BlockTime{time_block(side, i, passes, 0), passes};
    };
    const WarmUp warm_up = warm_up_until_settled(clock_, limits, time_next, stopped_);
    cell.first_pass_seconds.at(which) = warm_up.first_pass_seconds;
    cell.warm_up_seconds.at(which) = warm_up.seconds;
    return warm_up.converged;
}

/// From the faster side, so that the blocks of both are long enough.
void GateTiming::calibrate(std::size_t i, GateCellRun& cell) {
    const auto plan = [&] {
        const auto [faster, slower] = std::minmax({base_.pass_seconds[i], head_.pass_seconds[i]});
        return BlockSize{.passes = block_passes(faster, slower)};
    };
    const auto time_both = [&](const BlockSize& size) {
        time_block(base_, i, size.passes, kSettle);
        time_block(head_, i, size.passes, kSettle);
    };
    const BlockSize size = calibrate_block(plan, time_both, stopped_);
    cell.passes = size.passes;
    cell.calibrated = size.confirmed;
    cell.layer_passes = std::clamp<std::int64_t>(cell.passes / kLayerPassesDivisor, 1,
                                                 most_layer_passes(cell.base->layers.size()));
}

void GateTiming::time_round(std::size_t i, GateCellRun& cell, std::int64_t number, bool base_first) {
    const std::int64_t passes = cell.passes;
    GateRound round{.round = number, .base_first = base_first};
    round.base_noise = {.steal_seconds = 0, .involuntary_switches = 0};
    round.head_noise = round.base_noise;
    const std::function<void(std::size_t)> base = [&](std::size_t k) {
        round.base_seconds.at(k) = time_block(base_, i, passes, kSettle, &round.base_noise);
    };
    const std::function<void(std::size_t)> head = [&](std::size_t k) {
        round.head_seconds.at(k) = time_block(head_, i, passes, kSettle, &round.head_noise);
    };
    const Stopwatch watch(clock_);
    (base_first ? base : head)(0);
    (base_first ? head : base)(0);
    (base_first ? head : base)(1);
    (base_first ? base : head)(1);
    judge_noise(round, watch.seconds());
    cell.rounds.push_back(round);
}

void GateTiming::judge_noise(GateRound& round, double seconds) const {
    round.dropped = is_disturbed(round.base_noise + round.head_noise, seconds, settings_.limits);
    round.dropped_by_base = round.dropped && disturbance(round.base_noise, seconds, settings_.limits) >
                                                 disturbance(round.head_noise, seconds, settings_.limits);
}

std::vector<double> GateTiming::layer_block(Side& side, std::size_t i, const GateCellRun& cell) {
    const std::size_t layers = cell.base->layers.size();
    const double expected = expected_seconds(side, i, cell.layer_passes + kSettle);
    const WorkerLayerBlock block =
        side.worker->run_layers(side.sessions[i], cell.layer_passes, kSettle, layers, expected);
    std::vector<double> seconds(layers);
    std::vector<double> passes(block.pass_nanoseconds.size());
    for (std::size_t layer = 0; layer < layers; ++layer) {
        for (std::size_t pass = 0; pass < passes.size(); ++pass)
            passes[pass] = static_cast<double>(block.pass_nanoseconds[pass][layer]) * kNanosecond;
        seconds[layer] = median(passes);
    }
    return seconds;
}

void GateTiming::time_layers(std::size_t i, GateCellRun& cell, std::int64_t round, bool base_first) {
    for (const bool first_is_base : {base_first, !base_first}) {
        GateLayerPair pair{.round = round, .base_seconds = {}, .head_seconds = {}};
        if (first_is_base) {
            pair.base_seconds = layer_block(base_, i, cell);
            pair.head_seconds = layer_block(head_, i, cell);
        } else {
            pair.head_seconds = layer_block(head_, i, cell);
            pair.base_seconds = layer_block(base_, i, cell);
        }
        cell.layers.push_back(std::move(pair));
    }
}

}  // namespace mobilenet_cost
