#include "timing_options.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/machine/machine.h"

#include "say.h"

namespace mobilenet_cost::app {
namespace {

std::vector<int> read_threads(const std::vector<std::string>& texts, const std::string& flag) {
    constexpr int kMost = std::numeric_limits<int>::max();
    std::vector<int> threads;
    for (const std::int64_t count : parse_integers(texts, flag)) {
        if (count > kMost) fail(flag, fmt::format("expected at most {} threads, found {}", kMost, count));
        threads.push_back(static_cast<int>(count));
    }
    return threads;
}

int read_cpu(const std::string& text, const std::string& flag) {
    int cpu = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
    if (error != std::errc() || end != text.data() + text.size() || cpu < 0)
        fail(flag, fmt::format("expected the number of a processor, found {}", in_quotes(text)));
    return cpu;
}

}  // namespace

void add_timing_options(Command& command, TimingOptions& options, const std::string& rounds,
                        const std::string& max_seconds) {
    command.names("-e,--engine", "LIST", options.engines, "see `engines` [the fastest here]");
    command.list("-t,--threads", "LIST", options.threads, read_threads, "threads of a pass [1]");
    command.count("--rounds", options.rounds, "times that each network is visited " + rounds);
    command.value("--seed", "N", options.seed, read_seed, "of the order in the rounds [1]");
    command.seconds("--max-seconds", options.max_seconds,
                    fmt::format("for timing {}; as much for preparing", max_seconds));
    command.value("--cpu", "N", options.cpu, read_cpu, "CPU of single-threaded passes [last allowed]");
}

void add_types_option(Command& command, std::vector<DataType>& types) {
    const auto read = [](const std::vector<std::string>& texts, const std::string& flag) {
        std::vector<DataType> chosen;
        for (const std::string& text : parse_names(texts))
            chosen.push_back(read_computed_type(text, flag));
        return chosen;
    };
    command.list("--dtype", "LIST", types, read, "what passes compute in: f32, i8 [f32]");
}

void add_networks_option(Command& command, std::vector<NetworkKind>& networks, const std::string& otherwise) {
    command.choices("--networks", "network", networks, fmt::format("separable, standard [{}]", otherwise),
                    network_names());
}

void warn_of_build() {
    const std::string warning = build_warning(build_info());
    if (!warning.empty()) say("warning: {}", warning);
}

bool timed_nothing(const std::vector<PointResult>& points) {
    const auto timed = [](const PointResult& point) { return point.seconds.has_value(); };
    const auto late = [](const PointResult& point) { return point.status == BenchStatus::late; };
    return std::none_of(points.begin(), points.end(), timed) &&
           std::any_of(points.begin(), points.end(), late);
}

int pinned_cpu(const TimingOptions& options) {
    if (options.cpu) return *options.cpu;
    const std::vector<int> cpus = allowed_cpus();
    return cpus.empty() ? 0 : cpus.back();
}

}  // namespace mobilenet_cost::app
