#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mobilenet_cost/base/random.h"
#include "mobilenet_cost/compare/compare.h"
#include "mobilenet_cost/measure/measure.h"

/// Documents that nobody stored, for tests of `compare`.
namespace mobilenet_cost::testing_support {

inline CellId cell_id(double alpha, std::string engine = "") {
    CellId id;
    id.model = "small";
    id.alpha = alpha;
    id.resolution = 32;
    id.data_type = "f32";
    id.alpha_scope = "published";
    id.convention = "paper";
    id.engine = std::move(engine);
    if (!id.engine.empty()) {
        id.threads = 1;
        id.network = "separable";
    }
    return id;
}

/// Around `seconds`, within +-`spread`; another seed gives others.
inline std::vector<double> samples(double seconds, double spread, std::uint64_t seed, std::size_t count) {
    std::vector<double> values;
    for (std::size_t i = 0; i < count; ++i) {
        const double place = static_cast<double>(permutation(1001, seed).front()) / 1000;  // 0 to 1
        values.push_back(seconds * (1 + spread * (2 * place - 1)));
    }
    return values;
}

inline StoredCell timed_cell(double alpha, double seconds, std::uint64_t seed, std::size_t count = 31) {
    StoredCell cell;
    cell.id = cell_id(alpha, "onednn");
    cell.exact = {{"status", "ok"}, {"memory_bytes", std::int64_t{4096}}};
    cell.layers = {{"stem", {{"kernel", "jit:avx2"}, {"macs", std::int64_t{100}}}},
                   {"body", {{"kernel", "jit:avx2"}, {"macs", std::int64_t{200}}}}};
    cell.samples = samples(seconds, 0.01, seed, count);
    cell.seconds = median_estimate(cell.samples, 0.95);
    cell.ratios = {{"speedup", {.value = 2, .interval = Interval{1.9, 2.1, 0.95}}},
                   {"depthwise_share", {.value = 0.2, .interval = std::nullopt}}};
    return cell;
}

inline StoredDocument document(std::vector<double> seconds, std::uint64_t seed, std::size_t count = 31) {
    StoredDocument document;
    document.kind = DocumentKind::run;
    document.file = "run.jsonl";
    document.origin = StoredOrigin{.version = "1.0.0",
                                   .commit = "0123456789ab",
                                   .compiler = "GNU 12.2.0",
                                   .flags = "-O3",
                                   .started = "2026-01-31T12:00:00Z",
                                   .machine = {.cpu = "Example CPU",
                                               .cpus = "2",
                                               .caches = "L1 Data 32768",
                                               .memory = "8589934592",
                                               .hypervisor = "yes",
                                               .build = ""},
                                   .engines = {{"onednn", "2.6.0", "avx2"}, {"xnnpack", "2022-02", ""}}};
    double alpha = 1;
    for (const double value : seconds) {
        StoredCell counted;
        counted.id = cell_id(alpha);
        counted.exact = {{"macs", std::int64_t{300}}, {"params", std::int64_t{30}}};
        document.cells.push_back(counted);
        document.cells.push_back(timed_cell(alpha, value, ++seed, count));
        alpha /= 2;
    }
    return document;
}

}  // namespace mobilenet_cost::testing_support
