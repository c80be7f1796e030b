#include "options.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/count/unknown_operators.h"
#include "mobilenet_cost/model/form_fields.h"
#include "mobilenet_cost/model/model_files.h"
#include "mobilenet_cost/model/standard_counterpart.h"

#include "app.h"
#include "say.h"

namespace mobilenet_cost::app {
namespace {

/// The name of a size stands for one width multiplier.
std::vector<double> fixed_alpha(const VariantOptions& options, const ModelConfig& config) {
    if (!options.alphas.empty())
        fail("--alpha",
             fmt::format("expected none beside {}, which fixes it at {} (--model {} takes --alpha)",
                         config.name, *config.fixed_alpha, config.name.substr(0, config.name.rfind('_'))));
    return {*config.fixed_alpha};
}

std::vector<double> alphas_of(const VariantOptions& options, const ModelConfig& config, DefaultGrid grid) {
    if (config.fixed_alpha) return fixed_alpha(options, config);
    if (!options.alphas.empty()) return options.alphas;
    if (grid == DefaultGrid::published && !config.alphas.empty()) return config.alphas;
    return {1};
}

std::vector<Resolution> resolutions_of(const VariantOptions& options, const ModelConfig& config,
                                       DefaultGrid grid) {
    std::vector<Resolution> resolutions = options.resolutions;
    for (const double beta : options.betas)
        resolutions.emplace_back(resolution_of_beta(config, beta));
    if (!resolutions.empty()) return resolutions;
    if (grid == DefaultGrid::published && !config.resolutions.empty())
        return {config.resolutions.begin(), config.resolutions.end()};
    return {config.resolution};
}

/// Images in one pass: --batch, or the first size of an --input.
std::int64_t batch_of(const VariantOptions& options) {
    const bool said = options.common.batch != 1 || options.inputs.size() != 1;
    return said ? options.common.batch : options.inputs.front().dims.front();
}

std::vector<Variant> variants_of(const VariantOptions& options, const ModelConfig& config, DefaultGrid grid) {
    constexpr std::size_t kMostVariants = 1'000'000;
    const std::vector<double> alphas = alphas_of(options, config, grid);
    const std::vector<Resolution> resolutions = resolutions_of(options, config, grid);
    if (alphas.size() > kMostVariants / resolutions.size())
        fail("", fmt::format("expected at most {} variants, found {} x {}", kMostVariants, alphas.size(),
                             resolutions.size()));
    std::vector<Variant> variants;
    variants.reserve(alphas.size() * resolutions.size());
    for (const double alpha : alphas) {
        for (const Resolution& resolution : resolutions) {
            Variant& variant = variants.emplace_back(options.common);
            variant.alpha = alpha;
            variant.batch = batch_of(options);
            if (options.common.classes == 0) variant.classes = config.classes;
            variant.resolution = resolution;
        }
    }
    return variants;
}

std::int64_t read_output_stride(const std::string& text, const std::string& flag) {
    const std::int64_t stride = read_count(text, flag);
    if (!is_output_stride(stride))
        fail(flag, fmt::format("expected {}, found {}", fmt::join(kOutputStrides, ", "), stride));
    return stride;
}

std::int64_t read_depth_multiplier(const std::string& text, const std::string& flag) {
    if (text.find_first_not_of("0123456789") != std::string::npos)
        fail(flag,
             fmt::format("expected a whole number, the outputs of a depthwise convolution for each of its "
                         "inputs (the width multiplier, TF-slim's depth_multiplier, is --alpha), found {}",
                         in_quotes(text)));
    return read_count(text, flag);
}

std::vector<NamedDims> read_inputs(const std::vector<std::string>& texts, const std::string& flag) {
    return parse_inputs(parse_names(texts), flag);
}

/// The option that takes the classifier away.
CLI::Option* add_form_options(Command& command, Form& form) {
    command.count("--channels", form.channels, "channels of the input [the model's]");
    command.value("--output-stride", "8|16|32", form.output_stride, read_output_stride,
                  "keep maps this large: dilation instead of stride");
    command.value("--depth-multiplier", "N", form.depth_multiplier, read_depth_multiplier,
                  "depthwise outputs for each input, as Keras [1]");
    command.flag("--make-separable", form.make_separable, "each K x K convolution as depthwise and 1 x 1");
    return command.negative("--no-top", form.top, "features out: no pooling, no classifier");
}

}  // namespace

void add_variant_options(Command& command, VariantOptions& options, Bytes bytes, DefaultGrid grid) {
    const auto read_models = [](const auto& texts, const std::string&) {
        return models_named(parse_names(texts));
    };
    command.list("-m,--model", "NAME|FILE", options.models, read_models,
                 fmt::format("name, 'mobilenet_v3*', file or all [{}]", options.models.front()));
    add_size_options(command, options, bytes, grid);
}

void add_size_options(Command& command, VariantOptions& options, Bytes bytes, DefaultGrid grid) {
    const bool all = grid == DefaultGrid::published;
    command.numbers("-a,--alpha", options.alphas,
                    fmt::format("width multipliers, such as 0.25:1:0.25 [{}]", all ? "published" : "1"));
    auto* resolution =
        command.list("-r,--res", "LIST", options.resolutions, parse_resolutions,
                     fmt::format("input sizes, 224 or 240x320 [{}]", all ? "published" : "the model's own"));
    command.numbers("--beta", options.betas, "resolution multipliers, instead of --res")
        ->excludes(resolution);
    auto* classes =
        command.count("--classes", options.common.classes, "classifier outputs [1000, or the file's]");
    add_form_options(command, options.common.form)->excludes(classes);
    command.count("--batch", options.common.batch, "images in one pass [1]");
    command.choice("--alpha-scope", "scope", options.common.scope,
                   "inner: first and last layer keep their width");
    if (bytes == Bytes::counted)
        command.choice("--dtype", "data type", options.data_type, "f32, or the file's");
    if (bytes == Bytes::not_counted) options.data_type = DataType::f32;
    command.list("--input", "NAME=DIMS", options.inputs, read_inputs,
                 "sizes of an input of a file of others, x=1x3x48x192");
    add_unknown_option(command, options.unknown);
}

void UnknownOptions::take(const std::string& note) const {
    if (!note.empty() && !std::exchange(*found, true)) say("note: {}", note);
}

void add_unknown_option(Command& command, UnknownOptions& options) {
    command.flag("--allow-unknown", options.allowed, "exit with 0 where operators are not known, too");
    command.on_finish([&options](int status) {
        return status == kFine && *options.found && !options.allowed ? kFailed : status;
    });
}

void expect_one_variant(const VariantOptions& options, const std::string& reason) {
    const auto expect_one = [&reason](std::size_t found, const char* flag, const char* what) {
        if (found > 1) fail(flag, fmt::format("expected one {}, {}, found {}", what, reason, found));
    };
    expect_one(options.alphas.size(), "--alpha", "width multiplier");
    expect_one(options.resolutions.size(), "--res", "resolution");
    expect_one(options.betas.size(), "--beta", "resolution multiplier");
}

void add_convention_option(Command& command, std::string& convention) {
    command.text("--convention", "NAME", convention, "who counts (see `conventions`) [paper]");
}

namespace {

/// Of every cell of a grid where nothing was asked for: what its models have by themselves.
template <typename Own, typename Text>
auto one_of_all(const std::string& flag, const std::vector<ModelConfig>& configs, Own own, Text text) {
    const ModelConfig& first = configs.front();
    for (const ModelConfig& config : configs) {
        if (own(config) != own(first))
            fail(flag,
                 fmt::format("expected one for all, because the models of this grid differ in their own, "
                             "found none ({} has {}, {} has {})",
                             first.name, text(own(first)), config.name, text(own(config))));
    }
    return own(first);
}

}  // namespace

std::vector<std::string> input_texts(const VariantOptions& options) {
    std::vector<std::string> texts;
    for (const NamedDims& named : options.inputs)
        texts.push_back(named_dims_text(named));
    return texts;
}

void add_runtime_option(Command& command, std::optional<Runtime>& runtime, const std::string& help) {
    const auto read = [](const std::string& text, const std::string& flag) {
        return std::optional(static_cast<Runtime>(read_choice(text, enum_names<Runtime>(), flag, "runtime")));
    };
    command.value("--runtime", "NAME", runtime, read,
                  fmt::format("{}: {}", fmt::join(enum_names<Runtime>(), "|"), help));
}

void take_data_type(VariantOptions& options, const std::optional<Runtime>& runtime) {
    if (runtime && is_of_i8(*runtime) && !options.data_type) options.data_type = DataType::i8;
}

RuntimeNeed need_of(const ModelConfig& config, const Variant& variant, Runtime runtime, DataType data_type) {
    try {
        return need_of(expand(config, variant), runtime, data_type);
    } catch (const Error& error) {
        fail(config.name, error.what());
    }
}

DataType data_type_of(const VariantOptions& options, const ModelConfig& config) {
    return options.data_type.value_or(config.data_type);
}

void say_passes_of_f32(const ModelConfig& config) {
    if (config.data_type == DataType::f32) return;
    say("note: {}: passes are of f32, with the values that its {} weights stand for", config.name,
        data_type_name(config.data_type));
}

SweepSettings settings_of(const VariantOptions& options, const Convention& convention,
                          const std::vector<ModelConfig>& configs) {
    const auto type = [&] {
        return one_of_all(
            "--dtype", configs, [](const ModelConfig& config) { return config.data_type; }, data_type_name);
    };
    const auto classes = [&] {
        return one_of_all(
            "--classes", configs, [](const ModelConfig& config) { return config.classes; },
            [](std::int64_t number) { return number; });
    };
    return {.data_type = options.data_type ? *options.data_type : type(),
            .convention = convention.name,
            .alpha_scope = std::string(alpha_scope_name(options.common.scope)),
            .classes = options.common.classes != 0 ? options.common.classes : classes(),
            .batch = batch_of(options),
            .form = options.common.form,
            .inputs = input_texts(options)};
}

namespace {

/// What the width multiplier leaves as it is in a file of others.
void say_what_keeps_its_width(const Family& family) {
    const auto keeps = [](const Block& block) {
        const auto* const conv = std::get_if<ConvBlock>(&block.kind);
        return conv != nullptr && conv->scaling == WidthScaling::never;
    };
    const bool scales = std::any_of(family.variants.begin(), family.variants.end(),
                                    [](const Variant& variant) { return variant.alpha != 1; });
    if (family.config.weights == nullptr || !scales) return;
    constexpr std::size_t kMostNames = 3;
    std::vector<std::string> names;
    for (const Block& block : family.config.blocks)
        if (keeps(block)) names.push_back(block.name);
    if (names.empty()) return;
    say("{}: alpha leaves {} as wide as the input, an output or places among channels say: {}",
        family.config.name, plural(static_cast<std::int64_t>(names.size()), "convolution"),
        few_of(names, kMostNames));
}

/// What has no convolution to separate.
void say_what_is_separable(const Family& family) {
    Variant variant = family.variants.front();
    if (!std::exchange(variant.form.make_separable, false)) return;
    if (standard_convolutions(expand(family.config, variant)) == 0)
        say("note: {} has no K x K convolution that is not depthwise: --make-separable changes nothing",
            family.config.name);
}

ImportRequest request_of(const VariantOptions& options) {
    return {.resolution = options.resolutions.empty() ? Resolution() : options.resolutions.front(),
            .inputs = options.inputs};
}

/// --input without a file that it is about.
void refuse_idle_input(const VariantOptions& options) {
    if (!options.inputs.empty() &&
        std::none_of(options.models.begin(), options.models.end(), is_file_of_others))
        fail("--input", fmt::format("needs a model in a file of others (.onnx, .tflite), found {}",
                                    in_quotes(options.models.front())));
}

}  // namespace

void say_whose_weights_are_random(const std::vector<Family>& families) {
    for (const Family& family : families) {
        if (family.config.weights == nullptr || !family.variants.front().form.make_separable) continue;
        say("note: {}: made separable, its layers are not those that the file has weights for: they are "
            "random "
            "(--seed)",
            family.config.name);
    }
}

std::vector<Family> read_families(const VariantOptions& options, DefaultGrid grid) {
    refuse_idle_input(options);
    std::vector<Family> families;
    for (const std::string& name : options.models) {
        Family& family = families.emplace_back();
        family.config = find_model(name, request_of(options));
        family.variants = variants_of(options, family.config, grid);
        options.unknown.take(unknown_note(family.config));
        say_what_keeps_its_width(family);
        say_what_is_separable(family);
    }
    return families;
}

}  // namespace mobilenet_cost::app
