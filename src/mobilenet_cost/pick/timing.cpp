#include "mobilenet_cost/pick/timing.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {
namespace {

/// Part of the time limit for the corners of the grids; the rest is for measuring the best.
constexpr double kShareOfCorners = 0.6;

/// Part of the remaining time for one of several steps: a noisy one must not take all of it.
constexpr double kShareOfStep = 0.4;

/// Predictions that are confirmed at once: about the top of a screen.
constexpr std::size_t kConfirmedPerTurn = 4;
constexpr int kConfirmations = 3;

/// Predictions up to this factor over the limit are measured, too: about the error of a good prediction.
constexpr double kNear = 1.1;

/// Shorter runs end before they have enough rounds for an interval.
constexpr double kLeastSeconds = 1;

/// One look at the machine is enough.
class WorldOnceSeen final : public EngineWorld {
  public:
    explicit WorldOnceSeen(const std::optional<Preflight>& seen) : seen_(seen) {}
    Preflight preflight() override { return seen_ ? *seen_ : EngineWorld::preflight(); }

  private:
    const std::optional<Preflight>& seen_;
};

PickTime predicted_time(const PredictedPoint& point) {
    PickTime time = pick_time({point.seconds, std::nullopt}, point.engine, point.threads);
    time.low = point.low;
    time.high = point.high;
    time.predicted = true;
    return time;
}

/// Conventions beside the paper's count up to two FLOPs a MAC, and more than MACs.
bool is_too_large(const PickCandidate& candidate, const WorkRate& rate, double seconds) {
    constexpr std::int64_t kMostPerMac = 3;
    const std::int64_t macs = candidate.cell.macs / (rate.convention == "paper" ? 1 : kMostPerMac);
    return !time_refusal({.macs = macs}, rate.threads, seconds).empty();
}

/// Of a warm-up and a round of these, at the rate of the fastest for its MACs that has a time.
double shortest_round(const std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which) {
    std::optional<double> rate;
    for (const PickCandidate& candidate : candidates) {
        if (!candidate.time || candidate.cell.macs == 0) continue;
        const double found = candidate.time->seconds / static_cast<double>(candidate.cell.macs);
        rate = std::min(rate.value_or(found), found);
    }
    double macs = 0;
    for (const std::size_t index : which)
        macs += static_cast<double>(candidates[index].cell.macs);
    return 2 * macs * rate.value_or(0);
}

std::vector<SweepCell> cells_of(const std::vector<PickCandidate>& candidates,
                                const std::vector<std::size_t>& which) {
    std::vector<SweepCell> cells;
    for (const std::size_t index : which)
        cells.push_back(candidates[index].cell);
    return cells;
}

}  // namespace

std::vector<std::size_t> worth_timing(std::vector<PickCandidate>& candidates,
                                      const std::vector<PickLimit>& limits, const WorkRate& rate,
                                      bool whole_grids) {
    std::set<std::string> models;
    for (PickCandidate& candidate : candidates) {
        candidate.untimed = Untimed::not_reached;
        for (const PickLimit& limit : limits) {
            const bool timed = limit.quantity == PickQuantity::seconds;
            if (timed && is_too_large(candidate, rate, limit.limit))
                candidate.untimed = Untimed::too_many_macs;
            if (!timed && !meets(candidate, limit)) candidate.untimed = Untimed::ruled_out;
        }
        if (candidate.untimed == Untimed::not_reached) models.insert(candidate.cell.model);
    }
    std::vector<std::size_t> which;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const bool in_grid = whole_grids && models.contains(candidates[i].cell.model);
        if (in_grid || candidates[i].untimed == Untimed::not_reached) which.push_back(i);
    }
    return which;
}

PickTimer::PickTimer(const PickFamilies& families, const SweepSettings& settings, SweepTiming timing,
                     SweepHooks hooks, std::function<void(const std::string&)> note)
    : families_(families),
      settings_(settings),
      timing_(std::move(timing)),
      hooks_(std::move(hooks)),
      note_(std::move(note)) {
    timing_.networks = {NetworkKind::separable};
    check_cpus_for(timing_.threads.front(), "--threads");
    for (const EngineStatus& engine : choose_engines(engine_statuses(), timing_.engines)) {
        if (read_typed_name(engine.name).data_type != DataType::f32)
            fail("--engine",
                 fmt::format("expected an engine that computes in f32, as what the accuracies are of, "
                             "found {}",
                             engine.name));
        if (!engine.available)
            fail("--engine",
                 fmt::format("expected an engine that runs here, found {}: {}", engine.name, engine.reason));
    }
}

SweepRun PickTimer::time_these(const std::vector<PickCandidate>& candidates,
                               const std::vector<std::size_t>& which, SweepTiming timing) {
    std::vector<SweepCell> cells = cells_of(candidates, which);
    std::vector<std::string> models;
    for (std::size_t i = 0; i < families_.configs.size(); ++i) {
        const bool used = std::any_of(cells.begin(), cells.end(), [&](const SweepCell& cell) {
            return cell.model == families_.configs[i].name;
        });
        if (used) models.push_back(families_.models[i]);
    }
    SweepRun run = plan_run(std::move(cells), std::move(models), settings_, std::move(timing));
    WorldOnceSeen world(preflight_);
    SweepHooks hooks = hooks_;
    hooks.world = &world;
    time_sweep(families_.configs, run, hooks);
    preflight_ = run.preflight;
    engines_ = run.timing.engines;
    seconds_ += run.measurement.seconds;
    return run;
}

void PickTimer::take_measured(const SweepRun& run, std::vector<PickCandidate>& candidates,
                              const std::vector<std::size_t>& which) {
    const SweepResult result = evaluate(run);
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const SweepPoint& point = run.points[i];
        PickCandidate& candidate = candidates[which[point.cell]];
        const PointResult& found = result.points[i];
        if (!found.seconds) {
            const bool is_failure = found.status != BenchStatus::ok && !stopped();
            if (is_failure) {
                candidate.untimed = Untimed::failed;
                troubles_.push_back(fmt::format("{} was not timed: {}", pick_name(candidate), found.reason));
            }
            failed_ = failed_ || found.status == BenchStatus::failed;
            continue;
        }
        candidate.time = pick_time(*found.seconds, point.engine, point.threads);
        if (point.memory) candidate.time->real_peak_bytes = real_peak_bytes(*point.memory);
        ++measured_;
    }
}

bool PickTimer::is_over() const {
    return stopped() || timing_.max_seconds - seconds_ < kLeastSeconds;
}

void PickTimer::predict(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which) {
    if (which.empty()) return;
    SweepTiming timing = timing_;
    timing.max_seconds *= kShareOfCorners;
    timing.prediction = plan_prediction(cells_of(candidates, which), 0, timing.seed);
    note_(fmt::format("timing {} of {} variants to predict the others", timing.prediction->timed.size(),
                      which.size()));
    const SweepRun run = time_these(candidates, which, std::move(timing));
    take_measured(run, candidates, which);
    const Prediction prediction = mobilenet_cost::predict(families_.configs, run, evaluate(run));
    for (const PredictedPoint& point : prediction.points) {
        candidates[which[point.cell]].time = predicted_time(point);
        ++predicted_;
    }
    if (stopped()) return;
    for (const std::string& obstacle : prediction.obstacles)
        troubles_.push_back("not predicted: " + obstacle);
}

void PickTimer::measure(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which,
                        double share, std::optional<double> decided_at) {
    if (which.empty() || is_over()) return;
    if (shortest_round(candidates, which) > timing_.max_seconds - seconds_) return;
    SweepTiming timing = timing_;
    timing.layers = false;
    timing.decided_at = decided_at;
    timing.max_seconds = std::max(kLeastSeconds, share * (timing.max_seconds - seconds_));
    take_measured(time_these(candidates, which, std::move(timing)), candidates, which);
}

void PickTimer::confirm(std::vector<PickCandidate>& candidates, const std::vector<PickLimit>& limits,
                        PickOrder by) {
    std::vector<PickLimit> near = limits;
    for (PickLimit& limit : near) {
        if (limit.quantity == PickQuantity::seconds) limit.limit *= kNear;
    }
    for (int turn = 0; turn < kConfirmations && !is_over(); ++turn) {
        const std::vector<std::size_t> best = pick(candidates, limits, by).ranking;
        if (turn > 0 && (best.empty() || !candidates[best.front()].time->predicted)) return;
        std::vector<std::size_t> which = pick(candidates, near, by).ranking;
        which.resize(std::min(which.size(), kConfirmedPerTurn * (static_cast<std::size_t>(turn) + 1)));
        std::erase_if(which, [&](std::size_t index) { return !candidates[index].time->predicted; });
        if (which.empty()) return;
        note_(fmt::format("timing {} of the best", which.size()));
        const std::size_t before = measured_;
        measure(candidates, which, kShareOfStep);
        predicted_ -= measured_ - before;
    }
}

std::vector<WidestAnswer> PickTimer::search(std::vector<PickCandidate>& candidates,
                                            const std::vector<std::size_t>& which, const PickLimit& limit) {
    std::vector<WidthRow> rows = WidthRow::rows_of(candidates, which);
    note_(fmt::format("looking for the widest of {} variants", which.size()));
    bool finished = false;
    while (!finished && !is_over()) {
        std::vector<std::size_t> tried;
        for (const WidthRow& row : rows) {
            if (const auto next = row.next()) tried.push_back(*next);
        }
        finished = tried.empty();
        measure(candidates, tried, kShareOfStep, limit.limit);
        if (stopped()) break;
        for (WidthRow& row : rows)
            row.tell(candidates, limit);
    }
    if (!stopped() && !finished) troubles_.emplace_back("The search ended early: raise --max-seconds.");
    std::vector<WidestAnswer> answers;
    for (const WidthRow& row : rows) {
        row.mark_untimed(candidates, limit);
        answers.push_back(row.answer(candidates));
    }
    return answers;
}

std::vector<std::string> PickTimer::notes() const {
    std::vector<std::string> notes;
    std::string text = fmt::format(
        "Times of this machine, {} with {} thread{}: {} measured in {}", fmt::join(engines_, ", "),
        timing_.threads.front(), timing_.threads.front() == 1 ? "" : "s", measured_, seconds_text(seconds_));
    if (predicted_ > 0) text += fmt::format(", {} predicted layer by layer", predicted_);
    notes.push_back(text + ".");
    if (preflight_ && preflight_->verdict != NoiseVerdict::quiet)
        notes.push_back(fmt::format("The machine was not quiet ({}): times may be too long.",
                                    noise_verdict_name(preflight_->verdict)));
    notes.insert(notes.end(), troubles_.begin(), troubles_.end());
    return notes;
}

}  // namespace mobilenet_cost
