#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/pick/pick.h"
#include "mobilenet_cost/report/pick/report.h"
#include "mobilenet_cost/sweep/run.h"

#include "progress_line.h"

namespace mobilenet_cost::app {

/// The families to choose from.
struct PickFamilies {
    std::vector<ModelConfig> configs;
    std::vector<std::string> models;  ///< names or files, as asked for
};

/// Gives candidates times of this machine, by the rounds of a measured sweep. All its runs share a time
/// limit.
class PickTimer {
  public:
    /// `timing` names the engine, the threads and the limits of all runs together. Throws Error for an engine
    /// that does not run here.
    PickTimer(const PickFamilies& families, const SweepSettings& settings, SweepTiming timing,
              ProgressLine& line);

    /// Times the corners of the grid of these candidates and predicts the others.
    void predict(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which);

    /// Times each of these in at most this part of the time that is left.
    void measure(std::vector<PickCandidate>& candidates, const std::vector<std::size_t>& which,
                 double share = 1);

    /// Measures the best of what seems to meet the limits until the best that is left was measured.
    void confirm(std::vector<PickCandidate>& candidates, const std::vector<PickLimit>& limits);

    /// Looks in each model at each resolution for the widest of these that is as fast as the limit asks.
    [[nodiscard]] std::vector<WidestAnswer> search(std::vector<PickCandidate>& candidates,
                                                   const std::vector<std::size_t>& which,
                                                   const PickLimit& limit);

    /// How the times came about, for people.
    [[nodiscard]] std::vector<std::string> notes() const;

    /// A variant could not be timed, or Ctrl-C was pressed.
    [[nodiscard]] bool failed() const { return failed_ || stop_; }

  private:
    [[nodiscard]] SweepRun time_these(const std::vector<PickCandidate>& candidates,
                                      const std::vector<std::size_t>& which, SweepTiming timing);
    void take_measured(const SweepRun& run, std::vector<PickCandidate>& candidates,
                       const std::vector<std::size_t>& which);
    [[nodiscard]] bool is_over() const;

    const PickFamilies& families_;
    SweepSettings settings_;
    SweepTiming timing_;
    ProgressLine& line_;
    const std::atomic<bool>& stop_;
    std::optional<Preflight> preflight_;
    std::vector<std::string> engines_;
    double seconds_ = 0;  ///< spent in rounds
    std::size_t measured_ = 0;
    std::size_t predicted_ = 0;
    std::vector<std::string> troubles_;
    bool failed_ = false;
};

}  // namespace mobilenet_cost::app
