#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mobilenet_cost/base/enum_names.h"
#include "mobilenet_cost/base/stats.h"
#include "mobilenet_cost/machine/machine_json.h"
#include "mobilenet_cost/model/expand.h"

namespace mobilenet_cost {

/// What a stored file is; two of one kind can be compared.
enum class DocumentKind {
    cost,   ///< mobilenet-cost.cost.v1
    sweep,  ///< mobilenet-cost.sweep.v1, counted or measured
    bench,  ///< mobilenet-cost.bench.v1
    run,    ///< mobilenet-cost.run.v3: the log of a measured sweep
};

template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<DocumentKind> = {"cost", "sweep", "bench", "run"};
[[nodiscard]] constexpr std::string_view document_kind_name(DocumentKind kind) {
    return enum_name(kind);
}
[[nodiscard]] std::string_view document_kind_title(DocumentKind kind);  ///< "a document of `cost`"

/// What a cell is about; cells of two documents with equal ids are the same thing at two times.
struct CellId {
    std::string model;
    double alpha = 1;
    Resolution resolution;
    std::int64_t classes = 1000;  ///< without a top: any
    std::int64_t batch = 1;
    Form form = {};
    std::string data_type;
    std::string alpha_scope;
    std::string convention;  ///< empty: counted as the engines need it
    std::string engine;      ///< empty: counted, not run
    int threads = 0;         ///< 0: not run
    std::string network;     ///< empty: not run
    std::string cache;       ///< what `bench --cache` evicted; empty: nothing was asked for

    bool operator==(const CellId&) const = default;
};

/// A text that is the same for equal ids only.
[[nodiscard]] std::string id_key(const CellId& id);

/// Something that is counted or chosen, not timed: equal inputs give equal values.
using ExactValue = std::variant<std::int64_t, std::string>;

struct ExactQuantity {
    std::string name;
    ExactValue value;

    bool operator==(const ExactQuantity&) const = default;
};

/// Every name that an ExactQuantity can have.
[[nodiscard]] const std::vector<std::string>& exact_quantity_names();

struct StoredLayer {
    std::string name;
    std::vector<ExactQuantity> exact;  ///< in the order stored; what is unknown is left out
};

/// Without unit, measured in one run, so that the speed of the machine cancels.
struct StoredRatio {
    std::string name;  ///< "speedup", "standard_speedup", "efficiency", "depthwise_share", ...
    Estimate value;
};

struct StoredCell {
    CellId id;
    std::vector<ExactQuantity> exact;
    std::vector<StoredLayer> layers;  ///< empty: not stored
    std::optional<Estimate> seconds;  ///< of a pass
    std::vector<double> samples;      ///< seconds of a pass, one for each round; empty: not stored
    std::vector<StoredRatio> ratios;
    std::optional<std::int64_t> real_peak_bytes = {};  ///< activations and scratch that the engine held
};

/// A time that was predicted from those of other cells (`sweep --predict`); `compare` takes no notice of it.
struct StoredPrediction {
    CellId id;
    Estimate seconds;  ///< of a pass; the interval is the error bars
};

struct StoredEngine {
    std::string name;
    std::string version;
    std::string instruction_set;
};

/// What made the times of a document.
struct StoredOrigin {
    std::string version;
    std::string commit;
    std::string compiler;
    std::string flags;
    std::string started;  ///< empty: not stored
    MachineFingerprint machine;
    std::vector<StoredEngine> engines;
};

struct StoredDocument {
    DocumentKind kind = DocumentKind::cost;
    std::string file;  ///< for messages
    std::string note;  ///< what was repaired; empty: nothing
    std::optional<StoredOrigin> origin;
    std::vector<StoredCell> cells;  ///< in the order stored; a grid may have one twice
    std::vector<StoredPrediction> predictions;
};

/// "ok", "failed" or "skipped", as far as it says something about the network and not about the time that was
/// left: one that was made ready and then not timed is ok.
[[nodiscard]] ExactQuantity exact_status(std::string status, bool made_ready);

}  // namespace mobilenet_cost
