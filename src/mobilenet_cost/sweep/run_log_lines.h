#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/sweep/run_fields.h"

namespace mobilenet_cost {

// Internal: the lines of a run log, each a struct of its own, so that json_fields.h reads and writes it.

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
    std::optional<SessionMemory> memory;
};

template <typename Archive>
void fields(Archive& archive, PreparedPoint& point) {
    archive("status", point.status);
    archive("reason", point.reason);
    archive("counts", point.counts);
    archive("memory_bytes", point.memory_bytes);
    archive.added("memory", point.memory);
}

struct PreparedLine {
    Preflight preflight;
    CacheFlush cache_flush;
    RooflinePeaks peaks;
    std::vector<PreparedPoint> points;
};

template <typename Archive>
void fields(Archive& archive, PreparedLine& line) {
    archive("preflight", line.preflight);
    archive("clock_resolution_seconds", line.preflight.readings.clock_resolution_seconds, kSeconds);
    archive.added("cache_flush", line.cache_flush);
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
    archive("seconds", line.seconds, kSeconds);
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
    archive("seconds", block.seconds, kPassSeconds);
    archive("steal_seconds", block.steal, kAnySeconds);
    archive("involuntary_switches", block.switches, kCounts);
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
    archive("seconds", line.seconds, kSeconds);
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
    archive("seconds", line.seconds, kSeconds);
}

}  // namespace mobilenet_cost
