#include "mobilenet_cost/engine/registry.h"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/plugin.h"
#include "mobilenet_cost/engine/reference.h"
#include "mobilenet_cost/engine/typed_engine.h"

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

namespace {

std::shared_ptr<const Engine> find_untyped(const std::string& name) {
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

/// The fastest engine that computes in 8 bits: in f32 it runs every layer. The naive one is always there.
std::shared_ptr<const Engine> calibrator() {
    for (const Row& row : kEngines) {
        const auto [engine, reason] = load(row);
        if (engine != nullptr && type_refusal(engine->info(), DataType::i8).empty())
            return {engine, [](const Engine*) {}};
    }
    return find_untyped(std::string(kNaiveEngine));
}

}  // namespace

std::shared_ptr<const Engine> find_engine(const std::string& name) {
    const TypedName typed = read_typed_name(name);
    std::shared_ptr<const Engine> engine = find_untyped(typed.engine);
    if (typed.data_type == DataType::f32) return engine;
    if (const std::string refusal = type_refusal(engine->info(), typed.data_type); !refusal.empty())
        fail("--engine", fmt::format("engine \"{}\" {}", typed.engine, refusal));
    return int8_engine(std::move(engine), calibrator());
}

}  // namespace mobilenet_cost
