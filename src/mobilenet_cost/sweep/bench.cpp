#include "mobilenet_cost/sweep/bench.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/checked.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/calibration.h"
#include "mobilenet_cost/measure/isolated_layers.h"
#include "mobilenet_cost/measure/layer_profile.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/model/weights.h"
#include "mobilenet_cost/sweep/bench_candidates.h"
#include "mobilenet_cost/sweep/bench_comparison.h"

namespace mobilenet_cost {

namespace {

/// Part of the time limit that is kept for the layers.
constexpr double kLayerShare = 0.25;

void check(const BenchSettings& settings) {
    check_positive("--rounds", static_cast<double>(settings.rounds));
    check_positive("--max-seconds", settings.max_seconds);
    for (const int threads : settings.threads)
        check_positive("--threads", threads);
    if (settings.pin_cpu) (void)pin_to_cpu(*settings.pin_cpu);  // throws where it is not allowed
}

/// One call of run_bench().
class Bench {
  public:
    Bench(BenchResult& result, const BenchHooks& hooks)
        : result_(result), hooks_(hooks), clock_(hooks.world->clock()) {}

    void run(std::vector<Candidate> candidates) {
        candidates_ = std::move(candidates);
        make_rows();
        prepare_flush();
        make_sessions();
        time_networks();
        result_.comparisons = compare_networks(result_, candidates_);
        if (result_.settings.per_layer) time_layers();
    }

  private:
    using Phase = BenchProgress::Phase;

    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && hooks_.stop->load(); }

    [[nodiscard]] bool is_late(std::int64_t start) const {
        const double seconds = static_cast<double>(clock_.now() - start) * kNanosecond;
        return seconds > last_moment(result_.settings.max_seconds);
    }

    void report(Phase phase, std::int64_t done, std::int64_t total,
                std::optional<double> seconds_left) const {
        if (hooks_.progress) hooks_.progress({phase, done, total, seconds_left});
    }

    /// One row for each engine, number of threads and network, whether it can run or not.
    void make_rows() {
        for (const EngineStatus& engine : result_.engines) {
            for (const int threads : result_.settings.threads) {
                for (const Candidate& candidate : candidates_) {
                    if (candidate.same_as_variant) continue;
                    NetworkResult& row = result_.networks.emplace_back();
                    row.engine = engine.name;
                    row.threads = threads;
                    row.network = candidate.kind;
                    row.counts = candidate.counts;
                    row.reason = candidate.reason;
                    row.status = candidate.absence;
                    if (!engine.available) row.reason = engine.reason;
                }
            }
        }
        sessions_.resize(result_.networks.size());
        flushes_.resize(result_.networks.size());
    }

    /// The probe is read on the CPU that one-thread passes run on: caches differ from core to core.
    void prepare_flush() {
        const CacheMode mode = result_.settings.cache;
        if (mode == CacheMode::warm) return;
        std::unique_ptr<CpuPin> pin;
        if (result_.settings.pin_cpu) pin = pin_to_cpu(*result_.settings.pin_cpu);
        evictor_ = hooks_.evictor ? *hooks_.evictor : best_evictor(result_.machine);
        result_.cache_flush = verify_flush(mode, evictor_);
    }

    /// Network by network, so that only one set of unpacked weights exists at a time.
    void make_sessions() {
        std::int64_t done = 0;
        const std::int64_t start = clock_.now();
        for (const Candidate& candidate : candidates_) {
            std::optional<Weights> weights;
            for (std::size_t i = 0; i < result_.networks.size() && !stopped(); ++i) {
                NetworkResult& row = result_.networks[i];
                if (row.network != candidate.kind) continue;
                report(Phase::prepare, done++, static_cast<std::int64_t>(result_.networks.size()),
                       std::nullopt);
                if (!row.reason.empty()) continue;
                if (is_late(start)) {
                    row.reason = kNotMadeReady;
                } else {
                    make_session(candidate, weights, i);
                }
            }
        }
    }

    void make_session(const Candidate& candidate, std::optional<Weights>& weights, std::size_t index) {
        NetworkResult& row = result_.networks[index];
        try {
            row.reason = refusal(*candidate.counts, weights.has_value());
            if (row.reason.empty())
                row.reason = time_refusal(*candidate.counts, row.threads, result_.settings.max_seconds);
            if (!row.reason.empty()) return;
            const auto engine = engine_of(row.engine);
            if (!weights) weights = make_weights(*candidate.network, kDataSeed);
            auto session =
                make_ready_session(*engine, *candidate.network, *weights, {.threads = row.threads});
            row.memory = session->memory_use();
            flushes_[index] = flush_before_pass(*session, result_.settings.cache, evictor_);
            sessions_[index] = std::move(session);
            row.status = BenchStatus::ok;
        } catch (const Error& error) {
            row.reason = error.what();  // the engine says that it cannot: skipped
        } catch (const std::bad_alloc&) {
            row.status = BenchStatus::failed;
            row.reason = "out of memory";
        } catch (const std::exception& error) {
            row.status = BenchStatus::failed;
            row.reason = error.what();
        }
    }

    [[nodiscard]] std::shared_ptr<const Engine> engine_of(const std::string& name) const {
        return hooks_.world->find_engine(name);
    }

    [[nodiscard]] std::string refusal(const NetworkCounts& counts, bool weights_made) const {
        return memory_refusal(counts, weights_made ? 1 : 2, hooks_.world->available_memory_bytes());
    }

    [[nodiscard]] MeasureSettings measure_settings(double share) const {
        const BenchSettings& settings = result_.settings;
        return {.rounds = settings.rounds,
                .seed = settings.seed,
                .max_seconds = settings.max_seconds * share,
                .confidence = settings.confidence};
    }

    /// `rounds` is the phase that the rounds of this measurement are shown as.
    [[nodiscard]] MeasureHooks measure_hooks(Phase rounds) const {
        MeasureHooks hooks;
        hooks.world = hooks_.world;
        hooks.stop = hooks_.stop;
        hooks.progress = [this, rounds](const Progress& progress) {
            const bool warm_up = progress.stage == Progress::Stage::warm_up;
            report(warm_up ? Phase::warm_up : rounds, progress.done, progress.total, progress.seconds_left);
        };
        return hooks;
    }

    /// A pool of threads would inherit the restriction to one CPU.
    [[nodiscard]] std::optional<int> pin_cpu(int threads) const {
        return threads == 1 ? result_.settings.pin_cpu : std::nullopt;
    }

    void time_networks() {
        std::vector<MeasuredCell> cells;
        std::vector<std::size_t> rows;  // of each cell
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            if (!sessions_[i]) continue;
            rows.push_back(i);
            cells.push_back(plain_cell(*sessions_[i], pin_cpu(result_.networks[i].threads), flushes_[i]));
        }
        Measurement measurement =
            measure(cells, measure_settings(result_.settings.per_layer ? 1 - kLayerShare : 1),
                    measure_hooks(Phase::rounds));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            record(result_.networks[rows[i]], std::move(measurement.cells[i]), measurement.ended);
        }
        for (std::vector<std::size_t>& round : measurement.order) {
            for (std::size_t& index : round)
                index = rows[index];
        }
        result_.order = std::move(measurement.order);
        result_.ended = stopped() ? Ended::interrupted : measurement.ended;
        result_.shortened = measurement.shortened;
        result_.seconds = measurement.seconds;
        for (NetworkResult& row : result_.networks) {
            if (row.status != BenchStatus::ok && row.reason.empty())
                row.reason = no_round_reason(Ended::interrupted);
        }
    }

    void record(NetworkResult& row, CellSamples samples, Ended ended) const {
        row.samples = std::move(samples);
        if (!row.samples.failure.empty()) {
            row.status = BenchStatus::failed;
            row.reason = row.samples.failure;
        } else if (row.samples.blocks.empty()) {
            row.status = BenchStatus::skipped;
            row.reason = no_round_reason(ended);
        } else {
            row.seconds = median_estimate(round_seconds(row.samples), result_.settings.confidence);
        }
    }

    void time_layers() {
        std::vector<LayerTarget> targets;
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            const NetworkResult& row = result_.networks[i];
            if (row.network != NetworkKind::separable) continue;
            LayerProfile& profile = result_.profiles.emplace_back();
            profile.engine = row.engine;
            profile.threads = row.threads;
            profile.mode = result_.settings.layer_mode;
            profile.status = row.status;
            profile.reason = row.reason;
            if (row.status != BenchStatus::ok) continue;
            targets.push_back({.session = sessions_[i].get(),
                               .pin_cpu = pin_cpu(row.threads),
                               .profile = result_.profiles.size() - 1,
                               .before_pass = flushes_[i]});
        }
        if (result_.settings.layer_mode == LayerMode::isolated) return time_isolated_layers(targets);
        measure_layers(*candidates_.front().network, targets, measure_settings(kLayerShare),
                       measure_hooks(Phase::layers), result_.profiles);
    }

    void time_isolated_layers(const std::vector<LayerTarget>& wholes) {
        const Candidate& variant = candidates_.front();
        std::vector<IsolatedTarget> targets;
        const auto flush = [this](const Session& session) {
            return flush_before_pass(session, result_.settings.cache, evictor_);
        };
        for (const LayerTarget& whole : wholes) {
            LayerProfile& profile = result_.profiles[whole.profile];
            profile.reason = refusal(isolated_counts(*variant.counts), !targets.empty());
            profile.status = BenchStatus::skipped;
            if (!profile.reason.empty()) continue;
            targets.push_back({.whole = whole,
                               .engine = engine_of(profile.engine),
                               .threads = profile.threads,
                               .before_pass = flush});
        }
        const Weights weights = targets.empty() ? Weights{} : make_weights(*variant.network, kDataSeed);
        measure_isolated_layers(*variant.network, weights, targets, measure_settings(kLayerShare),
                                measure_hooks(Phase::layers), result_.profiles);
    }

    /// Each layer has an input of its own, and a sum or product another two.
    static NetworkCounts isolated_counts(NetworkCounts counts) {
        counts.activation_bytes = checked_multiply(3, counts.activation_bytes);
        return counts;
    }

    BenchResult& result_;
    const BenchHooks& hooks_;
    Clock& clock_;
    std::vector<Candidate> candidates_;
    Evictor evictor_;
    std::vector<std::unique_ptr<Session>> sessions_;  // of each row; null: it cannot run
    std::vector<std::function<void()>> flushes_;      // of each session, before each of its passes
};

}  // namespace

BenchResult run_bench(const ModelConfig& config, const Variant& variant, const BenchSettings& settings,
                      const BenchHooks& hooks) {
    check(settings);
    BenchResult result;
    result.model = config.name;
    result.variant = variant;
    if (result.variant.resolution == 0) result.variant.resolution = config.resolution;
    result.beta = static_cast<double>(result.variant.resolution) / static_cast<double>(config.resolution);
    result.base = result.variant;
    result.base.alpha = 1;
    result.base.resolution = config.resolution;
    result.engines = choose_engines(hooks.world->engine_statuses(), settings.engines);
    result.settings = settings;
    result.settings.engines.clear();
    for (const EngineStatus& engine : result.engines)
        result.settings.engines.push_back(engine.name);
    result.settings.threads = without_repeats(settings.threads);
    if (result.settings.threads.empty()) result.settings.threads = {1};
    result.machine = read_machine();
    result.clock_resolution_seconds = static_cast<double>(hooks.world->clock().resolution()) * kNanosecond;
    Bench(result, hooks).run(make_candidates(config, result.variant, result.base));
    return result;
}

}  // namespace mobilenet_cost
