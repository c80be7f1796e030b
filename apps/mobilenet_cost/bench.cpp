#include "mobilenet_cost/bench.h"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <limits>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/error.h"
#include "mobilenet_cost/list.h"
#include "mobilenet_cost/report/bench_notes.h"
#include "mobilenet_cost/report/bench_report.h"
#include "mobilenet_cost/session_setup.h"

#include "app.h"
#include "options.h"
#include "output.h"

namespace mobilenet_cost::app {
namespace {

struct BenchOptions {
    VariantOptions variant;
    OutputOptions output;
    std::vector<std::string> engines;
    std::vector<std::string> threads = {"1"};
    std::string rounds = "15";
    std::string seed = "1";
    std::string max_seconds = "60";
    std::string cpu;
    std::string cache = "warm";
    std::string layer_mode;
    bool per_layer = false;
};

std::atomic<bool> interrupted = false;

/// The first Ctrl-C ends the run after its current round; a second one kills.
void on_interrupt(int) {
    interrupted = true;
    std::signal(SIGINT, SIG_DFL);
}

int read_cpu(const std::string& text) {
    int cpu = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), cpu);
    if (error != std::errc() || end != text.data() + text.size() || cpu < 0)
        fail("--cpu", fmt::format("expected the number of a processor, found \"{}\"", text));
    return cpu;
}

double read_seconds(const std::string& text, const std::string& flag) {
    const std::vector<double> values = parse_numbers({text}, flag);
    if (values.size() != 1) fail(flag, fmt::format("expected one number, found \"{}\"", text));
    return values.front();
}

/// Sessions of one thread stay on one processor, the last by default: the first takes most interrupts.
int default_cpu() {
    const std::vector<int> cpus = allowed_cpus();
    return cpus.empty() ? 0 : cpus.back();
}

BenchSettings read_settings(const BenchOptions& options) {
    BenchSettings settings;
    settings.engines = parse_names(options.engines);
    settings.threads.clear();
    for (const std::int64_t threads : parse_integers(options.threads, "--threads")) {
        if (threads > std::numeric_limits<int>::max())
            fail("--threads", fmt::format("expected at most {} threads, found {}",
                                          std::numeric_limits<int>::max(), threads));
        settings.threads.push_back(static_cast<int>(threads));
    }
    settings.rounds = read_count(options.rounds, "--rounds");
    settings.seed = read_seed(options.seed, "--seed");
    settings.max_seconds = read_seconds(options.max_seconds, "--max-seconds");
    settings.cache = read_cache_mode(options.cache);
    settings.per_layer = options.per_layer;
    if (!options.layer_mode.empty()) {
        if (!options.per_layer) fail("--layer-mode", "expected together with --per-layer only");
        settings.layer_mode = read_layer_mode(options.layer_mode);
    }
    settings.pin_cpu = options.cpu.empty() ? default_cpu() : read_cpu(options.cpu);
    return settings;
}

std::string_view phase_name(BenchProgress::Phase phase) {
    switch (phase) {
        case BenchProgress::Phase::prepare:
            return "preparing";
        case BenchProgress::Phase::warm_up:
            return "warming up";
        case BenchProgress::Phase::rounds:
            return "rounds";
        case BenchProgress::Phase::layers:
            return "layers";
    }
    return "";
}

/// One line on a terminal's stderr, written over; nothing elsewhere.
class ProgressLine {
  public:
    void show(const BenchProgress& progress) {
        if (!terminal_) return;
        const std::string left =
            progress.seconds_left ? fmt::format(", {:.0f} s left", *progress.seconds_left) : "";
        fmt::print(stderr, "\r\x1b[K{} {}/{}{}", phase_name(progress.phase), progress.done, progress.total,
                   left);
        std::fflush(stderr);
        shown_ = true;
    }
    void clear() {
        if (shown_) fmt::print(stderr, "\r\x1b[K");
        shown_ = false;
    }

  private:
    bool terminal_ = isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
};

bool has_failed(const BenchResult& result) {
    for (const NetworkResult& network : result.networks) {
        if (network.status == BenchStatus::failed) return true;
    }
    return false;
}

std::vector<BenchResult> run_all(const std::vector<Family>& families, const BenchSettings& settings) {
    ProgressLine line;
    BenchHooks hooks;
    hooks.progress = [&line](const BenchProgress& progress) { line.show(progress); };
    hooks.stop = &interrupted;
    std::vector<BenchResult> results;
    for (const Family& family : families) {
        for (const Variant& variant : family.variants) {
            if (interrupted) break;
            results.push_back(run_bench(family.config, variant, settings, hooks));
        }
    }
    line.clear();
    return results;
}

int run_bench_command(const BenchOptions& options) {
    const BenchSettings settings = read_settings(options);
    const std::vector<Family> families = read_families(options.variant, DefaultGrid::one);
    Output output(options.output);
    std::signal(SIGINT, on_interrupt);
    (void)choose_engines(engine_statuses(), settings.engines);  // a wrong name is told before any warning
    const std::string warning = build_warning(build_info());
    if (!warning.empty()) fmt::print(stderr, "mobilenet-cost: warning: {}\n", warning);
    const std::vector<BenchResult> results = run_all(families, settings);
    for (const BenchResult& result : results) {
        for (const std::string& text : bench_warnings(result))
            fmt::print(stderr, "mobilenet-cost: warning: {}\n", text);
    }
    output.write(
        {.sections = [&] { return bench_sections(results); },
         .csv =
             [&] { return options.per_layer ? bench_layers_csv_table(results) : bench_csv_table(results); },
         .json = [&] { return bench_json(results); },
         .jsonl = [&] { return bench_jsonl(results); }});
    const bool failed = std::any_of(results.begin(), results.end(), has_failed);
    return interrupted || failed ? kFailed : kFine;
}

}  // namespace

Run setup_bench(CLI::App& command) {
    auto options = std::make_shared<BenchOptions>();
    add_variant_options(command, options->variant, Bytes::not_counted);
    add_list(command, "-e,--engine", options->engines, "LIST", "see `engines` [the fastest here]");
    add_list(command, "-t,--threads", options->threads, "LIST", "threads of a pass [1]");
    command.add_option("--rounds", options->rounds, "times that each network is visited [15]")
        ->type_name("N");
    command.add_option("--seed", options->seed, "of the order in the rounds [1]")->type_name("N");
    command.add_option("--max-seconds", options->max_seconds, "for all timing of one variant [60]")
        ->type_name("S");
    command.add_option("--cpu", options->cpu, "where one-thread passes run [the last allowed]")
        ->type_name("N");
    command.add_option("--cache", options->cache, "before a pass: warm, cold-weights or cold [warm]")
        ->type_name("MODE");
    command.add_flag("--per-layer", options->per_layer, "time each layer, too");
    command.add_option("--layer-mode", options->layer_mode, "in-situ, or isolated: each by itself [in-situ]")
        ->type_name("MODE");
    add_output_options(command, options->output);
    return [options] { return run_bench_command(*options); };
}

}  // namespace mobilenet_cost::app
