#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mobilenet_cost/sweep/run.h"

namespace mobilenet_cost {

inline constexpr std::string_view kRunLogSchema = "mobilenet-cost.run.v3";

/// Bytes of a log, or of another stored document, that are read; a longer one is refused.
inline constexpr std::size_t kLargestLog = std::size_t{1} << 30U;

/// A line could not be written whole, for example because the disk is full. What stands is kept.
class LogBroken : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A run log is JSON Lines, of kRunLogSchema (docs/schemas/run.schema.json): a header, then what
/// happened in the order it happened. Whole lines are flushed, so that a kill loses at most the line being
/// written.
class RunLog {
  public:
    /// Throws Error when the file exists or cannot be made.
    [[nodiscard]] static RunLog create(const std::string& path);
    /// Opens a log to go on with. Throws Error when it cannot be written or another run is writing it.
    [[nodiscard]] static RunLog append(const std::string& path);

    // Each throws LogBroken.

    void header(const SweepRun& run);
    void prepared(const SweepRun& run);  ///< status and memory of the points, and the preflight
    void calibrated(const Measurement& measurement);
    void round(const Measurement& measurement);  ///< the last one
    void profile(std::size_t point, const LayerProfile& profile);
    void ended(const Measurement& measurement);

    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    RunLog(const std::string& path, int flags, const std::string& flag, const std::string& expected);
    void line(const std::string& text, bool checkpoint);

    std::string path_;
    std::unique_ptr<std::FILE, Close> file_;
    double last_sync_ = 0;  ///< steady-clock seconds
};

struct StoredRun {
    SweepRun run;
    bool prepared = false;
    bool complete = false;   ///< ended by itself, not by an interruption
    std::int64_t bytes = 0;  ///< of the whole lines; what follows is torn
    std::string note;        ///< what was repaired; empty: nothing
};

}  // namespace mobilenet_cost
