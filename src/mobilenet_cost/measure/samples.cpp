#include "mobilenet_cost/measure/samples.h"

#include <cstdlib>
#include <numeric>

#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {

std::vector<RoundSeconds> seconds_by_round(const CellSamples& cell,
                                           const std::function<bool(const TimedBlock&)>& keep) {
    std::vector<RoundSeconds> rounds;
    std::vector<double> values;
    for (auto block = cell.blocks.begin(); block != cell.blocks.end();) {
        const std::int64_t round = block->round;
        values.clear();
        for (; block != cell.blocks.end() && block->round == round; ++block) {
            if (!keep || keep(*block)) values.push_back(block->seconds);
        }
        if (!values.empty()) rounds.push_back({round, median(values)});
    }
    return rounds;
}

std::vector<double> round_seconds(const CellSamples& cell,
                                  const std::function<bool(const TimedBlock&)>& keep) {
    std::vector<double> seconds;
    for (const RoundSeconds& round : seconds_by_round(cell, keep))
        seconds.push_back(round.seconds);
    return seconds;
}

PairedSeconds paired_seconds(
    const CellSamples& first, const CellSamples& second,
    const std::function<bool(const TimedBlock& first, const TimedBlock& second)>& keep) {
    PairedSeconds pairs;
    std::int64_t paired = -1;  // the last round that has its pair
    auto other = first.blocks.begin();
    for (const TimedBlock& block : second.blocks) {
        if (block.round == paired) continue;
        while (other != first.blocks.end() && other->round < block.round)
            ++other;
        for (auto near = other; near != first.blocks.end() && near->round == block.round; ++near) {
            const bool neighbours = std::abs(near->place - block.place) <= 1;
            if (!neighbours || (keep && !keep(*near, block))) continue;
            pairs.first.push_back(near->seconds);
            pairs.second.push_back(block.seconds);
            paired = block.round;
            break;
        }
    }
    return pairs;
}

double timed_seconds(const TimedBlock& block, std::int64_t group) {
    const double passes = std::accumulate(block.pass_seconds.begin(), block.pass_seconds.end(), 0.0);
    return passes * static_cast<double>(group);
}

NoiseSnapshot total_disturbance(const CellSamples& cell) {
    if (cell.blocks.empty()) return {};
    NoiseSnapshot total{.steal_seconds = 0, .involuntary_switches = 0};
    for (const TimedBlock& block : cell.blocks) {
        const auto add = [](auto& sum, const auto& part) {
            if (sum && part) {
                *sum += *part;
            } else {
                sum.reset();
            }
        };
        add(total.steal_seconds, block.disturbance.steal_seconds);
        add(total.involuntary_switches, block.disturbance.involuntary_switches);
    }
    return total;
}

}  // namespace mobilenet_cost
