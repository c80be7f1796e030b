#include "mobilenet_cost/onnx/export.h"

#include <optional>

#include <fmt/format.h>
#include <unistd.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/machine/machine.h"
#include "mobilenet_cost/measure/network_kind.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "app.h"
#include "atomic_file.h"
#include "options.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

enum class Values { seeded, none };
const std::vector<std::string> kValues = {"seeded", "none"};

struct ExportOptions {
    VariantOptions variant;
    std::string path;
    NetworkKind network = NetworkKind::separable;
    Values values = Values::seeded;
    std::uint64_t seed = kDataSeed;
};

/// What is exported, and what the file says about it.
struct Subject {
    Family family;  ///< of one variant
    NetworkKind network;
    std::optional<std::uint64_t> seed;  ///< seed of the weights; absent: without weights

    [[nodiscard]] const Variant& variant() const { return family.variants.front(); }
};

Subject read_subject(const ExportOptions& options) {
    const VariantOptions& variant = options.variant;
    const std::string reason = "because a file holds one network";
    if (variant.models.size() > 1)
        fail("--model", fmt::format("expected one model, {}, found {}", reason, variant.models.size()));
    expect_one_variant(variant, reason);
    Subject subject{read_families(variant, DefaultGrid::one).front(), options.network, std::nullopt};
    if (options.values == Values::seeded) subject.seed = options.seed;
    return subject;
}

/// A sentence for a reader, key and value for a program.
OnnxText describe(const Subject& subject, bool from_file) {
    const Variant& variant = subject.variant();
    const std::string& model = subject.family.config.name;
    const std::string scope(alpha_scope_name(variant.scope));
    const std::string weights = !subject.seed ? "weights are inputs of the graph"
                                : from_file   ? "weights of the file"
                                              : fmt::format("weights from seed {}", *subject.seed);
    OnnxText text;
    text.name = model;
    text.description = fmt::format(
        "{}, alpha {} (scope {}), resolution {}, {}, batch {}, {} network; batch norm is folded, {}.", model,
        shortest(variant.alpha), scope, variant.resolution, classes_text(variant.classes, variant.form),
        variant.batch, network_kind_name(subject.network), weights);
    text.properties = {{"model", model},
                       {"alpha", shortest(variant.alpha)},
                       {"alpha_scope", scope},
                       {"resolution", resolution_text(variant.resolution)},
                       {"classes", std::to_string(variant.classes)},
                       {"batch", std::to_string(variant.batch)},
                       {"network", std::string(network_kind_name(subject.network))},
                       {"weights", !subject.seed ? "none"
                                   : from_file   ? "of the file"
                                                 : "seeded"}};
    const Json changed = changed_form(variant.form);
    for (const auto& [key, value] : changed.items())
        text.properties.emplace_back(key, value.dump());
    if (subject.seed && !from_file) text.properties.emplace_back("seed", std::to_string(*subject.seed));
    return text;
}

/// Linux promises more memory than exists and kills later, so the memory is checked before it is allocated.
/// The weights exist twice, as generated and in the message.
void check_memory(const Network& network) {
    const std::int64_t needed = 2 * onnx_weight_bytes(network);
    const std::optional<std::int64_t> available = available_memory_bytes();
    if (available && needed > *available)
        fail("--onnx", fmt::format("expected {} of memory for the weights, available are {}",
                                   bytes_text(needed), bytes_text(*available)));
}

AtomicFile open_file(const std::string& path) {
    if (path == "-" && isatty(STDOUT_FILENO) == 1)
        fail("--onnx", "expected a file or a pipe, found a terminal");
    return AtomicFile(path, "--onnx");
}

int run_export(const ExportOptions& options) {
    const Subject subject = read_subject(options);
    Network network = expand(subject.family.config, subject.variant());
    if (subject.network == NetworkKind::standard) network = standard_counterpart(network);
    if (subject.seed) {
        check_onnx_size(network);
        check_memory(network);
    }
    require_onnx_exporter();
    AtomicFile file = open_file(options.path);
    Weights weights;
    std::optional<Weights> of_file;
    if (subject.seed) of_file = weights_of_file(network);
    const bool from_file = of_file.has_value();
    if (subject.seed) weights = from_file ? *std::move(of_file) : random_weights(network, *subject.seed);
    const OnnxText text = describe(subject, from_file);
    const OnnxFile written = write_onnx(network, subject.seed ? &weights : nullptr, text, file.stream());
    file.finish();
    say("{}: {} ONNX opset {}, {} nodes, {}", options.path == "-" ? "standard output" : options.path,
        text.description, kOnnxOpset, written.nodes, bytes_text(written.bytes));
    return kFine;
}

}  // namespace

void setup_export(Command& command) {
    auto options = std::make_shared<ExportOptions>();
    add_variant_options(command, options->variant, Bytes::not_counted);
    command.text("--onnx", "FILE", options->path, "file to write [-: standard output]")->required();
    command.choice("--network", "network", options->network,
                   "standard: the counterpart without separable blocks", network_names());
    command.choice("--weights", "choice", options->values, "none: inputs of the graph instead of values",
                   kValues);
    command.value("--seed", "N", options->seed, read_seed,
                  fmt::format("of the weights; `bench` runs {0} [{0}]", kDataSeed));
    command.on_run([options] { return run_export(*options); });
}

}  // namespace mobilenet_cost::app
