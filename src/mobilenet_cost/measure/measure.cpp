#include "mobilenet_cost/measure/measure.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/measure/calibration.h"

namespace mobilenet_cost {

namespace {

/// Shorter passes are timed in groups: a clock reading costs some 25 ns, so this keeps it below 0.1 %.
constexpr double kShortestStretchSeconds = 50e-6;

/// Each block starts with a pass that does not count, because the caches hold another cell's data. Refilling
/// 32 MB from memory takes about 1 ms, which no longer matters for passes of this many block lengths.
constexpr double kUnsettledPass = 10;

/// A block is at least this part of a pass of a cell that it is compared with: what the longer side averages
/// over, the shorter one sees as noise, and more of it costs little.
constexpr double kShareOfPartner = 0.25;

/// Part of the remaining time that is planned for; the rest is for rounds that take longer than the estimate.
constexpr double kPlannedShare = 0.9;

void check(const MeasureSettings& settings) {
    check_positive("rounds", static_cast<double>(settings.rounds));
    check_positive("max_seconds", settings.max_seconds);
    check_positive("block_seconds", settings.block_seconds);
    if (!(settings.confidence > 0 && settings.confidence < 1)) {
        fail("confidence", fmt::format("expected a number between 0 and 1, found {}", settings.confidence));
    }
}

/// One call of measure().
class Loop {
  public:
    Loop(std::span<const MeasuredCell> cells, const MeasureSettings& settings, const MeasureHooks& hooks,
         Measurement earlier)
        : cells_(cells),
          settings_(settings),
          hooks_(hooks),
          clock_(hooks.world->clock()),
          watch_(clock_),
          earlier_seconds_(earlier.seconds),
          resumed_(earlier.calibrated),
          result_(std::move(earlier)) {
        const double step = static_cast<double>(std::max<std::int64_t>(clock_.resolution(), 1)) * kNanosecond;
        block_seconds_ = std::max(settings.block_seconds, kStepsOfTheClock * step);
        stretch_seconds_ = std::max(kShortestStretchSeconds, kStepsOfTheClock * step);
        result_.cells.resize(cells.size());
        pass_seconds_.resize(cells.size());
        before_seconds_.resize(cells.size());
    }

    Measurement run() {
        prepare();
        const bool ready = !stopped() && !late_;
        if (ready && !result_.calibrated) {
            match_partners();
            fit_blocks();
        }
        if (ready) {
            result_.calibrated = true;
            result_.seconds = elapsed();
            if (hooks_.calibrated) hooks_.calibrated(result_);
        }
        rounds();
        result_.seconds = elapsed();
        return std::move(result_);
    }

  private:
    [[nodiscard]] double elapsed() const { return earlier_seconds_ + watch_.seconds(); }
    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && hooks_.stop->load(); }
    [[nodiscard]] bool alive(std::size_t cell) const { return result_.cells[cell].failure.empty(); }

    [[nodiscard]] bool any_alive() const {
        return std::any_of(result_.cells.begin(), result_.cells.end(),
                           [](const CellSamples& cell) { return cell.failure.empty(); });
    }

    void report(Progress::Stage stage, std::int64_t done, std::int64_t total,
                std::optional<double> seconds_left) const {
        if (hooks_.progress) hooks_.progress({stage, done, total, seconds_left});
    }

    /// An exception of a cell is that cell's failure; the others go on.
    template <typename Work>
    void guarded(std::size_t cell, const Work& work) {
        try {
            std::unique_ptr<CpuPin> pin;
            if (cells_[cell].pin_cpu) pin = pin_to_cpu(*cells_[cell].pin_cpu);
            work();
        } catch (...) {
            result_.cells[cell].failure = current_failure().reason;
        }
    }

    /// Time of a pass and of the work before it.
    [[nodiscard]] double turn_seconds(std::size_t cell) const {
        return pass_seconds_[cell] + before_seconds_[cell];
    }

    [[nodiscard]] BlockSize size_for(std::size_t cell) const {
        BlockSize size;
        if (!cells_[cell].before_pass) size.group = passes_for(stretch_seconds_, pass_seconds_[cell]);
        const std::int64_t passes = passes_for(block_seconds_, turn_seconds(cell));
        size.passes = (passes + size.group - 1) / size.group * size.group;
        return size;
    }

    [[nodiscard]] std::vector<double> time_block(std::size_t cell, const BlockSize& size) {
        if (cells_[cell].before_pass) return time_single_passes(cell, size.passes);
        std::vector<double> times;
        times.reserve(static_cast<std::size_t>(size.passes / size.group));
        std::int64_t before = clock_.now();
        for (std::int64_t done = 0; done < size.passes; done += size.group) {
            cells_[cell].run(size.group);
            const std::int64_t after = clock_.now();
            times.push_back(static_cast<double>(after - before) * kNanosecond /
                            static_cast<double>(size.group));
            before = after;
        }
        return times;
    }

    [[nodiscard]] std::vector<double> time_single_passes(std::size_t cell, std::int64_t passes) {
        std::vector<double> times;
        std::vector<double> befores;
        for (std::int64_t done = 0; done < passes; ++done) {
            const std::int64_t begin = clock_.now();
            cells_[cell].before_pass();
            const std::int64_t before = clock_.now();
            cells_[cell].run(1);
            const std::int64_t after = clock_.now();
            times.push_back(static_cast<double>(after - before) * kNanosecond);
            befores.push_back(static_cast<double>(before - begin) * kNanosecond);
        }
        before_seconds_[cell] = median(befores);
        return times;
    }

    void prepare() {
        const auto total = static_cast<std::int64_t>(cells_.size());
        for (std::size_t cell = 0; cell < cells_.size() && !stopped(); ++cell) {
            report(Progress::Stage::warm_up, static_cast<std::int64_t>(cell), total, std::nullopt);
            if (!alive(cell)) continue;
            late_ = is_hopeless(cell);
            if (late_) return;
            guarded(cell, [&] {
                warm_up(cell);
                if (!result_.calibrated) calibrate(cell);
            });
        }
    }

    /// The least that a pass takes; 0: nothing is known.
    [[nodiscard]] double least_seconds(std::size_t cell) const {
        constexpr double kMostFaster =
            4;  // for its work than the fastest so far: dense after depthwise layers
        if (pass_seconds_[cell] > 0) return pass_seconds_[cell];
        double rate = 0;
        for (std::size_t other = 0; other < cells_.size(); ++other) {
            if (!(pass_seconds_[other] > 0) || !(cells_[other].work > 0)) continue;
            const double found = pass_seconds_[other] / cells_[other].work;
            rate = rate > 0 ? std::min(rate, found) : found;
        }
        return std::max(cells_[cell].known_seconds, cells_[cell].work * rate / kMostFaster);
    }

    /// The warm-up from this cell on, and the first round of a new measurement, do not end in time.
    [[nodiscard]] bool is_hopeless(std::size_t next) const {
        double needed = 0;
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            if (!alive(cell)) continue;
            const int passes = (cell < next ? 0 : 1) + (resumed_ ? 0 : 1);
            needed += passes * least_seconds(cell);
        }
        return watch_.seconds() + needed > last_moment(settings_.max_seconds);
    }

    void warm_up(std::size_t cell) {
        WarmUpLimits limits = settings_.warm_up;
        limits.max_seconds = std::min(
            limits.max_seconds, kWarmUpShare * settings_.max_seconds / static_cast<double>(cells_.size()));
        result_.cells[cell].warm_up = {};  // of an earlier call: those passes no longer keep anything warm
        const auto time_next = [&](bool first) {
            const BlockSize size = first ? BlockSize{} : size_for(cell);
            pass_seconds_[cell] = median(time_block(cell, size));
            return BlockTime{pass_seconds_[cell], size.passes};
        };
        result_.cells[cell].warm_up =
            warm_up_until_settled(clock_, limits, time_next, [this] { return stopped(); });
    }

    void calibrate(std::size_t cell) {
        const auto plan = [&] {
            BlockSize size = size_for(cell);
            size.confirmed = turn_seconds(cell) >= kUnsettledPass * block_seconds_;  // whatever the noise
            return size;
        };
        const auto time = [&](const BlockSize& size) {
            pass_seconds_[cell] = median(time_block(cell, size));
        };
        result_.cells[cell].size = calibrate_block(plan, time, [this] { return stopped(); });
    }

    void match_partners() {
        for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
            if (!alive(cell)) continue;
            double longest = 0;
            for (const std::size_t partner : cells_[cell].partners) {
                if (alive(partner)) longest = std::max(longest, pass_seconds_[partner]);
            }
            BlockSize& size = result_.cells[cell].size;
            const std::int64_t groups =
                passes_for(kShareOfPartner * longest, pass_seconds_[cell] * static_cast<double>(size.group));
            size.passes = std::max(size.passes, groups * size.group);
        }
    }

    /// After work before each pass the caches hold the same, whichever cell ran before.
    [[nodiscard]] bool settles(std::size_t cell) const {
        return !cells_[cell].before_pass && cells_[cell].keeps_caches &&
               pass_seconds_[cell] < kUnsettledPass * block_seconds_;
    }

    /// Estimated time of a round with these visits, with blocks as they are or the shortest possible ones.
    [[nodiscard]] double round_estimate(const std::vector<std::size_t>& visits, bool shortest = false) const {
        double seconds = 0;
        for (const std::size_t cell : visits) {
            if (!alive(cell)) continue;
            const BlockSize& size = result_.cells[cell].size;
            const std::int64_t passes = (shortest ? size.group : size.passes) + (settles(cell) ? 1 : 0);
            seconds += static_cast<double>(passes) * turn_seconds(cell);
        }
        return seconds;
    }

    /// Many short rounds say more than few long ones: without this many there is no interval at all. Where
    /// even the shortest blocks leave too few, they stay as they are.
    void fit_blocks() {
        const std::int64_t fewest =
            std::min(settings_.rounds, static_cast<std::int64_t>(samples_for_interval(settings_.confidence)));
        const double left = kPlannedShare * std::max(settings_.max_seconds - elapsed(), 0.0);
        const double per_round = left / static_cast<double>(fewest);
        std::uint64_t state = settings_.seed;
        const std::vector<std::size_t> visits = next_visits(state);
        const double full = round_estimate(visits);
        const double shortest = round_estimate(visits, true);
        if (full <= per_round || shortest > per_round) return;
        const double keep = (per_round - shortest) / (full - shortest);
        for (CellSamples& cell : result_.cells) {
            BlockSize& size = cell.size;
            const std::int64_t groups = size.passes / size.group;
            const double more_groups = static_cast<double>(groups - 1) * keep;
            size.passes = size.group * (1 + static_cast<std::int64_t>(more_groups));
        }
        result_.shortened = true;
    }

    void rounds() {
        std::uint64_t state = settings_.seed;
        const auto first = static_cast<std::int64_t>(result_.order.size());
        for (std::int64_t round = 0; round < first; ++round)
            (void)permutation(cells_.size(), state);
        const Stopwatch watch(clock_);
        double last = 0;
        result_.ended = Ended::all_rounds;
        for (std::int64_t round = first; round < settings_.rounds; ++round) {
            const std::vector<std::size_t> visits = next_visits(state);
            if (resumed_ && round == first) last = round_estimate(visits);  // blocks are as a log says
            if (const auto ended = end_before(round, visits, last)) {
                result_.ended = *ended;
                return;
            }
            const double estimate = round == first ? round_estimate(visits)
                                                   : watch.seconds() / static_cast<double>(round - first);
            report(Progress::Stage::rounds, round, settings_.rounds, seconds_left(estimate));
            const Stopwatch of_round(clock_);
            visit(visits);
            last = of_round.seconds();
            result_.seconds = elapsed();
            if (hooks_.round_done) hooks_.round_done(result_);
        }
        report(Progress::Stage::rounds, settings_.rounds, settings_.rounds, 0);
    }

    [[nodiscard]] std::vector<std::size_t> next_visits(std::uint64_t& state) const {
        std::vector<std::size_t> random = permutation(cells_.size(), state);
        return hooks_.visits ? hooks_.visits(result_, random) : random;
    }

    [[nodiscard]] std::optional<Ended> end_before(std::int64_t round, const std::vector<std::size_t>& visits,
                                                  double last_seconds) const {
        if (stopped()) return Ended::interrupted;
        if (!any_alive()) return Ended::all_rounds;
        if (visits.empty()) return Ended::precise_enough;
        if (late_ || ends_too_late(round, visits, last_seconds)) return Ended::time_limit;
        return std::nullopt;
    }

    /// The first round has until the last moment: without it there would be nothing to report.
    [[nodiscard]] bool ends_too_late(std::int64_t round, const std::vector<std::size_t>& visits,
                                     double last_seconds) const {
        if (round > 0) return elapsed() + last_seconds > settings_.max_seconds;
        return elapsed() + round_estimate(visits) > last_moment(settings_.max_seconds);
    }

    [[nodiscard]] double seconds_left(double round_seconds) const {
        const auto visited = static_cast<std::int64_t>(result_.order.size());
        const double all = round_seconds * static_cast<double>(settings_.rounds - visited);
        return std::clamp(settings_.max_seconds - elapsed(), 0.0, all);
    }

    void visit(const std::vector<std::size_t>& visits) {
        std::vector<std::size_t>& visited = result_.order.emplace_back();
        std::int64_t place = 0;
        for (const std::size_t cell : visits) {
            if (!alive(cell)) continue;
            visited.push_back(cell);
            guarded(cell, [&] {
                TimedBlock block = counted_block(cell);
                block.place = place++;
                result_.cells[cell].blocks.push_back(std::move(block));
            });
        }
    }

    [[nodiscard]] TimedBlock counted_block(std::size_t cell) {
        const MeasuredCell& measured = cells_[cell];
        if (settles(cell)) measured.run(1);
        if (measured.recording) measured.recording(true);
        TimedBlock block;
        block.round = static_cast<std::int64_t>(result_.order.size()) - 1;
        const NoiseSnapshot before = noise();
        block.pass_seconds = time_block(cell, result_.cells[cell].size);
        block.disturbance = noise() - before;
        if (measured.recording) measured.recording(false);
        block.seconds = median(block.pass_seconds);
        return block;
    }

    [[nodiscard]] NoiseSnapshot noise() const { return hooks_.world->noise(); }

    std::span<const MeasuredCell> cells_;
    const MeasureSettings& settings_;
    const MeasureHooks& hooks_;
    Clock& clock_;
    Stopwatch watch_;
    double earlier_seconds_;
    bool resumed_;
    double block_seconds_ = 0;
    double stretch_seconds_ = 0;
    bool late_ = false;                   // the limit was over before every cell was warm
    std::vector<double> pass_seconds_;    // latest estimate of each cell
    std::vector<double> before_seconds_;  // of MeasuredCell::before_pass, likewise
    Measurement result_;
};

}  // namespace

std::string no_round_reason(Ended ended) {
    return ended == Ended::time_limit ? "--max-seconds was over before the first round"
                                      : "interrupted before the first round";
}

BenchStatus status_without_round(Ended ended) {
    return ended == Ended::time_limit ? BenchStatus::late : BenchStatus::skipped;
}

Measurement measure(std::span<const MeasuredCell> cells, const MeasureSettings& settings,
                    const MeasureHooks& hooks, Measurement earlier) {
    check(settings);
    return Loop(cells, settings, hooks, std::move(earlier)).run();
}

}  // namespace mobilenet_cost
