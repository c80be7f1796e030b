#include "mobilenet_cost/sweep/run_log_read.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/sweep/limits.h"
#include "mobilenet_cost/sweep/run_log_lines.h"

namespace mobilenet_cost {
namespace {

constexpr std::string_view kLogBegin = "{\"schema\": \"mobilenet-cost.run.v";

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
            json = parse_json_line(text, place);
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
        if (schema != kRunLogSchema) {
            const bool same_family = schema.starts_with("mobilenet-cost.run.v");
            fail(place,
                 fmt::format("expected the schema \"{}\", found {}{}", kRunLogSchema, in_quotes(schema),
                             same_family ? ", of another version of this program" : ""));
        }
        HeaderLine line{stored_.run};
        FieldReader::from_json(json, {place, ""}, line);
        check_plan(stored_.run, place);
        const std::size_t points = stored_.run.points.size();
        stored_.run.measurement.cells.resize(points);
        stored_.run.measurement.ended = Ended::interrupted;  // unless it says otherwise later
        stored_.run.profiles.resize(points);
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
            apply(get<ProfileLine>(json, place), place);
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
        stored_.run.cache_flush = line.cache_flush;
        stored_.run.peaks = line.peaks;
        for (std::size_t i = 0; i < line.points.size(); ++i) {
            SweepPoint& point = stored_.run.points[i];
            point.status = line.points[i].status;
            point.reason = line.points[i].reason;
            point.counts = line.points[i].counts;
            point.memory_bytes = line.points[i].memory_bytes;
            point.memory = line.points[i].memory;
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
        }
    }

    void check_block(const std::string& place, const BlockEntry& entry) const {
        const std::vector<CellSamples>& cells = stored_.run.measurement.cells;
        check_index(place + ": /blocks", "point", entry.point, cells.size());
        if (entry.seconds.empty())
            fail(place, fmt::format("expected times of point {}, found none", entry.point));
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
            check_index(place + ": /failures", "point", failure.point, measurement.cells.size());
            measurement.cells[failure.point].failure = std::move(failure.reason);
        }
        measurement.seconds = line.seconds;
    }

    void apply(ProfileLine line, const std::string& place) {
        check_index(place + ": /point", "point", line.point, stored_.run.points.size());
        const SweepPoint& point = stored_.run.points[line.point];
        if (line.profile.status == BenchStatus::ok && line.profile.layers.empty())
            fail(place + ": /profile/layers", "expected at least one layer, found none");
        if (line.profile.engine != point.engine || line.profile.threads != point.threads)
            fail(place + ": /profile",
                 fmt::format("expected the engine and threads of point {}, found others", line.point));
        try {
            line.profile.classes = class_shares(line.profile.layers);
        } catch (const Error& error) {  // the counts of all layers are too many
            fail(place + ": /profile/layers", error.what());
        }
        stored_.run.profiles[line.point] = std::move(line.profile);
    }

    const std::string& path_;
    std::string_view text_;
    std::size_t begin_ = 0;
    std::size_t line_ = 0;  // whole lines read
    StoredRun stored_;
};

}  // namespace

StoredRun parse_run_log(std::string_view text, const std::string& path) {
    if (!text.starts_with(kLogBegin)) {  // which every log of this program does
        const std::string kind = document_kind_of_text(text);
        if (!kind.empty() && !kind.starts_with("a run log"))
            fail(path, fmt::format("expected a run log, found {}", kind));
        if (!text.empty() && !text.starts_with('{'))
            fail(path, fmt::format("expected a run log, found {}", kind_of_other_text(text)));
    }
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
