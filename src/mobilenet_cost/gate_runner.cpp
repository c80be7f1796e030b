#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <limits>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "mobilenet_cost/error.h"
#include "mobilenet_cost/gate.h"
#include "mobilenet_cost/gate_facts.h"
#include "mobilenet_cost/stats.h"

namespace mobilenet_cost {
namespace {

constexpr double kNanosecond = 1e-9;
constexpr double kStepsOfTheClock = 1000;  ///< the least in a block

constexpr double kWarmTolerance = 0.02;  ///< two blocks in a row that differ by less: warm
constexpr double kWarmUpSeconds = 1;     ///< the most for each side of a cell
constexpr double kWarmUpShare = 0.25;    ///< of the time limit, for all cells together

constexpr int kMostCalibrations = 8;
constexpr double kCalibrationTolerance = 0.1;

constexpr std::int64_t kSettle = 1;  ///< passes before those that count: the caches hold another cell's data

/// Where the pages of a session happen to lie in memory makes it faster or slower by a per cent or more for
/// as long as it lives (Mytkowicz et al., "Producing Wrong Data Without Doing Anything Obviously Wrong!",
/// 2009). New sessions every few rounds draw anew, unless that takes more than a tenth of the time.
constexpr std::int64_t kRoundsOfASession = 3;
constexpr double kRenewalShare = 0.1;

/// Of the time of a cell's whole passes; a median of half as many passes is still a good one.
constexpr std::int64_t kLayerPassesDivisor = 2;

constexpr double kForgivenSteal = 0.015;  ///< seconds: one tick of 10 ms, which may be older than the block
constexpr double kForgivenSwitches = 2;

bool agree(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance * std::max(a, b);
}

std::int64_t passes_for(double seconds, double pass_seconds) {
    constexpr double kMost = 1e7;
    return static_cast<std::int64_t>(std::clamp(std::ceil(seconds / pass_seconds), 1.0, kMost));
}

NoiseSnapshot operator+(const NoiseSnapshot& a, const NoiseSnapshot& b) {
    NoiseSnapshot sum;
    if (a.steal_seconds && b.steal_seconds) sum.steal_seconds = *a.steal_seconds + *b.steal_seconds;
    if (a.involuntary_switches && b.involuntary_switches)
        sum.involuntary_switches = *a.involuntary_switches + *b.involuntary_switches;
    return sum;
}

std::string utc_now() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now));
}

void check(const GateSettings& settings) {
    const auto positive = [](std::string_view flag, double value) {
        if (!(value > 0) || !std::isfinite(value))
            fail(flag, fmt::format("expected a number above 0, found {}", value));
    };
    check_rule(settings.rule);
    positive("--max-seconds", settings.max_seconds);
    positive("--block-seconds", settings.block_seconds);
    positive("--answer-seconds", settings.answer_seconds);
    if (settings.cpu) (void)pin_to_cpu(*settings.cpu);  // throws where it is not allowed
}

/// One side of the gate while it runs.
struct Side {
    GateWorker* worker = nullptr;
    std::vector<std::int64_t> sessions;  ///< of each cell
    std::vector<double> pass_seconds;    ///< latest estimate of each cell
};

/// One call of run_gate().
class Runner {
  public:
    Runner(GateWorker& base, GateWorker& head, const GateSettings& settings, const GateHooks& hooks)
        : hooks_(hooks),
          clock_(hooks.clock != nullptr ? *hooks.clock : steady_),
          base_{.worker = &base, .sessions = {}, .pass_seconds = {}},
          head_{.worker = &head, .sessions = {}, .pass_seconds = {}} {
        check(settings);
        run_.settings = settings;
        run_.started = utc_now();
    }

    GateRun run(const std::vector<GateCell>& cells) {
        greet();
        plan(cells);
        try {
            report({.phase = Phase::preflight});
            run_.preflight = hooks_.preflight ? hooks_.preflight() : run_preflight();
            prepare();
            start_ = clock_.now();
            warm_up();
            rounds();
        } catch (const WorkerLost& lost) {
            run_.failure = lost.what();
            run_.ended = GateEnded::worker_lost;
        }
        last_look();
        run_.seconds = elapsed();
        return std::move(run_);
    }

  private:
    using Phase = GateProgress::Phase;

    [[nodiscard]] double since(std::int64_t start) const {
        return static_cast<double>(clock_.now() - start) * kNanosecond;
    }
    [[nodiscard]] double elapsed() const { return start_ ? since(*start_) : 0; }
    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && hooks_.stop->load(); }
    [[nodiscard]] bool alive(std::size_t cell) const {
        return run_.cells[cell].failure.empty() && run_.cells[cell].exact.empty();
    }
    [[nodiscard]] std::size_t count_alive() const {
        std::size_t count = 0;
        for (std::size_t cell = 0; cell < run_.cells.size(); ++cell)
            count += alive(cell) ? 1 : 0;
        return count;
    }
    void report(const GateProgress& progress) const {
        if (hooks_.progress) hooks_.progress(progress);
    }

    void greet() {
        run_.base.hello = base_.worker->hello(run_.settings.cpu);
        run_.head.hello = head_.worker->hello(run_.settings.cpu);
    }

    void plan(const std::vector<GateCell>& cells) {
        if (cells.empty()) fail("", "expected at least one cell, found none");
        for (GateCell cell : cells) {
            if (cell.engine.empty()) cell.engine = common_engine(run_.base.hello, run_.head.hello);
            run_.cells.push_back({.cell = std::move(cell)});
        }
        const std::size_t hypotheses = cells.size() + (cells.size() > 1 ? 1 : 0);
        run_.looks = plan_looks(run_.settings.rounds, hypotheses, run_.settings.rule.significance);
        run_.rows.resize(cells.size());
        for (Side* side : {&base_, &head_}) {
            side->sessions.resize(cells.size());
            side->pass_seconds.resize(cells.size());
        }
    }

    /// What one cell cannot do is that cell's failure; the others go on. A lost worker ends everything.
    template <typename Work>
    void guarded(std::size_t cell, const Work& work) {
        try {
            work();
        } catch (const WorkerRefused& refused) {
            run_.cells[cell].failure = refused.what();
        }
    }

    void prepare() {
        const std::int64_t start = clock_.now();
        for (std::size_t i = 0; i < run_.cells.size() && !stopped(); ++i) {
            GateCellRun& cell = run_.cells[i];
            report({.phase = Phase::prepare,
                    .done = static_cast<std::int64_t>(i),
                    .total = static_cast<std::int64_t>(run_.cells.size())});
            guarded(i, [&] {
                cell.base = base_.worker->prepare(cell.cell, kDataSeed);
                cell.head = head_.worker->prepare(cell.cell, kDataSeed);
                base_.sessions[i] = cell.base->session;
                head_.sessions[i] = cell.head->session;
                cell.exact = exact_differences(*cell.base, *cell.head);
                cell.explanation = explaining_differences(*cell.base, *cell.head);
            });
        }
        prepare_seconds_ = since(start);
    }

    /// New ones before the old ones go, or they would get the same memory again.
    void renew_sessions(std::int64_t round) {
        if (round % kRoundsOfASession != 0) return;
        if (round > 0 && kRenewalShare * since(renewed_) < prepare_seconds_) return;
        if (round > 0) {
            for (std::size_t i = 0; i < run_.cells.size(); ++i) {
                if (alive(i) && !stopped()) guarded(i, [&] { renew_session(i); });
            }
        }
        renewed_ = clock_.now();
    }

    void renew_session(std::size_t i) {
        for (Side* side : {&base_, &head_}) {
            try {
                const std::int64_t fresh = side->worker->prepare(run_.cells[i].cell, kDataSeed).session;
                side->worker->release(std::exchange(side->sessions[i], fresh));
            } catch (const Error& error) {  // it could before
                throw WorkerRefused(error.what());
            }
        }
    }

    [[nodiscard]] double block_seconds() const {
        const double step =
            std::max(run_.base.hello.clock_resolution_seconds, run_.head.hello.clock_resolution_seconds);
        return std::max(run_.settings.block_seconds, kStepsOfTheClock * step);
    }

    /// Seconds of a pass: the median, which a burst of something else does not move.
    double time_block(Side& side, std::size_t cell, std::int64_t passes, std::int64_t settle,
                      NoiseSnapshot* noise = nullptr) {
        const double expected = static_cast<double>(passes + settle) * side.pass_seconds[cell];
        const WorkerBlock block = side.worker->run(side.sessions[cell], passes, settle, expected);
        if (noise != nullptr) *noise = *noise + block.disturbance;
        side.pass_seconds[cell] = median(block.pass_seconds);
        return side.pass_seconds[cell];
    }

    void warm_up() {
        for (std::size_t i = 0; i < run_.cells.size() && !stopped(); ++i) {
            report({.phase = Phase::warm_up,
                    .done = static_cast<std::int64_t>(i),
                    .total = static_cast<std::int64_t>(run_.cells.size())});
            if (!alive(i)) continue;
            guarded(i, [&] {
                const bool base = warm_up(base_, i, 0);
                const bool head = warm_up(head_, i, 1);
                run_.cells[i].warm = base && head;
                calibrate(i);
            });
        }
    }

    /// A fixed number of passes is too few on some machine; hence until the times settle.
    bool warm_up(Side& side, std::size_t i, std::size_t which) {
        GateCellRun& cell = run_.cells[i];
        const double cap = std::min(kWarmUpSeconds, kWarmUpShare * run_.settings.max_seconds /
                                                        (2 * static_cast<double>(run_.cells.size())));
        const std::int64_t start = clock_.now();
        double before = time_block(side, i, 1, 0);
        cell.first_pass_seconds.at(which) = before;
        for (bool first = true;; first = false) {
            const double now = time_block(side, i, passes_for(block_seconds(), before), 0);
            cell.warm_up_seconds.at(which) = since(start);
            // The lone first pass is a block only where one pass fills it.
            const bool comparable = !first || before >= block_seconds();
            if (comparable && agree(now, before, kWarmTolerance)) return true;
            if (since(start) >= cap || stopped()) return false;
            before = now;
        }
    }

    /// From the faster side, so that the blocks of both are long enough. A block that something interrupted
    /// would give too few passes for the rest of the run: believed only when the next says the same.
    void calibrate(std::size_t i) {
        GateCellRun& cell = run_.cells[i];
        const auto from_both = [&] {
            return passes_for(block_seconds(), std::min(base_.pass_seconds[i], head_.pass_seconds[i]));
        };
        cell.passes = from_both();
        for (int attempt = 0; attempt < kMostCalibrations && !cell.calibrated && !stopped(); ++attempt) {
            const std::int64_t before = cell.passes;
            time_block(base_, i, before, kSettle);
            time_block(head_, i, before, kSettle);
            cell.passes = from_both();
            cell.calibrated =
                std::abs(cell.passes - before) <= 1 ||
                agree(static_cast<double>(cell.passes), static_cast<double>(before), kCalibrationTolerance);
            if (cell.calibrated) cell.passes = std::max(cell.passes, before);
        }
        cell.layer_passes = std::max<std::int64_t>(cell.passes / kLayerPassesDivisor, 1);
    }

    void rounds() {
        std::uint64_t state = run_.settings.seed;
        run_.ended = GateEnded::all_rounds;
        double last = 0;
        for (std::int64_t round = 0; round < run_.settings.rounds; ++round) {
            if (count_alive() == 0) return;
            if (stopped()) run_.ended = GateEnded::interrupted;
            if (round > 0 && elapsed() + last > run_.settings.max_seconds) run_.ended = GateEnded::time_limit;
            if (run_.ended != GateEnded::all_rounds) return;
            const std::int64_t start = clock_.now();
            renew_sessions(round);
            visit(round, state);
            last = since(start);
            run_.rounds = round + 1;
            const bool decided = look_is_due() && look(planned_significance());
            if (decided && run_.settings.stop_early) {
                run_.ended = GateEnded::all_decided;
                return;
            }
        }
    }

    void visit(std::int64_t round, std::uint64_t& state) {
        // Drawn for every cell, alive or not, so that the order depends on the seed alone.
        const std::vector<std::size_t> order = permutation(run_.cells.size(), state);
        std::vector<bool> base_first;
        for (std::size_t i = 0; i < order.size(); ++i)
            base_first.push_back(permutation(2, state).front() == 0);
        for (std::size_t i = 0; i < order.size(); ++i) {
            const std::size_t cell = order[i];
            if (!alive(cell) || stopped()) continue;
            show_progress(round);
            guarded(cell, [&] {
                time_round(cell, round, base_first[cell]);
                if (run_.settings.layers) time_layers(cell, round, base_first[cell]);
            });
        }
    }

    void show_progress(std::int64_t round) const {
        const auto open = std::count_if(run_.rows.begin(), run_.rows.end(), [](const GateRow& row) {
            return row.verdict == GateVerdict::inconclusive;
        });
        const double left = run_.settings.max_seconds - elapsed();
        std::optional<double> seconds_left;
        if (round > 0)
            seconds_left = std::min(left, elapsed() / static_cast<double>(round) *
                                              static_cast<double>(run_.settings.rounds - round));
        report({.phase = Phase::rounds,
                .done = round,
                .total = run_.settings.rounds,
                .decided = static_cast<std::int64_t>(run_.rows.size()) - open,
                .rows = static_cast<std::int64_t>(run_.rows.size()),
                .seconds_left = seconds_left});
    }

    /// ABBA: what changes steadily during the four blocks hits both sides alike.
    void time_round(std::size_t i, std::int64_t number, bool base_first) {
        const std::int64_t passes = run_.cells[i].passes;
        GateRound round{.round = number, .base_first = base_first};
        round.base_noise = {.steal_seconds = 0, .involuntary_switches = 0};
        round.head_noise = round.base_noise;
        const std::function<void(std::size_t)> base = [&](std::size_t k) {
            round.base_seconds.at(k) = time_block(base_, i, passes, kSettle, &round.base_noise);
        };
        const std::function<void(std::size_t)> head = [&](std::size_t k) {
            round.head_seconds.at(k) = time_block(head_, i, passes, kSettle, &round.head_noise);
        };
        const std::int64_t start = clock_.now();
        (base_first ? base : head)(0);
        (base_first ? head : base)(0);
        (base_first ? head : base)(1);
        (base_first ? base : head)(1);
        judge_noise(round, since(start));
        run_.cells[i].rounds.push_back(round);
    }

    void judge_noise(GateRound& round, double seconds) const {
        const GateSettings& settings = run_.settings;
        const double steal_limit = std::max(kForgivenSteal, settings.most_steal * seconds);
        const double switch_limit = std::max(kForgivenSwitches, settings.most_switches_per_second * seconds);
        const auto excess = [&](const NoiseSnapshot& noise) {
            const double steal = noise.steal_seconds.value_or(0) / steal_limit;
            const double switches =
                static_cast<double>(noise.involuntary_switches.value_or(0)) / switch_limit;
            return std::max(steal, switches);
        };
        round.dropped = excess(round.base_noise + round.head_noise) > 1;
        round.dropped_by_base = round.dropped && excess(round.base_noise) > excess(round.head_noise);
    }

    std::vector<double> layer_block(Side& side, std::size_t i) {
        const GateCellRun& cell = run_.cells[i];
        const std::size_t layers = cell.base->layers.size();
        const double expected = static_cast<double>(cell.layer_passes + kSettle) * side.pass_seconds[i];
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

    /// The order of the cell's blocks: what falls on the first of a pair falls on the other side in the next.
    void time_layers(std::size_t i, std::int64_t round, bool base_first) {
        for (const bool first_is_base : {base_first, !base_first}) {
            GateLayerPair pair{.round = round, .base_seconds = {}, .head_seconds = {}};
            if (first_is_base) {
                pair.base_seconds = layer_block(base_, i);
                pair.head_seconds = layer_block(head_, i);
            } else {
                pair.head_seconds = layer_block(head_, i);
                pair.base_seconds = layer_block(base_, i);
            }
            run_.cells[i].layers.push_back(std::move(pair));
        }
    }

    [[nodiscard]] bool look_is_due() const {
        return next_look_ < run_.looks.size() && run_.looks[next_look_].rounds == run_.rounds;
    }

    double planned_significance() { return run_.looks[next_look_++].significance; }

    /// A run that ends before its last look has that part of the significance left, whatever ended it.
    void last_look() {
        if (run_.ended == GateEnded::all_decided) return;
        double unspent = 0;
        for (std::size_t i = next_look_; i < run_.looks.size(); ++i)
            unspent += run_.looks[i].significance;
        if (unspent > 0 && run_.rounds > 0) look(unspent);
    }

    /// True: every row is decided.
    bool look(double significance) {
        std::vector<std::size_t> cells;
        std::vector<std::vector<double>> series;
        for (std::size_t i = 0; i < run_.cells.size(); ++i) {
            if (!alive(i)) continue;
            cells.push_back(i);
            series.push_back(log_ratios(run_.cells[i]));
        }
        if (cells.size() > 1) series.push_back(mean_series(full_series(cells)));
        const std::vector<GateRow> judged = judge(series, run_.settings.rule, significance, run_.rounds);
        std::vector<GateRow> look(run_.rows.size());
        for (std::size_t i = 0; i < cells.size(); ++i)
            look[cells[i]] = judged[i];
        merge_look(run_.rows, look);
        std::vector<GateRow> open;
        for (const std::size_t cell : cells)
            open.push_back(run_.rows[cell]);
        if (cells.size() > 1) {
            std::vector<GateRow> together = {run_.together.value_or(GateRow{})};
            merge_look(together, {judged.back()});
            run_.together = together.front();
            open.push_back(together.front());
        }
        run_.taken.push_back(run_.rounds);
        return all_decided(open);
    }

    /// One value for each round visited: not a number where the cell's is missing or was dropped.
    [[nodiscard]] std::vector<std::vector<double>> full_series(const std::vector<std::size_t>& cells) const {
        std::vector<std::vector<double>> series;
        for (const std::size_t cell : cells) {
            std::vector<double>& logs = series.emplace_back(static_cast<std::size_t>(run_.rounds),
                                                            std::numeric_limits<double>::quiet_NaN());
            for (const GateRound& round : run_.cells[cell].rounds) {
                if (!round.dropped && round.round < run_.rounds)
                    logs[static_cast<std::size_t>(round.round)] = log_ratio(round);
            }
        }
        return series;
    }

    const GateHooks& hooks_;
    SteadyClock steady_;
    Clock& clock_;
    Side base_;
    Side head_;
    GateRun run_;
    std::optional<std::int64_t> start_;
    std::size_t next_look_ = 0;
    double prepare_seconds_ = 0;  // of all cells
    std::int64_t renewed_ = 0;
};

}  // namespace

GateRun run_gate(GateWorker& base, GateWorker& head, const std::vector<GateCell>& cells,
                 const GateSettings& settings, const GateHooks& hooks) {
    return Runner(base, head, settings, hooks).run(cells);
}

}  // namespace mobilenet_cost
