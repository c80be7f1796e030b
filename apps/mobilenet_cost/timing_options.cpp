#include "timing_options.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/list.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/machine/machine.h"

#include "options.h"
#include "say.h"

namespace mobilenet_cost::app {

void add_timing_options(CLI::App& command, TimingOptions& options, const std::string& rounds,
                        const std::string& max_seconds) {
    add_list(command, "-e,--engine", options.engines, "LIST", "see `engines` [the fastest here]");
    add_list(command, "-t,--threads", options.threads, "LIST", "threads of a pass [1]");
    command
        .add_option("--rounds", options.rounds, fmt::format("times that each network is visited {}", rounds))
        ->type_name("N");
    command.add_option("--seed", options.seed, "of the order in the rounds [1]")->type_name("N");
    command
        .add_option("--max-seconds", options.max_seconds,
                    fmt::format("for timing {}; as much for preparing", max_seconds))
        ->type_name("S");
    command.add_option("--cpu", options.cpu, "where one-thread passes run [the last allowed]")
        ->type_name("N");
}

void warn_of_build() {
    const std::string warning = build_warning(build_info());
    if (!warning.empty()) say("warning: {}", warning);
}

std::vector<NetworkKind> read_networks(const std::vector<std::string>& texts,
                                       const std::vector<NetworkKind>& otherwise) {
    if (texts.empty()) return otherwise;
    const std::vector<std::string>& known = network_names();
    std::vector<NetworkKind> networks;
    for (const std::string& name : parse_names(texts)) {
        const auto found = std::find(known.begin(), known.end(), name);
        if (found == known.end()) fail_unknown("--networks", "network", name, known);
        networks.push_back(found == known.begin() ? NetworkKind::separable : NetworkKind::standard);
    }
    return networks;
}

std::vector<int> read_threads(const std::vector<std::string>& texts) {
    if (texts.empty()) return {1};
    std::vector<int> threads;
    for (const std::int64_t count : parse_integers(texts, "--threads")) {
        if (count > std::numeric_limits<int>::max())
            fail("--threads", fmt::format("expected at most {} threads, found {}",
                                          std::numeric_limits<int>::max(), count));
        threads.push_back(static_cast<int>(count));
    }
    return threads;
}

double read_number_flag(const std::string& text, const std::string& flag) {
    const std::vector<double> values = parse_numbers({text}, flag);
    if (values.size() != 1) fail(flag, fmt::format("expected one number, found {}", in_quotes(text)));
    return values.front();
}

double read_seconds(const std::string& text, const std::string& flag) {
    constexpr double kShortest = 1e-6;
    constexpr double kLongest = 1e9;  // thirty years
    const double seconds = read_number_flag(text, flag);
    if (!(seconds >= kShortest && seconds <= kLongest))
        fail(flag, fmt::format("expected seconds from {:g} to {:g}, found {}", kShortest, kLongest,
                               shortened(text)));
    return seconds;
}

int read_cpu(const std::string& text) {
    if (text.empty()) {
        const std::vector<int> cpus = allowed_cpus();
        return cpus.empty() ? 0 : cpus.back();
    }
    int cpu = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
    if (error != std::errc() || end != text.data() + text.size() || cpu < 0)
        fail("--cpu", fmt::format("expected the number of a processor, found {}", in_quotes(text)));
    return cpu;
}

}  // namespace mobilenet_cost::app
