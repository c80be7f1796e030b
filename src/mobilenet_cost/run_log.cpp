#include "mobilenet_cost/run_log.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <stdexcept>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "mobilenet_cost/error.h"
#include "mobilenet_cost/run_fields.h"
#include "mobilenet_cost/stats.h"
#include "mobilenet_cost/text_file.h"

namespace mobilenet_cost {
namespace {

const std::string kSchema = "mobilenet-cost.run.v2";
constexpr std::size_t kLargestLog = std::size_t{4} << 30U;  // bytes

/// Whole lines are given to the system at once; to the disk this often, because each wait for it disturbs.
constexpr double kSyncSeconds = 5;

double steady_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// ---- lines: each a struct of its own, so that json_fields.h reads and writes it

struct HeaderLine {
    SweepRun& run;
};

template <typename Archive>
void fields(Archive& archive, HeaderLine& line) {
    archive("started", line.run.started);
    archive("origin", line.run.origin);
    archive("settings", line.run.settings);
    archive("timing", line.run.timing);
    archive("models", line.run.models);
    archive("cells", line.run.cells);
    archive("points", line.run.points);
}

struct PreparedPoint {
    BenchStatus status = BenchStatus::ok;
    std::string reason;
    std::optional<NetworkCounts> counts;
    std::optional<std::int64_t> memory_bytes;
};

template <typename Archive>
void fields(Archive& archive, PreparedPoint& point) {
    archive("status", point.status);
    archive("reason", point.reason);
    archive("counts", point.counts);
    archive("memory_bytes", point.memory_bytes);
}

struct PreparedLine {
    Preflight preflight;
    RooflinePeaks peaks;
    std::vector<PreparedPoint> points;
};

template <typename Archive>
void fields(Archive& archive, PreparedLine& line) {
    archive("preflight", line.preflight);
    archive("peaks", line.peaks);
    archive("points", line.points);
}

struct CalibratedPoint {
    std::string failure;
    WarmUp warm_up;
    BlockSize size;
};

template <typename Archive>
void fields(Archive& archive, CalibratedPoint& point) {
    archive("failure", point.failure);
    archive("warm_up", point.warm_up);
    archive("size", point.size);
}

struct CalibratedLine {
    double seconds = 0;
    bool shortened = false;
    std::vector<CalibratedPoint> points;
};

template <typename Archive>
void fields(Archive& archive, CalibratedLine& line) {
    archive("seconds", line.seconds);
    archive("shortened", line.shortened);
    archive("points", line.points);
}

struct BlockEntry {
    std::size_t point = 0;
    std::vector<double> seconds;
    std::optional<double> steal;
    std::optional<std::int64_t> switches;
};

template <typename Archive>
void fields(Archive& archive, BlockEntry& block) {
    archive("point", block.point);
    archive("seconds", block.seconds);
    archive("steal_seconds", block.steal);
    archive("involuntary_switches", block.switches);
}

struct FailureEntry {
    std::size_t point = 0;
    std::string reason;
};

template <typename Archive>
void fields(Archive& archive, FailureEntry& failure) {
    archive("point", failure.point);
    archive("reason", failure.reason);
}

struct RoundLine {
    std::int64_t round = 0;
    double seconds = 0;
    std::vector<BlockEntry> blocks;  ///< in the order taken
    std::vector<FailureEntry> failures;
};

template <typename Archive>
void fields(Archive& archive, RoundLine& line) {
    archive("round", line.round);
    archive("seconds", line.seconds);
    archive("blocks", line.blocks);
    archive("failures", line.failures);
}

struct ProfileLine {
    std::size_t point = 0;
    LayerProfile profile;
};

template <typename Archive>
void fields(Archive& archive, ProfileLine& line) {
    archive("point", line.point);
    archive("profile", line.profile);
}

struct EndedLine {
    Ended ended = Ended::all_rounds;
    double seconds = 0;
};

template <typename Archive>
void fields(Archive& archive, EndedLine& line) {
    archive("ended", line.ended);
    archive("seconds", line.seconds);
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

// ---- reading

/// Goes through the lines of a log; knows where it is for messages.
class LogReader {
  public:
    LogReader(std::string_view text, const std::string& path) : path_(path), text_(text) {}

    StoredRun read() {
        while (begin_ < text_.size()) {
            const std::size_t end = text_.find('\n', begin_);
            if (end == std::string::npos) {
                tear("is not finished");
                break;
            }
            if (!read_line(text_.substr(begin_, end - begin_), end + 1 == text_.size())) break;
            begin_ = end + 1;
            stored_.bytes = static_cast<std::int64_t>(begin_);
        }
        if (line_ == 0) fail(path_, "expected a run log, found no whole line");
        return std::move(stored_);
    }

  private:
    void tear(const std::string& why) {
        stored_.note =
            fmt::format("{}: line {} {}, as a kill leaves it; it is left out", path_, line_ + 1, why);
    }

    /// False: the last line is torn.
    bool read_line(std::string_view text, bool last) {
        nlohmann::json json;
        const std::string place = fmt::format("{}: line {}", path_, line_ + 1);
        try {
            json = parse_json(text, place);
        } catch (const Error&) {
            if (!last || line_ == 0) throw;
            tear("is not whole");
            return false;
        }
        const ObjectReader reader(json, place, "");
        if (line_ == 0) {
            read_header(reader, json, place);
        } else {
            read_event(reader.text("kind"), json, place);
        }
        ++line_;
        return true;
    }

    void read_header(const ObjectReader& reader, const nlohmann::json& json, const std::string& place) {
        const std::string schema = reader.text("schema");
        if (schema != kSchema) {
            const bool newer = schema.starts_with("mobilenet-cost.run.v");
            fail(place, fmt::format("expected the schema \"{}\", found \"{}\"{}", kSchema, schema,
                                    newer ? ", of another version of this program" : ""));
        }
        HeaderLine line{stored_.run};
        FieldReader::from_json(json, {place, ""}, line);
        if (const auto& plan = stored_.run.timing.prediction) {
            for (const std::vector<std::size_t>* cells : {&plan->timed, &plan->spots}) {
                for (const std::size_t cell : *cells)
                    check_index(place, "cell", cell, stored_.run.cells.size());
            }
        }
        const std::size_t points = stored_.run.points.size();
        for (const SweepPoint& point : stored_.run.points) {
            check_index(place, "cell", point.cell, stored_.run.cells.size());
            check_index(place, "base", point.base, points);
            check_index(place, "counterpart", point.counterpart.value_or(0), points);
        }
        stored_.run.measurement.cells.resize(points);
        stored_.run.measurement.ended = Ended::interrupted;  // unless it says otherwise later
        stored_.run.profiles.resize(points);
    }

    static void check_index(const std::string& place, const char* what, std::size_t index,
                            std::size_t count) {
        if (index >= count) fail(place, fmt::format("expected a {} below {}, found {}", what, count, index));
    }

    template <typename Line>
    static Line get(const nlohmann::json& json, const std::string& place) {
        Line line;
        FieldReader::from_json(json, {place, ""}, line);
        return line;
    }

    static void check_order(const std::string& place, bool holds, const char* before) {
        if (!holds)
            fail(place, fmt::format("expected a line of the kind \"{}\" before it, found none", before));
    }

    void check_count(const std::string& place, std::size_t found) const {
        if (found != stored_.run.points.size())
            fail(place, fmt::format("expected {} points, found {}", stored_.run.points.size(), found));
    }

    void read_event(const std::string& kind, const nlohmann::json& json, const std::string& place) {
        if (kind == "prepared") {
            apply(get<PreparedLine>(json, place), place);
        } else if (kind == "calibrated") {
            apply(get<CalibratedLine>(json, place), place);
        } else if (kind == "round") {
            apply(get<RoundLine>(json, place), place);
        } else if (kind == "profile") {
            auto line = get<ProfileLine>(json, place);
            check_index(place, "point", line.point, stored_.run.points.size());
            line.profile.classes = class_shares(line.profile.layers);
            stored_.run.profiles[line.point] = std::move(line.profile);
        } else if (kind == "ended") {
            const auto line = get<EndedLine>(json, place);
            stored_.run.measurement.ended = line.ended;
            stored_.run.measurement.seconds = line.seconds;
            stored_.complete = line.ended != Ended::interrupted;
        } else {
            fail_unknown(place, "kind of line", kind,
                         std::vector<std::string>{"prepared", "calibrated", "round", "profile", "ended"});
        }
    }

    void apply(PreparedLine line, const std::string& place) {
        check_count(place, line.points.size());
        stored_.run.preflight = line.preflight;
        stored_.run.peaks = line.peaks;
        for (std::size_t i = 0; i < line.points.size(); ++i) {
            SweepPoint& point = stored_.run.points[i];
            point.status = line.points[i].status;
            point.reason = line.points[i].reason;
            point.counts = line.points[i].counts;
            point.memory_bytes = line.points[i].memory_bytes;
            if (point.status == BenchStatus::ok && !point.counts)
                fail(place, fmt::format("expected the counts of point {}, which is ok, found none", i));
            if (point.status != BenchStatus::ok) stored_.run.measurement.cells[i].failure = point.reason;
        }
        stored_.prepared = true;
    }

    void apply(const CalibratedLine& line, const std::string& place) {
        check_order(place, stored_.prepared, "prepared");
        check_count(place, line.points.size());
        Measurement& measurement = stored_.run.measurement;
        measurement.calibrated = true;
        measurement.shortened = line.shortened;
        measurement.seconds = line.seconds;
        for (std::size_t i = 0; i < line.points.size(); ++i) {
            CellSamples& cell = measurement.cells[i];
            cell.failure = line.points[i].failure;
            cell.warm_up = line.points[i].warm_up;
            cell.size = line.points[i].size;
            if (cell.size.passes < 1 || cell.size.group < 1)
                fail(place, fmt::format("expected at least one pass in a block of point {}", i));
        }
    }

    void check_block(const std::string& place, const BlockEntry& entry) const {
        const std::vector<CellSamples>& cells = stored_.run.measurement.cells;
        check_index(place, "point", entry.point, cells.size());
        if (entry.seconds.empty())
            fail(place, fmt::format("expected times of point {}, found none", entry.point));
        for (const double seconds : entry.seconds) {
            if (!(seconds > 0))
                fail(place,
                     fmt::format("expected times above 0 of point {}, found {}", entry.point, seconds));
        }
    }

    void apply(RoundLine line, const std::string& place) {
        Measurement& measurement = stored_.run.measurement;
        check_order(place, measurement.calibrated, "calibrated");
        if (line.round != static_cast<std::int64_t>(measurement.order.size()))
            fail(place, fmt::format("expected round {}, found {}", measurement.order.size(), line.round));
        std::vector<std::size_t>& order = measurement.order.emplace_back();
        for (BlockEntry& entry : line.blocks) {
            check_block(place, entry);
            TimedBlock block;
            block.round = line.round;
            block.place = static_cast<std::int64_t>(order.size());
            order.push_back(entry.point);
            block.seconds = median(entry.seconds);
            block.pass_seconds = std::move(entry.seconds);
            block.disturbance = {entry.steal, entry.switches};
            measurement.cells[entry.point].blocks.push_back(std::move(block));
        }
        for (FailureEntry& failure : line.failures) {
            check_index(place, "point", failure.point, measurement.cells.size());
            measurement.cells[failure.point].failure = std::move(failure.reason);
        }
        measurement.seconds = line.seconds;
    }

    const std::string& path_;
    std::string_view text_;
    std::size_t begin_ = 0;
    std::size_t line_ = 0;  // whole lines read
    StoredRun stored_;
};

}  // namespace

RunLog::RunLog(const std::string& path, int flags, const std::string& flag, const std::string& expected)
    : path_(path) {
    constexpr int kReadableByAll = 0644;
    const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | flags, kReadableByAll);
    if (file >= 0) file_.reset(fdopen(file, "ab"));
    if (file_ == nullptr)
        fail(flag, fmt::format("expected {}, found {}: {}", expected, path, std::strerror(errno)));
    // Two runs would spoil each other's rounds. Where there are no locks (EOPNOTSUPP), nobody can tell.
    if (flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        fail(flag, fmt::format("expected {}, found {}: another run is writing it", expected, path));
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
    Json json = {{"schema", kSchema}};
    json.update(FieldWriter::to_json(header));
    line(compact_json(json), true);
}

void RunLog::prepared(const SweepRun& run) {
    PreparedLine prepared{run.preflight, run.peaks, {}};
    for (const SweepPoint& point : run.points)
        prepared.points.push_back({point.status, point.reason, point.counts, point.memory_bytes});
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

StoredRun parse_run_log(std::string_view text, const std::string& path) {
    return LogReader(text, path).read();
}

StoredRun read_run_log(const std::string& path) {
    return parse_run_log(read_text_file(path, kLargestLog), path);
}

void repair_run_log(const std::string& path, const StoredRun& stored) {
    std::error_code error;
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(stored.bytes), error);
    if (error) fail(path, fmt::format("expected a log that can be written, found {}", error.message()));
}

}  // namespace mobilenet_cost
