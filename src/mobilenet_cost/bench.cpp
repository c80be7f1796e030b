#include "mobilenet_cost/bench.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <new>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/checked.h"
#include "mobilenet_cost/cost.h"
#include "mobilenet_cost/error.h"
#include "mobilenet_cost/layer_profile.h"
#include "mobilenet_cost/standard.h"
#include "mobilenet_cost/units.h"
#include "mobilenet_cost/weights.h"

namespace mobilenet_cost {

namespace {

/// Part of the time limit that is kept for the layers.
constexpr double kLayerShare = 0.25;

constexpr std::array kKinds = {NetworkKind::separable, NetworkKind::standard, NetworkKind::base};

/// A network to be timed, or why there is none.
struct Candidate {
    NetworkKind kind = NetworkKind::separable;
    std::optional<Network> network;
    std::optional<NetworkCounts> counts;
    BenchStatus absence = BenchStatus::skipped;
    std::string reason;
    bool same_as_variant = false;  ///< then it is left out: timing a network against itself says nothing
};

NetworkCounts count(const Network& network) {
    const Cost cost = total_cost(network);
    const std::int64_t elements = checked_add(cost.output_elements, element_count(network.input));
    return {.macs = cost.macs,
            .params = parameter_count(cost, BatchNormCount::bn0),
            .weight_bytes = weight_bytes(cost, DataType::f32),
            .activation_bytes = checked_multiply(elements, element_bytes(DataType::f32))};
}

template <typename Make>
Candidate make_candidate(NetworkKind kind, const Make& make) {
    Candidate candidate;
    candidate.kind = kind;
    try {
        candidate.network = make();
        candidate.counts = count(*candidate.network);
    } catch (const Error& error) {
        candidate.network.reset();
        candidate.reason = error.what();
    } catch (const std::bad_alloc&) {
        candidate.network.reset();
        candidate.absence = BenchStatus::failed;
        candidate.reason = "out of memory";
    }
    return candidate;
}

/// By value: a variant that is spelled differently may be the same network.
void compare_with(const Network& variant, Candidate& candidate, std::string_view reason) {
    const auto& other = candidate.network;
    if (!other || other->input != variant.input || other->layers != variant.layers) return;
    candidate.same_as_variant = true;
    candidate.reason = reason;
    candidate.network.reset();
}

std::vector<Candidate> make_candidates(const ModelConfig& config, const Variant& variant,
                                       const Variant& base) {
    std::vector<Candidate> candidates(kKinds.size());
    const Network network = expand(config, variant);
    candidates[0].network = network;
    candidates[0].counts = count(network);
    candidates[1] =
        make_candidate(NetworkKind::standard, [&network] { return standard_counterpart(network); });
    compare_with(network, candidates[1], "the network has no depthwise convolution with its pointwise one");
    candidates[2] = make_candidate(NetworkKind::base, [&] { return expand(config, base); });
    compare_with(network, candidates[2], "the variant is the base model itself");
    return candidates;
}

template <typename Value>
std::vector<Value> without_repeats(const std::vector<Value>& values) {
    std::vector<Value> result;
    for (const Value& value : values) {
        if (std::find(result.begin(), result.end(), value) == result.end()) result.push_back(value);
    }
    return result;
}

std::vector<EngineStatus> chosen_engines(const std::vector<EngineStatus>& known,
                                         const std::vector<std::string>& asked) {
    std::vector<EngineStatus> chosen;
    if (asked.empty()) {
        const auto first = std::find_if(known.begin(), known.end(),
                                        [](const EngineStatus& status) { return status.available; });
        if (first == known.end()) fail("--engine", "no engine is available");
        return {*first};
    }
    std::vector<std::string> names;
    for (const EngineStatus& status : known)
        names.push_back(status.name);
    for (const std::string& name : without_repeats(asked)) {
        const auto found = std::find(names.begin(), names.end(), name);
        if (found == names.end()) fail_unknown("--engine", "engine", name, names);
        chosen.push_back(known[static_cast<std::size_t>(found - names.begin())]);
    }
    return chosen;
}

void check(const BenchSettings& settings) {
    const auto positive = [](std::string_view flag, double value) {
        if (!(value > 0) || !std::isfinite(value)) {
            fail(flag, fmt::format("expected a number above 0, found {}", value));
        }
    };
    positive("--rounds", static_cast<double>(settings.rounds));
    positive("--max-seconds", settings.max_seconds);
    for (const int threads : settings.threads)
        positive("--threads", threads);
    if (settings.pin_cpu) (void)pin_to_cpu(*settings.pin_cpu);  // throws where it is not allowed
}

/// One call of run_bench().
class Bench {
  public:
    Bench(BenchResult& result, const BenchHooks& hooks) : result_(result), hooks_(hooks) {}

    void run(std::vector<Candidate> candidates) {
        candidates_ = std::move(candidates);
        make_rows();
        make_sessions();
        time_networks();
        compare();
        if (result_.settings.per_layer) time_layers();
    }

  private:
    using Phase = BenchProgress::Phase;

    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && hooks_.stop->load(); }

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
    }

    /// Network by network, so that only one set of unpacked weights exists at a time.
    void make_sessions() {
        std::int64_t done = 0;
        for (const Candidate& candidate : candidates_) {
            std::optional<Weights> weights;
            for (std::size_t i = 0; i < result_.networks.size() && !stopped(); ++i) {
                NetworkResult& row = result_.networks[i];
                if (row.network != candidate.kind) continue;
                report(Phase::prepare, done++, static_cast<std::int64_t>(result_.networks.size()),
                       std::nullopt);
                if (row.reason.empty()) make_session(candidate, weights, i);
            }
        }
    }

    void make_session(const Candidate& candidate, std::optional<Weights>& weights, std::size_t index) {
        NetworkResult& row = result_.networks[index];
        try {
            row.reason = refusal(*candidate.counts, weights.has_value());
            if (!row.reason.empty()) return;
            const auto engine = hooks_.find_engine ? hooks_.find_engine(row.engine) : find_engine(row.engine);
            if (!weights) weights = make_weights(*candidate.network, kDataSeed);
            auto session = engine->make_session(*candidate.network, *weights, {.threads = row.threads});
            const std::vector<float> input = make_input(candidate.network->input, kDataSeed);
            std::copy(input.begin(), input.end(), session->input().begin());
            row.memory_bytes = session->memory_bytes();
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

    /// Linux promises more memory than there is and kills later; so ask before allocating.
    [[nodiscard]] std::string refusal(const NetworkCounts& counts, bool weights_made) const {
        const auto available =
            hooks_.available_memory_bytes ? hooks_.available_memory_bytes() : available_memory_bytes();
        const std::int64_t copies = weights_made ? 1 : 2;  // as generated, and as the engine packs them
        const std::int64_t needed =
            checked_add(checked_multiply(copies, counts.weight_bytes), counts.activation_bytes);
        if (!available || needed <= *available) return {};
        return fmt::format("needs {} of memory ({} x {} of weights, {} of activations), available are {}",
                           bytes_text(needed), copies, bytes_text(counts.weight_bytes),
                           bytes_text(counts.activation_bytes), bytes_text(*available));
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
        hooks.clock = hooks_.clock;
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
            cells.push_back(plain_cell(*sessions_[i], pin_cpu(result_.networks[i].threads)));
        }
        Measurement measurement =
            measure(cells, measure_settings(result_.settings.per_layer ? 1 - kLayerShare : 1),
                    measure_hooks(Phase::rounds));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            record(result_.networks[rows[i]], std::move(measurement.cells[i]));
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
            if (row.status != BenchStatus::ok && row.reason.empty()) row.reason = kInterrupted;
        }
    }

    void record(NetworkResult& row, CellSamples samples) const {
        row.samples = std::move(samples);
        if (!row.samples.failure.empty()) {
            row.status = BenchStatus::failed;
            row.reason = row.samples.failure;
        } else if (row.samples.blocks.empty()) {
            row.status = BenchStatus::skipped;
            row.reason = kInterrupted;
        } else {
            row.seconds = median_estimate(round_seconds(row.samples), result_.settings.confidence);
        }
    }

    [[nodiscard]] const NetworkResult* find_row(const std::string& engine, int threads,
                                                NetworkKind kind) const {
        const auto& rows = result_.networks;
        const auto found = std::find_if(rows.begin(), rows.end(), [&](const NetworkResult& row) {
            return row.engine == engine && row.threads == threads && row.network == kind;
        });
        return found == rows.end() ? nullptr : &*found;
    }

    void compare() {
        for (const EngineStatus& engine : result_.engines) {
            for (const int threads : result_.settings.threads) {
                for (const Candidate& candidate : candidates_) {
                    if (candidate.kind == NetworkKind::separable) continue;
                    result_.comparisons.push_back(compare(engine.name, threads, candidate));
                }
            }
        }
    }

    [[nodiscard]] Comparison compare(const std::string& engine, int threads,
                                     const Candidate& candidate) const {
        Comparison comparison;
        comparison.engine = engine;
        comparison.threads = threads;
        comparison.slower = candidate.kind;
        comparison.reason = candidate.reason;
        if (candidate.same_as_variant) return comparison;
        const NetworkResult& variant = *find_row(engine, threads, NetworkKind::separable);
        const NetworkResult& slower = *find_row(engine, threads, candidate.kind);
        if (slower.counts && variant.counts->macs > 0) {
            comparison.analytic_speedup =
                static_cast<double>(slower.counts->macs) / static_cast<double>(variant.counts->macs);
        }
        for (const NetworkResult* row : {&slower, &variant}) {
            if (row->status == BenchStatus::ok) continue;
            comparison.status = row->status;
            comparison.reason = fmt::format("{}: {}", network_kind_name(row->network), row->reason);
            return comparison;
        }
        comparison.status = BenchStatus::ok;
        comparison.speedup = paired_ratio(round_seconds(slower.samples), round_seconds(variant.samples),
                                          result_.settings.confidence);
        if (comparison.analytic_speedup) {
            comparison.fraction_kept = scaled(*comparison.speedup, 1 / *comparison.analytic_speedup);
        }
        return comparison;
    }

    void time_layers() {
        std::vector<LayerTarget> targets;
        for (std::size_t i = 0; i < sessions_.size(); ++i) {
            const NetworkResult& row = result_.networks[i];
            if (row.network != NetworkKind::separable) continue;
            LayerProfile& profile = result_.profiles.emplace_back();
            profile.engine = row.engine;
            profile.threads = row.threads;
            profile.status = row.status;
            profile.reason = row.reason;
            if (row.status != BenchStatus::ok) continue;
            targets.push_back({.session = sessions_[i].get(),
                               .pin_cpu = pin_cpu(row.threads),
                               .profile = result_.profiles.size() - 1});
        }
        measure_layers(*candidates_.front().network, targets, measure_settings(kLayerShare),
                       measure_hooks(Phase::layers), result_.profiles);
    }

    static constexpr const char* kInterrupted = "interrupted before the first round";

    BenchResult& result_;
    const BenchHooks& hooks_;
    std::vector<Candidate> candidates_;
    std::vector<std::unique_ptr<Session>> sessions_;  // of each row; null: it cannot run
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
    result.engines =
        chosen_engines(hooks.engine_statuses ? hooks.engine_statuses() : engine_statuses(), settings.engines);
    result.settings = settings;
    result.settings.engines.clear();
    for (const EngineStatus& engine : result.engines)
        result.settings.engines.push_back(engine.name);
    result.settings.threads = without_repeats(settings.threads);
    if (result.settings.threads.empty()) result.settings.threads = {1};
    result.machine = read_machine();
    SteadyClock steady;
    Clock& clock = hooks.clock != nullptr ? *hooks.clock : steady;
    result.clock_resolution_seconds = static_cast<double>(clock.resolution()) * 1e-9;
    Bench(result, hooks).run(make_candidates(config, result.variant, result.base));
    return result;
}

std::optional<double> flops_per_second(std::int64_t macs, double seconds) {
    if (!(seconds > 0)) return std::nullopt;
    return 2 * static_cast<double>(macs) / seconds;
}

std::string_view network_kind_name(NetworkKind kind) {
    switch (kind) {
        case NetworkKind::separable:
            return "separable";
        case NetworkKind::standard:
            return "standard";
        case NetworkKind::base:
            return "base";
    }
    return "";
}

std::string_view ended_name(Ended ended) {
    switch (ended) {
        case Ended::all_rounds:
            return "all_rounds";
        case Ended::precise_enough:
            return "precise_enough";
        case Ended::time_limit:
            return "time_limit";
        case Ended::interrupted:
            return "interrupted";
    }
    return "";
}

}  // namespace mobilenet_cost
