#include "mobilenet_cost/sweep/runner.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/engine/typed_engine.h"
#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/measure/isolated_layers.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/standard_counterpart.h"
#include "mobilenet_cost/model/weights.h"
#include "mobilenet_cost/sweep/order.h"
#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {
namespace {

/// Part of the time limit that is kept for the layers.
constexpr double kLayerShare = 0.15;
constexpr std::int64_t kLayerRounds = 9;

/// How often the run looks whether every interval is narrow enough: the more often it looks, the likelier it
/// stops at a moment when an interval is narrow by chance.
constexpr std::size_t kRoundsBetweenLooks = 4;

/// A measurement as it was after `rounds` rounds: one that is continued keeps the judgement of its last look,
/// so that an interruption is not another chance to stop.
Measurement first_rounds(Measurement measurement, std::size_t rounds) {
    for (CellSamples& cell : measurement.cells) {
        std::erase_if(cell.blocks, [rounds](const TimedBlock& block) {
            return block.round >= static_cast<std::int64_t>(rounds);
        });
    }
    measurement.order.resize(std::min(rounds, measurement.order.size()));
    return measurement;
}

/// No time is left for a point.
class TooLate : public Error {
  public:
    using Error::Error;
};

/// Each isolated layer has an input of its own, and a sum or product another two.
NetworkCounts isolated_counts(NetworkCounts counts) {
    counts.activation_bytes = checked_multiply(3, counts.activation_bytes);
    return counts;
}

/// One call of time_sweep().
class Runner {
  public:
    Runner(const std::vector<ModelConfig>& configs, SweepRun& run, const SweepHooks& hooks)
        : configs_(configs),
          run_(run),
          hooks_(hooks),
          clock_(hooks.world->clock()),
          resumed_(run.measurement.calibrated),
          sessions_(run.points.size()),
          networks_(run.points.size()),
          flushes_(run.points.size()) {}

    void run() {
        run_.measurement.cells.resize(run_.points.size());
        run_.profiles.resize(run_.points.size());
        if (!resumed_) look_at_machine();
        prepare_flush();
        make_sessions();
        if (stopped()) {
            run_.measurement.ended = Ended::interrupted;
        } else {
            // Again after an interruption: what could be made ready then may fail now.
            if (hooks_.log != nullptr) hooks_.log->prepared(run_);
            time_points();
            if (run_.timing.layers) time_layers();
        }
        if (hooks_.log != nullptr) hooks_.log->ended(run_.measurement);
    }

  private:
    using Phase = SweepProgress::Phase;

    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && hooks_.stop->load(); }

    void report(const SweepProgress& progress) const {
        if (hooks_.progress) hooks_.progress(progress);
    }

    void look_at_machine() {
        report({.phase = Phase::preflight});
        run_.preflight = hooks_.world->preflight();
        if (run_.timing.layers && hooks_.peaks) run_.peaks = hooks_.peaks(run_.timing.threads);
    }

    /// The probe is read on the CPU that one-thread passes run on: caches differ from core to core.
    void prepare_flush() {
        const CacheMode mode = run_.timing.cache;
        if (mode == CacheMode::warm) return;
        std::unique_ptr<CpuPin> pin;
        if (run_.timing.pin_cpu) pin = pin_to_cpu(*run_.timing.pin_cpu);
        evictor_ = hooks_.evictor ? *hooks_.evictor : best_evictor(run_.origin.machine);
        run_.cache_flush = verify_flush(mode, evictor_);
    }

    [[nodiscard]] std::function<void()> flush_of(const Session& session) const {
        return flush_before_pass(session, run_.timing.cache, evictor_);
    }

    /// Network by network, so that only one set of unpacked weights exists at a time.
    void make_sessions() {
        std::int64_t done = 0;
        const Stopwatch watch(clock_);
        for (std::size_t cell = 0; cell < run_.cells.size(); ++cell) {
            for (const NetworkKind kind : {NetworkKind::separable, NetworkKind::standard}) {
                std::vector<std::size_t> points;
                for (std::size_t i = 0; i < run_.points.size(); ++i) {
                    if (run_.points[i].cell == cell && run_.points[i].network == kind) points.push_back(i);
                }
                if (points.empty() || stopped()) continue;
                report({.phase = Phase::prepare,
                        .done = done,
                        .total = static_cast<std::int64_t>(run_.points.size())});
                make_sessions(points, watch);
                done += static_cast<std::int64_t>(points.size());
            }
        }
        for (std::size_t i = 0; i < run_.points.size(); ++i) {
            if (run_.points[i].status != BenchStatus::ok)
                run_.measurement.cells[i].failure = run_.points[i].reason;
        }
    }

    /// Sessions of points that share one network. `watch`: since the first session was begun.
    void make_sessions(const std::vector<std::size_t>& points, const Stopwatch& watch) {
        std::shared_ptr<const Network> network;
        std::optional<Weights> weights;
        for (const std::size_t index : points) {
            SweepPoint& point = run_.points[index];
            if (point.status != BenchStatus::ok || !run_.measurement.cells[index].failure.empty()) continue;
            guarded(point, [&] {
                if (is_late(watch, run_.timing.max_seconds)) throw TooLate(kNotMadeReady);
                if (!network) network = make_network(run_.cells[point.cell], point.network);
                point.counts = count_network(*network, read_typed_name(point.engine).data_type);
                refuse_without_memory(count_network(*network), weights.has_value());
                const std::string refusal =
                    time_refusal(*point.counts, point.threads, run_.timing.max_seconds);
                if (!refusal.empty()) throw TooLate(refusal);
                if (!weights) weights = make_weights(*network, kDataSeed);
                networks_[index] = network;
                auto session = make_ready_session(*hooks_.world->find_engine(point.engine), *network,
                                                  *weights, {.threads = point.threads});
                point.memory = session->memory_use();
                point.memory_bytes = total_bytes(*point.memory);
                flushes_[index] = flush_of(*session);
                sessions_[index] = std::move(session);
            });
        }
    }

    void refuse_without_memory(const NetworkCounts& counts, bool weights_made) const {
        const std::string refusal =
            memory_refusal(counts, weights_made ? 1 : 2, hooks_.world->available_memory_bytes());
        if (!refusal.empty()) throw Error(refusal);
    }

    /// An exception becomes the status and reason of a point or profile.
    template <typename Row, typename Work>
    static void guarded(Row& point, const Work& work) {
        try {
            work();
        } catch (const TooLate& error) {
            point.status = BenchStatus::late;
            point.reason = error.what();
        } catch (...) {
            Failure failure = current_failure();
            point.status = failure.is_refusal ? BenchStatus::skipped : BenchStatus::failed;
            point.reason = std::move(failure.reason);
        }
    }

    [[nodiscard]] std::shared_ptr<const Network> make_network(const SweepCell& cell, NetworkKind kind) const {
        const auto config = std::find_if(configs_.begin(), configs_.end(), [&](const ModelConfig& candidate) {
            return candidate.name == cell.model;
        });
        if (config == configs_.end()) throw std::logic_error("a cell of a model without a config");
        Network network = expand(*config, cell.variant);
        if (kind == NetworkKind::separable) return std::make_shared<const Network>(std::move(network));
        Network standard = standard_counterpart(network);
        if (standard.layers == network.layers)
            throw Error("the network has no depthwise convolution with its pointwise one");
        return std::make_shared<const Network>(std::move(standard));
    }

    /// A pool of threads would inherit the restriction to one CPU.
    [[nodiscard]] std::optional<int> pin_cpu(std::size_t point) const {
        return run_.points[point].threads == 1 ? run_.timing.pin_cpu : std::nullopt;
    }

    [[nodiscard]] std::vector<MeasuredCell> measured_cells() const {
        std::vector<MeasuredCell> cells(run_.points.size());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (!sessions_[i]) continue;
            cells[i] = plain_cell(*sessions_[i], pin_cpu(i), flushes_[i]);
            const SweepPoint& point = run_.points[i];
            cells[i].keeps_caches = !exceeds_caches(point);
            cells[i].work = static_cast<double>(point.counts->macs) / point.threads;
            if (const std::optional<std::size_t> f32 = f32_point(run_, i)) cells[i].partners = {*f32};
            if (point.base == i) continue;  // it serves many: longer blocks of it would cost too much
            cells[i].partners.push_back(point.base);
            if (point.counterpart && point.network == NetworkKind::separable)
                cells[i].partners.push_back(*point.counterpart);
        }
        return cells;
    }

    /// Reading twice of what the largest cache holds replaces all that was in it.
    [[nodiscard]] bool exceeds_caches(const SweepPoint& point) const {
        const auto largest = largest_cache_bytes(run_.origin.machine);
        return largest && point.counts->weight_bytes > 2 * *largest;
    }

    void time_points() {
        const SweepTiming& timing = run_.timing;
        const MeasureSettings settings{
            .rounds = timing.rounds,
            .seed = timing.seed,
            .max_seconds = timing.max_seconds * (timing.layers ? 1 - kLayerShare : 1),
            .confidence = timing.confidence};
        MeasureHooks hooks;
        hooks.world = hooks_.world;
        hooks.stop = hooks_.stop;
        hooks.progress = [this](const Progress& progress) { show(progress); };
        hooks.visits = [this](const Measurement& measurement, const std::vector<std::size_t>& random) {
            return visits(measurement, random);
        };
        if (hooks_.log != nullptr) {
            hooks.calibrated = [this](const Measurement& measurement) {
                hooks_.log->calibrated(measurement);
            };
            hooks.round_done = [this](const Measurement& measurement) { hooks_.log->round(measurement); };
        }
        const std::vector<MeasuredCell> cells = measured_cells();
        run_.measurement = measure(cells, settings, hooks, std::move(run_.measurement));
    }

    [[nodiscard]] std::vector<std::size_t> visits(const Measurement& measurement,
                                                  const std::vector<std::size_t>& random) {
        const std::size_t rounds = measurement.order.size();
        if (!seen_) {
            const std::size_t last_look = rounds / kRoundsBetweenLooks * kRoundsBetweenLooks;
            seen_ = evaluate_points(run_, first_rounds(measurement, last_look));
        } else if (rounds % kRoundsBetweenLooks == 0) {
            seen_ = evaluate_points(run_, measurement);
        }
        return visit_order(run_, *seen_, random);
    }

    void show(const Progress& progress) const {
        SweepProgress shown;
        shown.phase = progress.stage == Progress::Stage::warm_up ? Phase::warm_up : Phase::rounds;
        shown.done = progress.done;
        shown.total = progress.total;
        shown.seconds_left = progress.seconds_left;
        shown.points = std::count_if(sessions_.begin(), sessions_.end(),
                                     [](const auto& session) { return session != nullptr; });
        if (seen_) {
            shown.points_done = std::count_if(seen_->points.begin(), seen_->points.end(),
                                              [](const PointResult& point) { return point.precise; });
            shown.worst_interval = seen_->worst_interval;
        }
        report(shown);
    }

    /// A prediction rests on the layers of the cells it is fitted to: they get all the time there is.
    [[nodiscard]] std::vector<std::size_t> cells_with_layers() const {
        if (run_.timing.prediction) return run_.timing.prediction->timed;
        std::vector<bool> asked(run_.cells.size(), false);
        for (const SweepPoint& point : run_.points)
            asked[point.cell] = asked[point.cell] || !is_base_alone(run_, point);
        std::vector<std::size_t> cells;
        for (std::size_t cell = 0; cell < asked.size(); ++cell) {
            if (asked[cell]) cells.push_back(cell);
        }
        return cells;
    }

    /// Cell by cell, all engines and thread counts of a cell in the same rounds.
    void time_layers() {
        const std::vector<std::size_t> cells = cells_with_layers();
        const double all = run_.timing.max_seconds * kLayerShare;
        const double limit = all / static_cast<double>(cells.size());
        const Stopwatch watch(clock_);
        for (std::size_t i = 0; i < cells.size() && !stopped() && !is_late(watch, all); ++i) {
            const std::size_t cell = cells[i];
            report({.phase = Phase::layers,
                    .done = static_cast<std::int64_t>(i),
                    .total = static_cast<std::int64_t>(cells.size())});
            time_layers(cell, NetworkKind::separable, limit);
            if (run_.timing.prediction) time_layers(cell, NetworkKind::standard, limit);
        }
        if (stopped()) run_.measurement.ended = Ended::interrupted;
    }

    [[nodiscard]] double latest_pass(std::size_t point) const {
        const CellSamples& cell = run_.measurement.cells[point];
        return cell.blocks.empty() ? cell.warm_up.first_pass_seconds : cell.blocks.back().seconds;
    }

    void time_layers(std::size_t cell, NetworkKind kind, double max_seconds) {
        std::vector<LayerTarget> targets;
        std::vector<LayerProfile> profiles;
        std::vector<std::size_t> points;
        for (std::size_t i = 0; i < run_.points.size(); ++i) {
            const SweepPoint& point = run_.points[i];
            const bool timed = sessions_[i] && run_.measurement.cells[i].failure.empty();
            if (point.cell != cell || point.network != kind || !timed || run_.profiles[i]) continue;
            LayerProfile profile;
            profile.engine = point.engine;
            profile.threads = point.threads;
            profile.mode = run_.timing.layer_mode;
            targets.push_back({sessions_[i].get(), pin_cpu(i), profiles.size(), flushes_[i], latest_pass(i)});
            profiles.push_back(std::move(profile));
            points.push_back(i);
        }
        if (targets.empty()) return;
        MeasureHooks hooks;
        hooks.world = hooks_.world;
        hooks.stop = hooks_.stop;
        const Network& network = *networks_[points.front()];
        const MeasureSettings settings{.rounds = kLayerRounds,
                                       .seed = run_.timing.seed,
                                       .max_seconds = max_seconds,
                                       .confidence = run_.timing.confidence};
        if (run_.timing.layer_mode == LayerMode::isolated) {
            time_isolated_layers(network, targets, settings, hooks, profiles);
        } else {
            measure_layers(network, targets, settings, hooks, profiles);
        }
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (stopped() && profiles[i].status != BenchStatus::ok) continue;  // another run may time it
            run_.profiles[points[i]] = std::move(profiles[i]);
            if (hooks_.log != nullptr) hooks_.log->profile(points[i], *run_.profiles[points[i]]);
        }
    }

    void time_isolated_layers(const Network& network, const std::vector<LayerTarget>& wholes,
                              const MeasureSettings& settings, const MeasureHooks& hooks,
                              std::vector<LayerProfile>& profiles) const {
        const NetworkCounts counts = isolated_counts(count_network(network));
        std::vector<IsolatedTarget> targets;
        for (const LayerTarget& whole : wholes) {
            LayerProfile& profile = profiles[whole.profile];
            guarded(profile, [&] {
                refuse_without_memory(counts, !targets.empty());
                targets.push_back({.whole = whole,
                                   .engine = hooks_.world->find_engine(profile.engine),
                                   .threads = profile.threads,
                                   .before_pass = [this](const Session& made) { return flush_of(made); }});
            });
        }
        const Weights weights = targets.empty() ? Weights{} : make_weights(network, kDataSeed);
        measure_isolated_layers(network, weights, targets, settings, hooks, profiles);
    }

    const std::vector<ModelConfig>& configs_;
    SweepRun& run_;
    const SweepHooks& hooks_;
    Clock& clock_;
    bool resumed_;
    std::vector<std::unique_ptr<Session>> sessions_;
    std::vector<std::shared_ptr<const Network>> networks_;
    std::vector<std::function<void()>> flushes_;  // of each session, before each of its passes
    Evictor evictor_;
    std::optional<SweepResult> seen_;  // at the last look
};

}  // namespace

void time_sweep(const std::vector<ModelConfig>& configs, SweepRun& run, const SweepHooks& hooks) {
    Runner(configs, run, hooks).run();
}

}  // namespace mobilenet_cost
