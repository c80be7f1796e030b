#include "mobilenet_cost/gate/runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/gate/facts.h"
#include "mobilenet_cost/gate/timing.h"
#include "mobilenet_cost/measure/calibration.h"

namespace mobilenet_cost {
namespace {

/// Where the pages of a session happen to lie in memory makes it faster or slower by a per cent or more for
/// as long as it lives (Mytkowicz et al., "Producing Wrong Data Without Doing Anything Obviously Wrong!",
/// 2009). New sessions every few rounds draw anew, unless that takes more than a tenth of the time.
constexpr std::int64_t kRoundsOfASession = 3;
constexpr double kRenewalShare = 0.1;

void check(const GateSettings& settings) {
    check_rule(settings.rule);
    check_positive("--max-seconds", settings.max_seconds);
    check_positive("--block-seconds", settings.block_seconds);
    check_positive("--answer-seconds", settings.answer_seconds);
    if (settings.cpu) (void)pin_to_cpu(*settings.cpu);  // throws where it is not allowed
}

}  // namespace

double longest_block_seconds(double max_seconds, std::size_t cells) {
    return std::min(max_seconds / (8 * static_cast<double>(std::max<std::size_t>(cells, 1))),
                    kLongestBlockSeconds);
}

void check_blocks(const GateSettings& settings, std::size_t cells) {
    const double longest = longest_block_seconds(settings.max_seconds, cells);
    if (settings.block_seconds <= longest) return;
    const std::string why = longest == kLongestBlockSeconds
                                ? "half of what one request may take"
                                : fmt::format("a part of --max-seconds {:g}", settings.max_seconds);
    fail("--block-seconds",
         fmt::format("expected at most {:g}, {}, found {:g}", longest, why, settings.block_seconds));
}

namespace {

/// One call of run_gate().
class Runner {
  public:
    Runner(GateWorker& base, GateWorker& head, const GateSettings& settings, const GateHooks& hooks)
        : hooks_(hooks),
          clock_(hooks.world->clock()),
          base_(base),
          head_(head),
          timing_(base, head, settings, clock_, [this] { return stopped(); }) {
        check(settings);
        run_.settings = settings;
        run_.started = utc_now();
        run_.cpus = static_cast<std::int64_t>(allowed_cpus().size());
    }

    GateRun run(const std::vector<GateCell>& cells) {
        greet();
        plan(cells);
        try {
            report({.phase = Phase::preflight});
            run_.preflight = hooks_.world->preflight();
            prepare();
            watch_.emplace(clock_);
            warm_up();
            rounds();
        } catch (const WorkerLost& lost) {
            run_.failure = lost.what();
            run_.ended = GateEnded::worker_lost;
        }
        last_look();
        if (run_.preflight.verdict == NoiseVerdict::hopeless) withhold_all_praise();
        run_.seconds = elapsed();
        return std::move(run_);
    }

  private:
    using Phase = GateProgress::Phase;

    [[nodiscard]] double elapsed() const { return watch_ ? watch_->seconds() : 0; }
    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && hooks_.stop->load(); }
    /// Work that began with `watch` ends before its next cell.
    bool ends(const Stopwatch& watch) {
        if (is_late(watch, run_.settings.max_seconds)) run_.ended = GateEnded::time_limit;
        return stopped() || run_.ended == GateEnded::time_limit;
    }
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
        run_.base.hello = base_.hello(run_.settings.cpu);
        run_.head.hello = head_.hello(run_.settings.cpu);
    }

    void plan(const std::vector<GateCell>& cells) {
        if (cells.empty()) fail("", "expected at least one cell, found none");
        check_blocks(run_.settings, cells.size());
        for (GateCell cell : cells) {
            if (cell.engine.empty()) cell.engine = common_engine(run_.base.hello, run_.head.hello);
            run_.cells.push_back({.cell = std::move(cell)});
        }
        run_.looks =
            plan_looks(run_.settings.rounds, hypotheses_of(cells.size()), run_.settings.rule.significance);
        run_.rows.resize(cells.size());
        timing_.begin(cells.size(), std::max(run_.base.hello.clock_resolution_seconds,
                                             run_.head.hello.clock_resolution_seconds));
    }

    /// A refused request is the failure of its cell; the others go on. A lost worker ends the run.
    template <typename Work>
    void guarded(std::size_t cell, const Work& work) {
        try {
            work();
        } catch (const WorkerRefused& refused) {
            run_.cells[cell].failure = refused.what();
        }
    }

    void prepare() {
        const Stopwatch watch(clock_);
        for (std::size_t i = 0; i < run_.cells.size() && !ends(watch); ++i) {
            GateCellRun& cell = run_.cells[i];
            report({.phase = Phase::prepare,
                    .done = static_cast<std::int64_t>(i),
                    .total = static_cast<std::int64_t>(run_.cells.size())});
            guarded(i, [&] {
                timing_.prepare(i, cell);
                cell.exact = exact_differences(*cell.base, *cell.head);
                cell.explanation = explaining_differences(*cell.base, *cell.head);
            });
        }
        prepare_seconds_ = watch.seconds();
    }

    /// New ones before the old ones go, or they would get the same memory again.
    void renew_sessions(std::int64_t round) {
        if (round % kRoundsOfASession != 0) return;
        if (round > 0 && kRenewalShare * renewed_->seconds() < prepare_seconds_) return;
        if (round > 0) {
            for (std::size_t i = 0; i < run_.cells.size() && !ends(*watch_); ++i) {
                if (alive(i)) guarded(i, [&] { timing_.renew(i, run_.cells[i]); });
            }
        }
        renewed_.emplace(clock_);
    }

    void warm_up() {
        const auto fits = [this](double seconds) {
            return elapsed() + seconds <= last_moment(run_.settings.max_seconds);
        };
        for (std::size_t i = 0; i < run_.cells.size() && !ends(*watch_); ++i) {
            report({.phase = Phase::warm_up,
                    .done = static_cast<std::int64_t>(i),
                    .total = static_cast<std::int64_t>(run_.cells.size())});
            if (!alive(i)) continue;
            guarded(i, [&] {
                if (!timing_.warm_up(i, run_.cells[i], fits)) run_.ended = GateEnded::time_limit;
            });
        }
    }

    void rounds() {
        std::uint64_t state = run_.settings.seed;
        double last = 0;
        for (std::int64_t round = 0; round < run_.settings.rounds; ++round) {
            if (count_alive() == 0) return;
            if (stopped()) run_.ended = GateEnded::interrupted;
            if (round > 0 && elapsed() + last > run_.settings.max_seconds) run_.ended = GateEnded::time_limit;
            if (run_.ended != GateEnded::all_rounds) return;
            const Stopwatch watch(clock_);
            renew_sessions(round);
            visit(round, state);
            last = watch.seconds();
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
            if (ends(*watch_)) return;
            if (!alive(cell)) continue;
            show_progress(round);
            guarded(cell, [&] {
                timing_.time_round(cell, run_.cells[cell], round, base_first[cell]);
                if (run_.settings.layers)
                    timing_.time_layers(cell, run_.cells[cell], round, base_first[cell]);
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
        report(
            {.phase = Phase::rounds,
             .done = round,
             .total = next_look_ < run_.looks.size() ? run_.looks[next_look_].rounds : run_.settings.rounds,
             .decided = static_cast<std::int64_t>(run_.rows.size()) - open,
             .rows = static_cast<std::int64_t>(run_.rows.size()),
             .seconds_left = seconds_left});
    }

    [[nodiscard]] bool look_is_due() const {
        return next_look_ < run_.looks.size() && run_.looks[next_look_].rounds == run_.rounds;
    }

    double planned_significance() { return run_.looks[next_look_++].significance; }

    /// A run that ends early has the significance of its remaining looks left, whatever ended it.
    void last_look() {
        if (run_.ended == GateEnded::all_decided) return;
        double unspent = 0;
        for (std::size_t i = next_look_; i < run_.looks.size(); ++i)
            unspent += run_.looks[i].significance;
        if (unspent > 0 && run_.rounds > 0) look(unspent);
    }

    /// The rounds may look alike all the same: they end the run, and say nothing good.
    void withhold_all_praise() {
        withhold_praise(run_.rows);
        if (!run_.together) return;
        std::vector<GateRow> together = {*run_.together};
        withhold_praise(together);
        run_.together = together.front();
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
    Clock& clock_;
    GateWorker& base_;
    GateWorker& head_;
    GateTiming timing_;
    GateRun run_;
    std::optional<Stopwatch> watch_;  // warm-up, calibration and rounds
    std::size_t next_look_ = 0;
    double prepare_seconds_ = 0;  // of all cells
    std::optional<Stopwatch> renewed_;
};

}  // namespace

GateRun run_gate(GateWorker& base, GateWorker& head, const std::vector<GateCell>& cells,
                 const GateSettings& settings, const GateHooks& hooks) {
    return Runner(base, head, settings, hooks).run(cells);
}

}  // namespace mobilenet_cost
