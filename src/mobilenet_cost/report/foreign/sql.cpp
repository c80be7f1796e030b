#include "mobilenet_cost/report/foreign/sql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "mobilenet_cost/measure/disturbance.h"
#include "mobilenet_cost/report/sweep/points.h"

namespace mobilenet_cost {
namespace {

/// What tells runs apart in one database; the seed, because two may begin in the same second.
std::string run_name(const SweepRun& run) {
    return fmt::format("{} {} seed {} part {}/{}", run.started, run.origin.commit, run.timing.seed,
                       run.timing.shard.index, run.timing.shard.count);
}

struct PointKey {
    const SweepRun& run;
    std::size_t point = 0;
};

const RowFields<SweepRun>& run_fields() {
    static const RowFields<SweepRun> fields = {
        {"run", kSql, run_name},
        {"started", kSql, &SweepRun::started},
        {"version", kSql, [](const SweepRun& run) { return run.origin.version; }},
        {"build_commit", kSql, [](const SweepRun& run) { return run.origin.commit; }},
        {"compiler", kSql, [](const SweepRun& run) { return run.origin.compiler; }},
        {"flags", kSql, [](const SweepRun& run) { return run.origin.flags; }},
        {"cpu_model", kSql, [](const SweepRun& run) { return run.origin.machine.cpu.model_name; }},
        {"kernel", kSql, [](const SweepRun& run) { return run.origin.machine.kernel; }},
        {"ended", kSql, [](const SweepRun& run) { return ended_name(run.measurement.ended); }},
        {"run_seconds", kSql, [](const SweepRun& run) { return run.measurement.seconds; }},
        {"rounds", kSql, [](const SweepRun& run) { return run.measurement.order.size(); }},
        {"confidence", kSql, [](const SweepRun& run) { return run.timing.confidence; }},
        {"seed", kSql, [](const SweepRun& run) { return fmt::format("{}", run.timing.seed); }},
        {"noise", kSql, [](const SweepRun& run) { return noise_verdict_name(run.preflight.verdict); }}};
    return fields;
}

/// A point's and a block's rows begin with these.
const RowFields<PointKey>& key_fields() {
    static const RowFields<PointKey> fields = {
        {"run", kSql, [](const PointKey& key) { return run_name(key.run); }},
        {"point", kSql, &PointKey::point}};
    return fields;
}

struct BlockRow {
    const TimedBlock& block;
    bool disturbed = false;
};

const RowFields<BlockRow>& block_fields() {
    static const RowFields<BlockRow> fields = {
        {"round", kSql, [](const BlockRow& row) { return row.block.round; }},
        {"place", kSql, [](const BlockRow& row) { return row.block.place; }},
        {"seconds", kSql, [](const BlockRow& row) { return row.block.seconds; }},
        {"disturbed", kSql, &BlockRow::disturbed}};
    return fields;
}

std::string create(const char* table, const std::vector<std::string>& columns, const char* key) {
    return fmt::format("CREATE TABLE IF NOT EXISTS mobilenet_cost_{} (\n  {}, PRIMARY KEY ({}));\n", table,
                       fmt::join(columns, ", "), key);
}

std::string insert(const char* table, const std::vector<std::string>& values) {
    return fmt::format("INSERT INTO mobilenet_cost_{} VALUES ({});\n", table, fmt::join(values, ", "));
}

std::vector<std::string> joined(std::vector<std::string> key, const std::vector<std::string>& fields) {
    key.insert(key.end(), fields.begin(), fields.end());
    return key;
}

}  // namespace

std::string sweep_sql(const SweepRun& run, const SweepResult& result) {
    const std::vector<std::string> key_columns = key_fields().sql_columns();
    std::string text = create("run", run_fields().sql_columns(), "run");
    text += create("point", joined(key_columns, point_fields().sql_columns()), "run, point");
    text += create("block", joined(key_columns, block_fields().sql_columns()), "run, point, round, place");
    text += "BEGIN;\n" + insert("run", run_fields().sql_values(run));
    for (std::size_t i = 0; i < run.points.size(); ++i) {
        const std::vector<std::string> key = key_fields().sql_values({run, i});
        text += insert("point", joined(key, point_fields().sql_values(timed_row(run, result, i))));
        const CellSamples& samples = run.measurement.cells[i];
        for (const TimedBlock& block : samples.blocks) {
            const bool disturbed = is_disturbed(block, samples.size.group, run.timing.limits);
            text += insert("block", joined(key, block_fields().sql_values({block, disturbed})));
        }
    }
    return text + "COMMIT;\n";
}

}  // namespace mobilenet_cost
