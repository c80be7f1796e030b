#include "mobilenet_cost/engine/registry.h"

#include <array>
#include <string_view>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/plugin.h"
#include "mobilenet_cost/engine/reference.h"

namespace mobilenet_cost {

namespace {

using Factory = std::shared_ptr<const Engine> (*)();

/// An engine is part of this library or, with null `builtin`, a plug-in of its name.
struct Row {
    std::string_view name;
    Factory builtin = nullptr;
};

/// Every engine, the fastest first: the first that is available is the default.
constexpr std::array kEngines = {
    Row{.name = "native"},
    Row{.name = "onednn"},
    Row{.name = "xnnpack"},
    Row{.name = kNaiveEngine, .builtin = reference_engine},
};

/// An engine, or why there is none.
struct Loaded {
    std::shared_ptr<const Engine> engine;
    std::string reason;
};

Loaded load_module(std::string_view name) {
    const Plugin plugin = open_plugin(kEnginePlugins, name, "mobilenet_cost_engine");
    if (plugin.entry == nullptr) return {nullptr, plugin.reason};
    Engine* engine = reinterpret_cast<EngineModule>(plugin.entry)(kEngineInterface);
    if (engine == nullptr) return {nullptr, of_another_version(plugin)};
    return {std::shared_ptr<const Engine>(engine, [](const Engine*) {}), ""};
}

Loaded load(const Row& row) {
    return row.builtin != nullptr ? Loaded{row.builtin(), ""} : load_module(row.name);
}

}  // namespace

std::vector<EngineStatus> engine_statuses() {
    std::vector<EngineStatus> statuses;
    for (const Row& row : kEngines) {
        const Loaded loaded = load(row);
        statuses.push_back({.name = std::string(row.name),
                            .available = loaded.engine != nullptr,
                            .reason = loaded.reason,
                            .info = loaded.engine ? loaded.engine->info() : EngineInfo{}});
    }
    return statuses;
}

std::shared_ptr<const Engine> find_engine(const std::string& name) {
    std::vector<std::string> names;
    for (const Row& row : kEngines) {
        names.emplace_back(row.name);
        if (row.name != name) continue;
        Loaded loaded = load(row);
        if (!loaded.engine) fail("--engine", "engine \"" + name + "\" is not available: " + loaded.reason);
        return loaded.engine;
    }
    fail_unknown("--engine", "engine", name, names);
}

std::string default_engine() {
    for (const Row& row : kEngines) {
        if (load(row).engine) return std::string(row.name);
    }
    fail("--engine", "no engine is available");
}

}  // namespace mobilenet_cost
