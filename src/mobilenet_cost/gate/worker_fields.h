#pragma once

#include "mobilenet_cost/base/json_fields.h"
#include "mobilenet_cost/gate/worker_protocol.h"
#include "mobilenet_cost/model/form_fields.h"

namespace mobilenet_cost {

// Internal: the fields (json_fields.h) of the lines that a gate and its workers exchange. The gate's document
// has them, too.

/// All but the text of a model file.
template <typename Archive>
void cell_fields(Archive& archive, GateCell& cell) {
    archive("model", cell.model);
    archive("alpha", cell.variant.alpha);
    resolution_fields(archive, cell.variant.resolution);
    archive("classes", cell.variant.classes);
    archive("batch", cell.variant.batch);
    archive("alpha_scope", cell.variant.scope);
    form_fields(archive, cell.variant.form);
    inputs_field(archive, cell.inputs);
    archive("network", cell.network);
    archive("engine", cell.engine);
    archive("threads", cell.threads);
}

template <typename Archive>
void fields(Archive& archive, GateCell& cell) {
    cell_fields(archive, cell);
    archive("config", cell.config);
}

template <typename Archive>
void fields(Archive& archive, WorkerBuild& build) {
    archive("compiler", build.compiler);
    archive("flags", build.flags);
    archive("build_type", build.build_type);
    archive("optimised", build.optimised);
    archive("sanitized", build.sanitized);
}

template <typename Archive>
void fields(Archive& archive, WorkerEngine& engine) {
    archive("name", engine.name);
    archive("version", engine.version);
    archive("available", engine.available);
}

template <typename Archive>
void fields(Archive& archive, LayerFacts& layer) {
    archive("name", layer.name);
    archive("op", layer.op);
    archive("class", layer.layer_class);
    archive("kernel", layer.kernel);
    archive("macs", layer.macs);
}

template <typename Archive>
void fields(Archive& archive, ExactCounts& counts) {
    archive("macs", counts.macs);
    archive("params", counts.params);
    archive("weight_bytes", counts.weight_bytes);
    archive("peak_activation_bytes", counts.peak_activation_bytes);
    archive("held_weight_bytes", counts.held_weight_bytes);
    archive("held_activation_bytes", counts.held_activation_bytes);
    archive("held_scratch_bytes", counts.held_scratch_bytes);
}

template <typename Archive>
void fields(Archive& archive, NoiseSnapshot& noise) {
    archive("steal_seconds", noise.steal_seconds);
    archive("involuntary_switches", noise.involuntary_switches);
}

}  // namespace mobilenet_cost
