#include "mobilenet_cost/pick/stored.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/compare/read_stored.h"
#include "mobilenet_cost/sweep/run_log_read.h"
#include "mobilenet_cost/sweep/stored_configs.h"
#include "mobilenet_cost/sweep/sweep_predict.h"

namespace mobilenet_cost {
namespace {

/// A time of a document.
struct Row {
    CellId id;
    PickTime time;
};

Row row_of(const CellId& id, const Estimate& seconds, bool predicted, const std::string& file) {
    Row row{id, pick_time(seconds, id.engine, id.threads)};
    row.time.predicted = predicted;
    row.time.file = file;
    return row;
}

StoredPrediction stored_prediction(const StoredDocument& document, const PredictedPoint& point) {
    // The document begins with the cells of the run in their order.
    StoredPrediction stored{.id = document.cells[point.cell].id,
                            .seconds = {.value = point.seconds, .interval = {}}};
    stored.id.engine = point.engine;
    stored.id.threads = point.threads;
    stored.id.network = network_kind_name(point.network);
    if (point.low && point.high) stored.seconds.interval = Interval{.low = *point.low, .high = *point.high};
    return stored;
}

void add_predictions(std::string_view log, StoredDocument& document) {
    const SweepRun run = parse_run_log(log, document.file).run;
    if (!run.timing.prediction) return;
    const Prediction prediction = predict(configs_of(run, document.file), run, evaluate(run));
    for (const PredictedPoint& point : prediction.points)
        document.predictions.push_back(stored_prediction(document, point));
}

/// Passes of the separable network with warm caches.
bool is_pass(const CellId& id) {
    return id.network == "separable" && (id.cache.empty() || id.cache == "warm");
}

/// Measured ones first.
std::vector<Row> rows_of(const StoredDocument& document) {
    std::vector<Row> rows;
    for (const StoredCell& cell : document.cells) {
        if (!cell.seconds || !is_pass(cell.id)) continue;
        rows.push_back(row_of(cell.id, *cell.seconds, false, document.file));
        rows.back().time.real_peak_bytes = cell.real_peak_bytes;
    }
    for (const StoredPrediction& prediction : document.predictions) {
        if (is_pass(prediction.id))
            rows.push_back(row_of(prediction.id, prediction.seconds, true, document.file));
    }
    if (rows.empty())
        fail(document.file,
             fmt::format("expected times of networks (`sweep --bench` or `bench`), found {} without",
                         document_kind_title(document.kind)));
    return rows;
}

std::string runner_text(const PickTime& time) {
    return fmt::format("{} with {} thread{}", time.engine, time.threads, time.threads == 1 ? "" : "s");
}

bool is_of(const PickTime& time, const PickRunner& runner) {
    return (runner.engine.empty() || time.engine == runner.engine) &&
           (runner.threads == 0 || time.threads == runner.threads);
}

void require_one_runner(const std::vector<Row>& all, const std::vector<Row>& chosen,
                        const std::string& file) {
    std::vector<std::string> runners;
    for (const Row& row : chosen.empty() ? all : chosen) {
        std::string text = runner_text(row.time);
        if (std::find(runners.begin(), runners.end(), text) == runners.end())
            runners.push_back(std::move(text));
    }
    if (chosen.empty())
        fail(file, fmt::format("expected times of the --engine and --threads asked for, found {}",
                               fmt::join(runners, ", ")));
    if (runners.size() > 1)
        fail(file,
             fmt::format("expected --engine and --threads to choose one of {}", fmt::join(runners, ", ")));
}

void require_one_machine(const std::vector<StoredDocument>& documents) {
    const StoredDocument* first = nullptr;
    for (const StoredDocument& document : documents) {
        if (!document.origin) continue;
        if (first == nullptr) first = &document;
        MachineFingerprint here = document.origin->machine;
        here.build = first->origin->machine.build;  // of another day
        if (!(here == first->origin->machine))
            fail(document.file, fmt::format("expected times of the machine of {} ({}), found {}", first->file,
                                            first->origin->machine.cpu, here.cpu));
    }
}

/// Whether a cell of a document is the candidate's network.
bool is_same(const CellId& id, const PickCandidate& candidate, const SweepSettings& settings) {
    const Variant& variant = candidate.cell.variant;
    return id.model == candidate.cell.model && id.alpha == variant.alpha &&
           id.resolution == variant.resolution && id.form == variant.form &&
           (id.classes == variant.classes || !variant.form.top) && id.batch == variant.batch &&
           id.data_type == data_type_name(settings.data_type) &&
           id.alpha_scope == alpha_scope_name(variant.scope);
}

/// The name does not say which network a file describes.
void require_same_network(const StoredDocument& document, const PickCandidate& candidate,
                          const SweepSettings& settings) {
    for (const StoredCell& cell : document.cells) {
        const bool counted = cell.id.engine.empty() && cell.id.convention == settings.convention;
        if (!counted || !is_same(cell.id, candidate, settings)) continue;
        for (const ExactQuantity& quantity : cell.exact) {
            const auto* macs = std::get_if<std::int64_t>(&quantity.value);
            if (quantity.name == "macs" && macs != nullptr && *macs != candidate.cell.macs)
                fail(document.file,
                     fmt::format("expected {} to have {} MACs as it has now, found {}",
                                 variant_text(cell.id.model, cell.id.alpha, cell.id.resolution),
                                 candidate.cell.macs, *macs));
        }
    }
}

}  // namespace

StoredDocument parse_with_predictions(std::string_view text, const std::string& file) {
    StoredDocument document = parse_stored(text, file);
    if (document.kind == DocumentKind::run) add_predictions(text, document);
    return document;
}

void add_stored_times(std::vector<PickCandidate>& candidates, const SweepSettings& settings,
                      const std::vector<StoredDocument>& documents, const PickRunner& runner) {
    require_one_machine(documents);
    std::vector<Row> all;
    for (const StoredDocument& document : documents) {
        for (Row& row : rows_of(document))
            all.push_back(std::move(row));
    }
    std::vector<Row> rows = all;
    std::erase_if(rows, [&](const Row& row) { return !is_of(row.time, runner); });
    require_one_runner(all, rows, documents.front().file);
    std::stable_partition(rows.begin(), rows.end(), [](const Row& row) { return !row.time.predicted; });
    for (PickCandidate& candidate : candidates) {
        for (const StoredDocument& document : documents)
            require_same_network(document, candidate, settings);
        const auto found = std::find_if(rows.begin(), rows.end(),
                                        [&](const Row& row) { return is_same(row.id, candidate, settings); });
        candidate.untimed = Untimed::not_stored;
        if (found != rows.end()) candidate.time = found->time;
    }
}

}  // namespace mobilenet_cost
