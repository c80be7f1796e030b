#include "mobilenet_cost/sweep/plan.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/measure/session_setup.h"
#include "mobilenet_cost/sweep/limits.h"

namespace mobilenet_cost {
namespace {

/// "max_seconds" -> "--max-seconds"
std::string flag_of(std::string_view field) {
    std::string flag = "--";
    for (const char c : field)
        flag += c == '_' ? '-' : c;
    return flag;
}

void check(const SweepTiming& timing) {
    check_timing(timing, flag_of);
    if (timing.pin_cpu) (void)pin_to_cpu(*timing.pin_cpu);  // throws where it is not allowed
}

std::vector<std::string> names_of(const std::vector<EngineStatus>& engines) {
    std::vector<std::string> names;
    for (const EngineStatus& engine : engines)
        names.push_back(engine.name);
    return names;
}

}  // namespace

RunOrigin this_origin(std::vector<EngineStatus> engines) {
    const BuildInfo& build = build_info();
    return {.version = std::string(build.version),
            .commit = std::string(build.commit),
            .compiler = std::string(build.compiler),
            .flags = std::string(build.flags),
            .machine = read_machine(),
            .engines = std::move(engines)};
}

SweepRun plan_run(std::vector<SweepCell> cells, std::vector<std::string> models,
                  const SweepSettings& settings, SweepTiming timing, const SweepHooks& hooks) {
    const std::vector<SweepCell> planned = cells;
    return plan_run(
        std::move(cells), std::move(models), settings, std::move(timing),
        [&planned](const SweepTiming& filled) { return plan_points(planned, filled); }, "sweep", hooks);
}

SweepRun plan_run(std::vector<SweepCell> cells, std::vector<std::string> models,
                  const SweepSettings& settings, SweepTiming timing, const PointPlanner& points,
                  const std::string& kind, const SweepHooks& hooks) {
    check(timing);
    SweepRun run;
    run.started = utc_now();
    run.origin = this_origin(choose_engines(hooks.world->engine_statuses(), timing.engines));
    timing.engines = names_of(run.origin.engines);
    timing.threads = without_repeats(timing.threads);
    timing.networks = without_repeats(timing.networks);  // twice, one would be its own counterpart
    run.settings = settings;
    run.timing = std::move(timing);
    run.models = std::move(models);
    run.cells = std::move(cells);
    run.points = points(run.timing);
    if (run.points.empty())
        fail("--shard",
             fmt::format("expected at most as many shards as groups (models x engines x threads), found {}",
                         run.timing.shard.count));
    check_size(run, kind);
    for (SweepPoint& point : run.points) {
        const auto engine =
            std::find_if(run.origin.engines.begin(), run.origin.engines.end(),
                         [&](const EngineStatus& status) { return status.name == point.engine; });
        if (engine->available) continue;
        point.status = BenchStatus::skipped;
        point.reason = engine->reason;
    }
    return run;
}

void skip_oversubscribed(SweepRun& run) {
    const std::vector<int>& asked = run.timing.threads;
    if (!asked.empty()) check_cpus_for(*std::min_element(asked.begin(), asked.end()), "--threads");
    const std::size_t cpus = run.origin.machine.allowed_cpus.size();
    for (SweepPoint& point : run.points) {
        if (cpus == 0 || point.threads <= static_cast<int>(cpus) || point.status != BenchStatus::ok) continue;
        point.status = BenchStatus::skipped;
        point.reason =
            fmt::format("runs on at most {} threads, the CPUs here, not on {}", cpus, point.threads);
    }
}

void require_resumable(const SweepRun& run, const RunOrigin& here, const std::string& log) {
    const RunOrigin& there = run.origin;
    const auto require = [&log](bool same, const char* what, const std::string& expected,
                                const std::string& found) {
        if (!same)
            fail(log,
                 fmt::format("expected {} {}, where the run was begun, found {}", what, expected, found));
    };
    require(there.machine.cpu == here.machine.cpu && there.machine.caches == here.machine.caches,
            "the processor", there.machine.cpu.model_name.value_or("unknown"),
            here.machine.cpu.model_name.value_or("unknown") + " with other caches or features");
    require(there.machine.allowed_cpus == here.machine.allowed_cpus, "the CPUs",
            fmt::format("{}", fmt::join(there.machine.allowed_cpus, ",")),
            fmt::format("{}", fmt::join(here.machine.allowed_cpus, ",")));
    require(there.version == here.version && there.commit == here.commit, "the version",
            there.version + " " + there.commit, here.version + " " + here.commit);
    require(there.compiler == here.compiler && there.flags == here.flags, "the build",
            there.compiler + " " + there.flags, here.compiler + " " + here.flags);
    for (std::size_t i = 0; i < there.engines.size() && i < here.engines.size(); ++i) {
        require(there.engines[i].info.version == here.engines[i].info.version &&
                    there.engines[i].info.instruction_set == here.engines[i].info.instruction_set &&
                    there.engines[i].available == here.engines[i].available,
                "the engine", there.engines[i].name + " " + there.engines[i].info.version,
                here.engines[i].name + " " + here.engines[i].info.version);
    }
}

}  // namespace mobilenet_cost
