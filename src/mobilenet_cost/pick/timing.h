#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/pick/candidates.h"
#include "mobilenet_cost/pick/pick.h"
#include "mobilenet_cost/pick/widest_answer.h"
#include "mobilenet_cost/sweep/run.h"
#include "mobilenet_cost/sweep/runner.h"

namespace mobilenet_cost {

/// What tells how much work a pass is.
struct WorkRate {
    std::string convention;  ///< that the candidates' MACs follow
    int threads = 1;
};

/// Candidates that only their time on this machine can rule out; the others are marked as ruled out, or as
/// too large for the limit on time. `whole_grids`: every variant of a model that has one.
[[nodiscard]] std::vector<std::size_t> worth_timing(std::vector<PickCandidate>& candidates,
                                                    const std::vector<PickLimit>& limits,
                                                    const WorkRate& rate, bool whole_grids);

/// Times candidates on this machine in the rounds of a measured sweep. All its runs share a time limit.
class PickTimer {
  public:
    /// `timing` has the engine, the threads and the limits of all runs together; `hooks` serve each run, and
    /// `note` is told what is being timed. Throws Error for an engine that does not run here.
    PickTimer(const PickFamilies& families, const SweepSettings& settings, SweepTiming timing,
              SweepHooks hooks, std::function<void(const std::string&)> note);

    /// Times the corners of the grid of these candidates and predicts the others.
    void predict(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which);

    /// Times each of these in at most `share` of the time that is left; where only the side of `decided_at`
    /// is asked for, no longer than until its interval is on one.
    void measure(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which,
                 double share = 1, std::optional<double> decided_at = {});

    /// Measures the best predicted candidates, in this order, until the best of all is a measured one.
    void confirm(std::vector<PickCandidate>& candidates, const std::vector<PickLimit>& limits, PickOrder by);

    /// Finds the widest of these that meets the time limit, for each model and resolution.
    [[nodiscard]] std::vector<WidestAnswer> search(std::vector<PickCandidate>& candidates,
                                                   const std::vector<std::size_t>& which,
                                                   const PickLimit& limit);

    /// How the times were found, for people.
    [[nodiscard]] std::vector<std::string> notes() const;

    /// A variant could not be timed, or Ctrl-C was pressed.
    [[nodiscard]] bool failed() const { return failed_ || stopped(); }

  private:
    [[nodiscard]] SweepRun time_these(const std::vector<PickCandidate>& candidates,
                                      const std::vector<std::size_t>& which, SweepTiming timing);
    void take_measured(const SweepRun& run, std::vector<PickCandidate>& candidates,
                       const std::vector<std::size_t>& which);
    [[nodiscard]] bool is_over() const;
    [[nodiscard]] bool stopped() const { return hooks_.stop != nullptr && *hooks_.stop; }

    const PickFamilies& families_;
    SweepSettings settings_;
    SweepTiming timing_;
    SweepHooks hooks_;
    std::function<void(const std::string&)> note_;
    std::optional<Preflight> preflight_;
    std::vector<std::string> engines_;
    double seconds_ = 0;  ///< spent in rounds
    std::size_t measured_ = 0;
    std::size_t predicted_ = 0;
    std::vector<std::string> troubles_;
    bool failed_ = false;
};

}  // namespace mobilenet_cost
