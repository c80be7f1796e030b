#include "mobilenet_cost/report/gate/json.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/gate/worker_fields.h"

namespace mobilenet_cost {

// What is written is what is read back: one list of fields for both.

template <typename Archive>
void fields(Archive& archive, GateDifference& difference) {
    archive("what", difference.what);
    archive("base", difference.base);
    archive("head", difference.head);
}

template <typename Archive>
void fields(Archive& archive, GateLook& look) {
    archive("rounds", look.rounds);
    archive("significance", look.significance);
}

template <typename Archive>
void row_numbers(Archive& archive, GateRow& row) {
    archive("rounds", row.rounds);
    archive("ratio", row.ratio);
    archive("ratio_low", row.low);
    archive("ratio_high", row.high);
    archive("coverage", row.coverage);
    archive("p_slower", row.p_slower);
    archive("p_faster", row.p_faster);
    archive("decided_at", row.decided_at);
}

template <typename Archive>
void fields(Archive& archive, GateRow& row) {
    archive("verdict", row.verdict);
    row_numbers(archive, row);
}

template <typename Archive>
void fields(Archive& archive, GateClass& row) {
    archive("class", row.name);
    archive("layers", row.layers);
    archive("base_seconds", row.base_seconds);
    archive("head_seconds", row.head_seconds);
}

template <typename Archive>
void fields(Archive& archive, GateDrops& drops) {
    archive("base", drops.base);
    archive("head", drops.head);
    archive("one_sided", drops.one_sided);
}

template <typename Archive>
void fields(Archive& archive, GateSettings& settings) {
    archive("threshold", settings.rule.threshold);
    archive("tolerance", settings.rule.tolerance);
    archive("significance", settings.rule.significance);
    archive("rounds", settings.rounds);
    archive("max_seconds", settings.max_seconds);
    archive("seed", settings.seed);
    archive("require_cells", settings.require_cells);
    archive("cpu", settings.cpu);
    archive("layers", settings.layers);
    archive("block_seconds", settings.block_seconds);
    archive("answer_seconds", settings.answer_seconds);
    archive("most_steal", settings.limits.most_steal);
    archive("most_switches_per_second", settings.limits.most_switches_per_second);
}

namespace {
enum class GateSideName { base, head };
enum class GateOrder { ABBA, BAAB };
enum class GateMoved { slower, faster };
}  // namespace

template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<GateSideName> = {"base", "head"};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<GateOrder> = {"ABBA", "BAAB"};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<GateMoved> = {"slower", "faster"};

template <typename Archive>
void fields(Archive& archive, GateLayer& layer) {
    fields(archive, layer.layer);
    GateMoved moved = layer.row.verdict == GateVerdict::regressed ? GateMoved::slower : GateMoved::faster;
    archive("moved", moved);
    layer.row.verdict = moved == GateMoved::slower ? GateVerdict::regressed : GateVerdict::improved;
    archive("base_seconds", layer.base_seconds);
    archive("head_seconds", layer.head_seconds);
    archive("pairs", layer.row.rounds);
    archive("ratio", layer.row.ratio);
    archive("ratio_low", layer.row.low);
    archive("ratio_high", layer.row.high);
    archive("changes", layer.changes);
}

template <typename Archive>
void fields(Archive& archive, GateRound& round) {
    archive("round", round.round);
    GateOrder order = round.base_first ? GateOrder::ABBA : GateOrder::BAAB;
    archive("order", order);
    round.base_first = order == GateOrder::ABBA;
    archive("base_seconds", round.base_seconds);
    archive("head_seconds", round.head_seconds);
    archive("base_noise", round.base_noise);
    archive("head_noise", round.head_noise);
    std::optional<GateSideName> dropped;
    if (round.dropped) dropped = round.dropped_by_base ? GateSideName::base : GateSideName::head;
    archive("dropped", dropped);
    round.dropped = dropped.has_value();
    round.dropped_by_base = dropped == GateSideName::base;
}

namespace {

/// A text that is null where there is none. In a list, because GCC 12 takes the parts of a local optional for
/// uninitialized.
template <typename Archive>
void text_or_null(Archive& archive, const char* key, std::string& text) {
    std::vector<std::optional<std::string>> known(1);
    if (!text.empty()) known[0] = text;
    archive(key, known[0]);
    text = known[0].value_or("");
}

/// As a worker says it, but for a version that is not known.
struct EngineEntry {
    WorkerEngine engine = {};
};

template <typename Archive>
void fields(Archive& archive, EngineEntry& entry) {
    archive("name", entry.engine.name);
    text_or_null(archive, "version", entry.engine.version);
    archive("available", entry.engine.available);
}

/// Without its number and its layers.
struct FactsEntry {
    SessionFacts facts = {};
};

template <typename Archive>
void fields(Archive& archive, FactsEntry& entry) {
    fields(archive, static_cast<ExactCounts&>(entry.facts));
    std::optional<AllocationCount>& allocations = entry.facts.allocations;
    std::vector<std::optional<std::int64_t>> known(2);
    if (allocations) known = {allocations->count, allocations->bytes};
    archive("allocations_in_a_pass", known[0]);
    archive("allocated_bytes_in_a_pass", known[1]);
    if (known[0] && known[1]) allocations = AllocationCount{*known[0], *known[1]};
}

struct PreflightEntry {
    Preflight preflight;
};

template <typename Archive>
void fields(Archive& archive, PreflightEntry& entry) {
    archive("verdict", entry.preflight.verdict);
    archive("reasons", entry.preflight.reasons);
}

/// A value that has other fields here than elsewhere.
template <typename Entry, typename Archive, typename Value>
void wrapped(Archive& archive, const char* key, Value& value) {
    Entry entry{std::move(value)};
    archive(key, entry);
    auto& [inner] = entry;
    value = std::move(inner);
}

template <typename Archive>
void facts_field(Archive& archive, const char* key, std::optional<SessionFacts>& facts) {
    std::optional<FactsEntry> entry;
    if (facts) entry = FactsEntry{std::move(*facts)};
    archive(key, entry);
    facts.reset();
    if (entry) facts = std::move(entry->facts);
}

struct SideEntry {
    GateSide side = {};
};

template <typename Archive>
void fields(Archive& archive, SideEntry& entry) {
    WorkerHello& hello = entry.side.hello;
    archive("program", entry.side.program);
    archive("version", hello.version);
    archive("commit", hello.commit);
    fields(archive, hello.build);
    std::vector<EngineEntry> engines;
    for (WorkerEngine& engine : hello.engines)
        engines.push_back({std::move(engine)});
    archive("engines", engines);
    hello.engines.clear();
    for (EngineEntry& engine : engines)
        hello.engines.push_back(std::move(engine.engine));
}

/// One cell, and all that is said of it.
struct CellEntry {
    GateCellRun run = {};
    GateRow row = {};
    GateCellResult result = {};
};

template <typename Archive>
void fields(Archive& archive, CellEntry& cell) {
    std::string name = gate_cell_name(cell.run.cell);
    std::optional<double> base_seconds = median_seconds(cell.run, true);
    std::optional<double> head_seconds = median_seconds(cell.run, false);
    archive("name", name);
    cell_fields(archive, cell.run.cell);
    archive("verdict", cell.result.verdict);
    text_or_null(archive, "reason", cell.result.reason);
    row_numbers(archive, cell.row);
    archive("base_seconds", base_seconds);
    archive("head_seconds", head_seconds);
    archive("placement_floor", cell.result.floor);
    archive("passes", cell.run.passes);
    archive("calibrated", cell.run.calibrated);
    archive("warm", cell.run.warm);
    archive("first_pass_seconds", cell.run.first_pass_seconds);
    archive("warm_up_seconds", cell.run.warm_up_seconds);
    archive.added("failed", cell.run.failure);
    facts_field(archive, "base", cell.run.base);
    facts_field(archive, "head", cell.run.head);
    archive("exact_differences", cell.run.exact);
    archive("other_differences", cell.run.explanation);
    archive("moved_layers", cell.result.moved);
    archive("classes_of_layers", cell.result.classes);
    archive("samples", cell.run.rounds);
    cell.row.verdict = cell.result.verdict;
}

struct OtherCell {
    std::string name = {};
    GateRow row = {};
};

template <typename Archive>
void fields(Archive& archive, OtherCell& cell) {
    archive("name", cell.name);
    fields(archive, cell.row);
}

/// The rows of another pair of builds.
struct OtherEntry {
    GateRun run = {};
};

template <typename Archive>
void fields(Archive& archive, OtherEntry& other) {
    GateRun& run = other.run;
    archive("base", run.base.program);
    archive("head", run.head.program);
    archive("rounds", run.rounds);
    std::vector<OtherCell> cells;
    for (std::size_t i = 0; i < run.cells.size(); ++i)
        cells.push_back({gate_cell_name(run.cells[i].cell), run.rows[i]});
    archive("cells", cells);
    run.rows.clear();
    for (const OtherCell& cell : cells)
        run.rows.push_back(cell.row);
    archive("together", run.together);
}

template <typename Archive>
void other_field(Archive& archive, const char* key, std::optional<GateRun>& run) {
    std::optional<OtherEntry> entry;
    if (run) entry = OtherEntry{std::move(*run)};
    archive(key, entry);
    run.reset();
    if (entry) run = std::move(entry->run);
}

std::vector<CellEntry> cell_entries(const GateDocument& document) {
    std::vector<CellEntry> cells;
    for (std::size_t i = 0; i < document.report.run.cells.size(); ++i)
        cells.push_back(
            {document.report.run.cells[i], document.report.run.rows[i], document.result.cells[i]});
    return cells;
}

void take_entries(std::vector<CellEntry> cells, GateDocument& document) {
    GateRun& run = document.report.run;
    run.cells.clear();
    run.rows.clear();
    document.result.cells.clear();
    for (CellEntry& cell : cells) {
        run.cells.push_back(std::move(cell.run));
        run.rows.push_back(cell.row);
        document.result.cells.push_back(std::move(cell.result));
    }
}

}  // namespace

template <typename Archive>
void fields(Archive& archive, GateDocument& document) {
    GateRun& run = document.report.run;
    GateResult& result = document.result;
    GateDrops drops = count_drops(run);
    std::vector<CellEntry> cells = cell_entries(document);
    if (run.together && result.together) run.together->verdict = *result.together;
    archive("outcome", result.outcome);
    archive("reason", result.reason);
    archive("started", run.started);
    archive.added("cpus", run.cpus);
    archive("settings", run.settings);
    wrapped<SideEntry>(archive, "base", run.base);
    wrapped<SideEntry>(archive, "head", run.head);
    archive("build_differences", result.builds);
    wrapped<PreflightEntry>(archive, "preflight", run.preflight);
    archive("looks", run.looks);
    archive("looks_taken", run.taken);
    archive("rounds", run.rounds);
    archive("ended", run.ended);
    archive("seconds", run.seconds);
    archive("measured_cells", result.measured);
    archive("dropped_rounds", drops);
    archive("warnings", result.warnings);
    archive("together", run.together);
    archive("cells", cells);
    other_field(archive, "confirmation", document.report.confirmation);
    other_field(archive, "relink", document.report.relink);
    take_entries(std::move(cells), document);
    if (run.together) result.together = run.together->verdict;
}

namespace {

/// The cells of the other pairs are those of the first.
void check_others(GateReport& report, std::string_view place) {
    for (std::optional<GateRun>* other : {&report.confirmation, &report.relink}) {
        if (!*other) continue;
        if ((*other)->rows.size() != report.run.cells.size())
            fail(place, fmt::format("expected {} cells of the second builds, found {}",
                                    report.run.cells.size(), (*other)->rows.size()));
        (*other)->cells = report.run.cells;
    }
}

}  // namespace

std::string gate_json(const GateReport& report, const GateResult& result) {
    Json json = {{"schema", kGateSchema}};
    json.update(fields_json(GateDocument{report, result}));
    return pretty_json(json);
}

std::string gate_jsonl(const GateReport& report, const GateResult& result) {
    std::string text;
    for (const CellEntry& cell : cell_entries({report, result})) {
        Json line = {{"schema", kGateSchema}};
        line.update(fields_json(cell));
        text += compact_json(line);
    }
    return text;
}

bool is_gate_document(std::string_view text) {
    if (text.find(kGateSchema) == std::string_view::npos) return false;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    return json.is_object() && json.contains("schema") && json["schema"] == kGateSchema;
}

GateDocument read_gate(std::string_view text, std::string_view place) {
    const nlohmann::json json = parse_json(text, place);
    const std::string file(place);
    ObjectReader(json, file, "").require_schema(kGateSchema);
    GateDocument document;
    FieldReader reader(json, {file, ""});
    fields(reader, document);
    check_others(document.report, place);
    return document;
}

}  // namespace mobilenet_cost
