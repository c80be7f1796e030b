#include "mobilenet_cost/sweep/run_log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/sweep/run_log_lines.h"

namespace mobilenet_cost {
namespace {

/// Whole lines are given to the system at once; to the disk this often, because each wait for it disturbs.
constexpr double kSyncSeconds = 5;

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <typename Line>
std::string text_of(const char* kind, Line line) {
    Json json = {{"kind", kind}};
    json.update(FieldWriter::to_json(line));
    return compact_json(json);
}

RoundLine last_round(const Measurement& measurement) {
    RoundLine line;
    line.round = static_cast<std::int64_t>(measurement.order.size()) - 1;
    line.seconds = measurement.seconds;
    std::map<std::size_t, std::size_t> visits;  // so far, of each point
    for (const std::size_t point : measurement.order.back()) {
        const CellSamples& samples = measurement.cells[point];
        const auto first =
            std::lower_bound(samples.blocks.begin(), samples.blocks.end(), line.round,
                             [](const TimedBlock& block, std::int64_t round) { return block.round < round; });
        const std::size_t visit = visits[point]++;
        if (visit < static_cast<std::size_t>(samples.blocks.end() - first)) {
            const TimedBlock& block = *(first + static_cast<std::ptrdiff_t>(visit));
            line.blocks.push_back({point, block.pass_seconds, block.disturbance.steal_seconds,
                                   block.disturbance.involuntary_switches});
        } else {
            line.failures.push_back({point, samples.failure});
        }
    }
    return line;
}

}  // namespace

RunLog::RunLog(const std::string& path, int flags, const std::string& flag, const std::string& expected)
    : path_(path) {
    constexpr int kReadableByAll = 0644;
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, kReadableByAll);
    if (file >= 0) file_.reset(fdopen(file, "ab"));
    if (file_ == nullptr)
        fail(flag, fmt::format("expected {}, found {}: {}", expected, abridged(path), std::strerror(errno)));
    // Two runs would spoil each other's rounds. Where there are no locks (EOPNOTSUPP), nobody can tell.
    if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        fail(flag, fmt::format("expected {}, found {}: another run is writing it", expected, abridged(path)));
}

RunLog RunLog::create(const std::string& path) {
    return {path, O_CREAT | O_EXCL, "--log", "a new file that can be written"};
}

RunLog RunLog::append(const std::string& path) {
    return {path, 0, "--resume", "a log that can be written"};
}

void RunLog::line(const std::string& text, bool checkpoint) {
    const bool written = std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size();
    bool kept = std::fflush(file_.get()) == 0 && written;
    const double now = steady_seconds();
    if (kept && (checkpoint || now - last_sync_ > kSyncSeconds)) {
        kept = fsync(fileno(file_.get())) == 0 || errno == EINVAL;  // a pipe cannot be synced
        last_sync_ = now;
    }
    if (!kept) throw LogBroken(fmt::format("writing {}: {}", path_, std::strerror(errno)));
}

void RunLog::header(const SweepRun& run) {
    SweepRun copy = run;  // fields() takes what it may also fill
    copy.measurement = {};
    HeaderLine header{copy};
    Json json = {{"schema", std::string(kRunLogSchema)}};
    json.update(FieldWriter::to_json(header));
    line(compact_json(json), true);
}

void RunLog::prepared(const SweepRun& run) {
    PreparedLine prepared{run.preflight, run.cache_flush, run.peaks, {}};
    for (const SweepPoint& point : run.points)
        prepared.points.push_back(
            {point.status, point.reason, point.counts, point.memory_bytes, point.memory});
    line(text_of("prepared", std::move(prepared)), true);
}

void RunLog::calibrated(const Measurement& measurement) {
    CalibratedLine calibrated{measurement.seconds, measurement.shortened, {}};
    for (const CellSamples& cell : measurement.cells)
        calibrated.points.push_back({cell.failure, cell.warm_up, cell.size});
    line(text_of("calibrated", std::move(calibrated)), true);
}

void RunLog::round(const Measurement& measurement) {
    line(text_of("round", last_round(measurement)), false);
}

void RunLog::profile(std::size_t point, const LayerProfile& profile) {
    line(text_of("profile", ProfileLine{point, profile}), false);
}

void RunLog::ended(const Measurement& measurement) {
    line(text_of("ended", EndedLine{measurement.ended, measurement.seconds}), true);
}

}  // namespace mobilenet_cost
