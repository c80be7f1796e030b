#include "mobilenet_cost/engine/registry.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/plugin.h"
#include "mobilenet_cost/engine/reference.h"

namespace mobilenet_cost {

namespace {

/// An engine is part of this library or, with null `builtin`, a plug-in of its name.
struct Row {
    std::string_view name;
    const Engine* (*builtin)() = nullptr;
};

/// Every engine, the fastest first: the first that is available is the default. Each describes itself in
/// EngineInfo::note.
constexpr std::array kEngines = {
    Row{.name = "native"},
    Row{.name = "onednn"},
    Row{.name = "xnnpack"},
    Row{.name = kNaiveEngine, .builtin = reference_engine},
};

Plugin<const Engine*> load(const Row& row) {
    if (row.builtin != nullptr) return {row.builtin(), ""};
    return open_plugin<const Engine*>(kEnginePlugins, row.name, "mobilenet_cost_engine", kEngineInterface);
}

}  // namespace

std::vector<EngineStatus> engine_statuses() {
    std::vector<EngineStatus> statuses;
    for (const Row& row : kEngines) {
        const auto [engine, reason] = load(row);
        statuses.push_back({.name = std::string(row.name),
                            .available = engine != nullptr,
                            .reason = reason,
                            .info = engine != nullptr ? engine->info() : EngineInfo{}});
    }
    return statuses;
}

std::shared_ptr<const Engine> find_engine(const std::string& name) {
    std::vector<std::string> names;
    for (const Row& row : kEngines) {
        names.emplace_back(row.name);
        if (row.name != name) continue;
        const auto [engine, reason] = load(row);
        if (engine == nullptr)
            fail("--engine", fmt::format("engine \"{}\" is not available: {}", name, reason));
        return {engine, [](const Engine*) {}};  // never closed
    }
    fail_unknown("--engine", "engine", name, names);
}

}  // namespace mobilenet_cost
