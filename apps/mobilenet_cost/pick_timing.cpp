#include "pick_timing.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/pick/widest_answer.h"
#include "mobilenet_cost/sweep/plan.h"
#include "mobilenet_cost/sweep/result.h"
#include "mobilenet_cost/sweep/runner.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

#include "interrupt.h"
#include "say.h"
#include "sweep_options.h"

namespace mobilenet_cost::app {
namespace {

/// Of all time for the corners, so that some is left to measure what comes out best.
constexpr double kShareOfCorners = 0.6;

/// Of the time that is left, for one of several steps: a noisy one must not take all of it.
constexpr double kShareOfStep = 0.4;

/// Measured at once to confirm predictions: about a screen's top.
constexpr std::size_t kConfirmedPerTurn = 4;
constexpr int kConfirmations = 3;

/// Predictions up to this factor over the limit are worth a measurement, too: about the error of a good one.
constexpr double kNear = 1.1;

/// Shorter runs end before they have rounds enough for an interval.
constexpr double kLeastSeconds = 1;

/// One row of widths: a model at a resolution.
struct WidthRow {
    std::vector<std::size_t> widths;  ///< candidates, narrow to wide
    WidestSearch search{0};
    bool lost = false;  ///< one of them could not be timed: whether it fits is not known
};

std::vector<WidthRow> width_rows(const std::vector<PickCandidate>& candidates,
                                 const std::vector<std::size_t>& which) {
    std::map<std::pair<std::string, std::int64_t>, std::size_t> places;
    std::vector<WidthRow> rows;
    for (const std::size_t index : which) {
        const SweepCell& cell = candidates[index].cell;
        const auto [place, is_new] = places.try_emplace({cell.model, cell.variant.resolution}, rows.size());
        if (is_new) rows.emplace_back();
        rows[place->second].widths.push_back(index);
    }
    for (WidthRow& row : rows) {
        std::sort(row.widths.begin(), row.widths.end(), [&](std::size_t left, std::size_t right) {
            return candidates[left].cell.variant.alpha < candidates[right].cell.variant.alpha;
        });
        row.search = WidestSearch(row.widths.size());
    }
    return rows;
}

void tell(WidthRow& row, const std::vector<PickCandidate>& candidates, const PickLimit& limit) {
    const std::optional<std::size_t> next = row.search.next();
    if (!next || row.lost) return;
    const PickCandidate& candidate = candidates[row.widths[*next]];
    row.lost = !candidate.time;
    if (!row.lost) row.search.tell(*next, meets(candidate, limit));
}

WidestAnswer answer_of(const WidthRow& row, const std::vector<PickCandidate>& candidates) {
    const SweepCell& cell = candidates[row.widths.front()].cell;
    const std::optional<std::size_t> widest = row.search.widest();
    const std::size_t beyond = widest ? *widest + 1 : 0;
    return {.model = cell.model,
            .resolution = cell.variant.resolution,
            .candidate = widest ? std::optional(row.widths[*widest]) : std::nullopt,
            .beyond = beyond < row.widths.size() ? std::optional(row.widths[beyond]) : std::nullopt,
            .monotone = row.search.is_monotone(),
            .tried = row.search.tried(),
            .widths = row.widths.size()};
}

/// One look at the machine is enough.
class WorldOnceSeen final : public EngineWorld {
  public:
    explicit WorldOnceSeen(const std::optional<Preflight>& seen) : seen_(seen) {}
    Preflight preflight() override { return seen_ ? *seen_ : EngineWorld::preflight(); }

  private:
    const std::optional<Preflight>& seen_;
};

PickTime predicted_time(const PredictedPoint& point) {
    return {.seconds = point.seconds,
            .low = point.low,
            .high = point.high,
            .predicted = true,
            .file = {},
            .engine = point.engine,
            .threads = point.threads};
}

}  // namespace

PickTimer::PickTimer(const PickFamilies& families, const SweepSettings& settings, SweepTiming timing,
                     ProgressLine& line)
    : families_(families),
      settings_(settings),
      timing_(std::move(timing)),
      line_(line),
      stop_(catch_interrupt()) {
    timing_.networks = {NetworkKind::separable};
    for (const EngineStatus& engine : choose_engines(engine_statuses(), timing_.engines)) {
        if (!engine.available)
            fail("--engine",
                 fmt::format("expected an engine that runs here, found {}: {}", engine.name, engine.reason));
    }
}

SweepRun PickTimer::time_these(const std::vector<PickCandidate>& candidates,
                               const std::vector<std::size_t>& which, SweepTiming timing) {
    std::vector<SweepCell> cells;
    for (const std::size_t index : which)
        cells.push_back(candidates[index].cell);
    std::vector<std::string> models;
    for (std::size_t i = 0; i < families_.configs.size(); ++i) {
        const bool used = std::any_of(cells.begin(), cells.end(), [&](const SweepCell& cell) {
            return cell.model == families_.configs[i].name;
        });
        if (used) models.push_back(families_.models[i]);
    }
    SweepRun run = plan_run(std::move(cells), std::move(models), settings_, std::move(timing));
    WorldOnceSeen world(preflight_);
    SweepHooks hooks;
    hooks.world = &world;
    hooks.progress = [this](const SweepProgress& shown) { line_.show(progress_text(shown)); };
    hooks.stop = &stop_;
    time_sweep(families_.configs, run, hooks);
    line_.clear();
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
            const bool is_failure = found.status != BenchStatus::ok;
            if (is_failure && !stop_)
                troubles_.push_back(fmt::format("{} was not timed: {}", pick_name(candidate), found.reason));
            failed_ = failed_ || found.status == BenchStatus::failed;
            continue;
        }
        PickTime time{.seconds = found.seconds->value,
                      .low = {},
                      .high = {},
                      .predicted = false,
                      .file = {},
                      .engine = point.engine,
                      .threads = point.threads};
        if (const auto& interval = found.seconds->interval) {
            time.low = interval->low;
            time.high = interval->high;
        }
        candidate.time = std::move(time);
        ++measured_;
    }
}

bool PickTimer::is_over() const {
    return stop_ || timing_.max_seconds - seconds_ < kLeastSeconds;
}

void PickTimer::predict(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which) {
    if (which.empty()) return;
    std::vector<SweepCell> cells;
    for (const std::size_t index : which)
        cells.push_back(candidates[index].cell);
    SweepTiming timing = timing_;
    timing.max_seconds *= kShareOfCorners;
    timing.prediction = plan_prediction(cells, 0, timing.seed);
    say("timing {} of {} variants to predict the others", timing.prediction->timed.size(), which.size());
    const SweepRun run = time_these(candidates, which, std::move(timing));
    take_measured(run, candidates, which);
    const Prediction prediction = mobilenet_cost::predict(families_.configs, run, evaluate(run));
    for (const PredictedPoint& point : prediction.points) {
        candidates[which[point.cell]].time = predicted_time(point);
        ++predicted_;
    }
    if (stop_) return;
    for (const std::string& obstacle : prediction.obstacles)
        troubles_.push_back("not predicted: " + obstacle);
}

void PickTimer::measure(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which,
                        double share) {
    if (which.empty() || is_over()) return;
    SweepTiming timing = timing_;
    timing.layers = false;
    timing.max_seconds = std::max(kLeastSeconds, share * (timing.max_seconds - seconds_));
    take_measured(time_these(candidates, which, std::move(timing)), candidates, which);
}

void PickTimer::confirm(std::vector<PickCandidate>& candidates, const std::vector<PickLimit>& limits) {
    std::vector<PickLimit> near = limits;
    for (PickLimit& limit : near) {
        if (limit.quantity == PickQuantity::seconds) limit.limit *= kNear;
    }
    for (int turn = 0; turn < kConfirmations && !is_over(); ++turn) {
        const std::vector<std::size_t> best = pick(candidates, limits).ranking;
        if (turn > 0 && (best.empty() || !candidates[best.front()].time->predicted)) return;
        std::vector<std::size_t> which = pick(candidates, near).ranking;
        which.resize(std::min(which.size(), kConfirmedPerTurn * (static_cast<std::size_t>(turn) + 1)));
        std::erase_if(which, [&](std::size_t index) { return !candidates[index].time->predicted; });
        if (which.empty()) return;
        say("timing {} of the best", which.size());
        const std::size_t before = measured_;
        measure(candidates, which, kShareOfStep);
        predicted_ -= measured_ - before;
    }
}

std::vector<WidestAnswer> PickTimer::search(std::vector<PickCandidate>& candidates,
                                            const std::vector<std::size_t>& which, const PickLimit& limit) {
    std::vector<WidthRow> rows = width_rows(candidates, which);
    say("looking for the widest of {} variants", which.size());
    bool finished = false;
    while (!finished && !is_over()) {
        std::vector<std::size_t> tried;
        for (const WidthRow& row : rows) {
            if (const auto next = row.search.next(); next && !row.lost) tried.push_back(row.widths[*next]);
        }
        finished = tried.empty();
        measure(candidates, tried, kShareOfStep);
        if (stop_) break;
        for (WidthRow& row : rows)
            tell(row, candidates, limit);
    }
    if (!stop_ && !finished) troubles_.emplace_back("The search ended early: raise --max-seconds.");
    std::vector<WidestAnswer> answers;
    for (const WidthRow& row : rows)
        answers.push_back(answer_of(row, candidates));
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

}  // namespace mobilenet_cost::app
