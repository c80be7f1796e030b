#include "mobilenet_cost/measure/layer_recorder.h"

#include <algorithm>
#include <utility>

namespace mobilenet_cost {

LayerRecorder::LayerRecorder(Session& session, std::size_t layers, std::vector<LayerRange> ranges)
    : session_(session), pass_(layers), ranges_(std::move(ranges)), times_(ranges_.size()) {}

void LayerRecorder::run(std::int64_t passes) {
    for (std::int64_t pass = 0; pass < passes; ++pass) {
        std::fill(pass_.begin(), pass_.end(), 0);
        session_.run_timed(pass_);
        if (!counts_) continue;
        ++passes_;
        for (std::size_t i = 0; i < ranges_.size(); ++i) {
            std::int64_t nanoseconds = 0;
            for (std::size_t layer = 0; layer < ranges_[i].count; ++layer)
                nanoseconds += pass_[ranges_[i].first + layer];
            times_[i].round.push_back(static_cast<double>(nanoseconds) * kNanosecond);
        }
    }
}

void LayerRecorder::recording(bool counts) {
    counts_ = counts;
    if (counts) return;
    for (Times& times : times_) {
        if (times.round.empty()) continue;
        times.medians.push_back(median(times.round));
        for (const double seconds : times.round)
            times.sum += seconds;
        times.round.clear();
    }
}

void LayerRecorder::set_times(std::size_t range, double confidence, LayerTime& time) const {
    time.seconds = median_estimate(times_[range].medians, confidence);
    time.mean_seconds = times_[range].sum / static_cast<double>(passes_);
}

MeasuredCell recorded_cell(const std::shared_ptr<LayerRecorder>& recorder, std::optional<int> pin_cpu,
                           std::function<void()> before_pass) {
    return {.run = [recorder](std::int64_t passes) { recorder->run(passes); },
            .pin_cpu = pin_cpu,
            .recording = [recorder](bool counts) { recorder->recording(counts); },
            .before_pass = std::move(before_pass)};
}

}  // namespace mobilenet_cost
