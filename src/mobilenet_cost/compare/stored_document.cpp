#include "mobilenet_cost/compare/stored_document.h"

#include <array>

#include <fmt/format.h>

namespace mobilenet_cost {
namespace {

/// By DocumentKind.
constexpr std::array<std::string_view, 4> kTitles = {"a document of `cost`", "a document of `sweep`",
                                                     "a document of `bench`", "a run log"};

}  // namespace

std::string_view document_kind_title(DocumentKind kind) {
    return kTitles.at(static_cast<std::size_t>(kind));
}

std::string id_key(const CellId& id) {
    // A separator that no name holds: names of models and engines are printable.
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", id.model, id.alpha,
                       id.resolution, id.classes, id.batch, id.data_type, id.alpha_scope, id.convention,
                       id.engine, id.threads, id.network, id.cache, form_text(id.form));
}

const std::vector<std::string>& exact_quantity_names() {
    static const std::vector<std::string> names = {
        // of a network
        "macs", "params", "params_bn0", "params_bn1", "params_bn2", "params_bn3", "params_bn4",
        "weight_bytes", "activation_bytes", "traffic_bytes", "memory_access_cost", "peak_activation_bytes",
        "peak_layer", "peak_in_place_bytes", "peak_in_place_layer", "standard_macs", "standard_params",
        // of a network on an engine
        "status", "memory_bytes", "packed_weight_bytes", "arena_bytes", "scratch_bytes", "real_peak_bytes",
        // of a layer; "kernel" is the engine's code, "kernel_size" the convolution's
        "layers", "op", "block", "input", "output", "kernel_size", "stride", "dilation", "groups", "kernel",
        "fused"};
    return names;
}

ExactQuantity exact_status(std::string status, bool made_ready) {
    if (status == "skipped" && made_ready) status = "ok";
    return {"status", std::move(status)};
}

}  // namespace mobilenet_cost
