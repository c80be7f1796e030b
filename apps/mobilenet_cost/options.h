#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mobilenet_cost/count/grid.h"
#include "mobilenet_cost/model/cost.h"
#include "mobilenet_cost/model/expand.h"
#include "mobilenet_cost/model/import_request.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/runtime/runtime.h"

#include "command.h"

namespace mobilenet_cost::app {

/// Operators of which no cost is known.
struct UnknownOptions {
    bool allowed = false;
    /// Whether there were some, with these options or a copy of them.
    std::shared_ptr<bool> found = std::make_shared<bool>(false);

    /// Says the first note, unless it is empty.
    void take(const std::string& note) const;
};

/// --allow-unknown: a run that is fine otherwise fails without it where there were some.
void add_unknown_option(Command& command, UnknownOptions& options);

/// The flags that name variants.
struct VariantOptions {
    std::vector<std::string> models = {"mobilenet_v1"};  ///< names or files
    std::vector<double> alphas;                          ///< empty: the command's default
    std::vector<Resolution> resolutions;
    std::vector<double> betas;        ///< instead of resolutions
    Variant common = {.classes = 0};  ///< batch, scope and form of every variant; classes 0: the model's own
    std::optional<DataType> data_type;  ///< none: the model's own
    std::vector<NamedDims> inputs;      ///< sizes of inputs of files of others
    UnknownOptions unknown;
};

enum class Bytes { counted, not_counted };

/// The values of a grid axis that was not given.
enum class DefaultGrid {
    one,        ///< alpha 1, the native resolution
    published,  ///< every published alpha and resolution of the model
};

/// The data type is a flag only where bytes are counted. The help states the models that `options` holds as
/// the default.
void add_variant_options(Command& command, VariantOptions& options, Bytes bytes = Bytes::counted,
                         DefaultGrid grid = DefaultGrid::one);

/// The same but for --model: of a command whose models are no option.
void add_size_options(Command& command, VariantOptions& options, Bytes bytes = Bytes::counted,
                      DefaultGrid grid = DefaultGrid::one);

/// --runtime: none, where the flag is not given.
void add_runtime_option(Command& command, std::optional<Runtime>& runtime, const std::string& help);

/// A runtime of int8 networks makes i8 the data type where none was asked for.
void take_data_type(VariantOptions& options, const std::optional<Runtime>& runtime);

/// What the runtime takes for a variant. Throws Error that names the variant.
[[nodiscard]] RuntimeNeed need_of(const ModelConfig& config, const Variant& variant, Runtime runtime,
                                  DataType data_type);

/// Throws Error where there is more than one width multiplier or resolution; `reason`: "because ...".
void expect_one_variant(const VariantOptions& options, const std::string& reason);

void add_convention_option(Command& command, std::string& convention);

/// One family and its members, in the order of the flags: alphas, and for each the resolutions.
struct Family {
    ModelConfig config;
    std::vector<Variant> variants;
};

/// The one asked for, or the model's own.
[[nodiscard]] DataType data_type_of(const VariantOptions& options, const ModelConfig& config);

/// Each --input as it may be said again.
[[nodiscard]] std::vector<std::string> input_texts(const VariantOptions& options);

/// Says so where passes of f32 are not what a file is for.
void say_passes_of_f32(const ModelConfig& config);

/// Settings that all cells of a grid of these models share. Throws Error where no number of classes, or no
/// data type, was asked for and the models differ in their own.
[[nodiscard]] SweepSettings settings_of(const VariantOptions& options, const Convention& convention,
                                        const std::vector<ModelConfig>& configs);

/// Says of which models the file's weights do not fit any more, for commands that run or write weights.
void say_whose_weights_are_random(const std::vector<Family>& families);

/// One for each model; says which operators of them are not known. Throws Error naming the flag.
[[nodiscard]] std::vector<Family> read_families(const VariantOptions& options, DefaultGrid grid);

/// One for each variant of each model, in the order of the flags.
template <typename Make>
[[nodiscard]] auto for_each_variant(const VariantOptions& options, Make make) {
    std::vector<decltype(make(ModelConfig{}, Variant{}))> made;
    for (const Family& family : read_families(options, DefaultGrid::one)) {
        for (const Variant& variant : family.variants)
            made.push_back(make(family.config, variant));
    }
    return made;
}

}  // namespace mobilenet_cost::app
