#include "mobilenet_cost/model/model_files.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fnmatch.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/nearest.h"
#include "mobilenet_cost/base/paths.h"
#include "mobilenet_cost/base/plugin.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/model/imported_model.h"

namespace mobilenet_cost {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderVariable = "MOBILENET_COST_CONFIG_DIR";

/// Where bundled configs may be, in order: as the user says, with an installed binary, in the source tree
/// that the binary was built in.
std::vector<fs::path> candidate_folders() {
    std::vector<fs::path> folders;
    if (const char* chosen = std::getenv(kFolderVariable); chosen != nullptr && *chosen != '\0')
        return {fs::path(chosen)};
    const fs::path binary = executable_folder();
    folders.push_back((binary / build_info().data_from_bin / "configs").lexically_normal());
    fs::path ancestor = binary;
    for (int level = 0; level < 4 && ancestor.has_relative_path(); ++level) {
        ancestor = ancestor.parent_path();
        folders.push_back(ancestor / "configs");
    }
    return folders;
}

fs::path library_folder() {
    return config_folder() / "libraries";
}

/// Files of others, by their ending.
struct Importer {
    std::string_view ending;
    std::string_view plugin;
};
constexpr std::array kImporters = {Importer{".onnx", "onnx_reader"}, Importer{".tflite", "tflite_reader"}};

const Importer* importer_of(const fs::path& path) {
    const auto found = std::find_if(kImporters.begin(), kImporters.end(), [&](const Importer& importer) {
        return path.extension() == importer.ending;
    });
    return found == kImporters.end() ? nullptr : found;
}

bool of_library(const std::string& name) {
    return name.find(':') != name.npos;
}

bool is_pattern(const std::string& word) {
    return !is_model_path(word) && (word == "all" || word.find_first_of("*?[") != word.npos);
}

/// The digit behind a "v", as in "mobilenet_v3"; 0: none. Another one is another network, not a slip of the
/// finger.
char generation_of(const std::string& name) {
    for (std::size_t i = 1; i < name.size(); ++i) {
        if ((name[i - 1] == 'v' || name[i - 1] == 'V') && name[i] >= '0' && name[i] <= '9') return name[i];
    }
    return 0;
}

}  // namespace

fs::path config_folder() {
    std::error_code ignored;
    std::string tried;
    for (const fs::path& folder : candidate_folders()) {
        if (fs::is_regular_file(folder / "mobilenet_v1.json", ignored)) return folder;
        tried += (tried.empty() ? "" : ", ") + folder.string();
    }
    fail("", fmt::format("expected the bundled model configs in one of {}, found none (set {})", tried,
                         kFolderVariable));
}

namespace {

/// Stems of the model files in a folder, sorted.
std::vector<std::string> model_files_of(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// `LIBRARY:NAME` lies in the folder of the library. Absent: there is no such file.
std::optional<fs::path> file_of(const std::string& name) {
    const std::size_t colon = name.find(':');
    const fs::path path = colon == name.npos
                              ? config_folder() / (name + ".json")
                              : library_folder() / name.substr(0, colon) / (name.substr(colon + 1) + ".json");
    std::error_code ignored;
    if (name.empty() || name.ends_with(':') || !fs::is_regular_file(path, ignored)) return std::nullopt;
    return path;
}

/// `timm:mobilenetv3_small_050` is a family and one of its sizes.
std::optional<ModelConfig> find_size(const std::string& name) {
    const std::size_t end = name.rfind('_');
    const auto path = end == name.npos ? std::nullopt : file_of(name.substr(0, end));
    if (!path) return std::nullopt;
    ModelConfig config = load_model_config(*path);
    for (const NamedSize& size : config.sizes) {
        if (size.name != name.substr(end + 1)) continue;
        config.name = name;
        config.fixed_alpha = size.alpha;
        return config;
    }
    return std::nullopt;
}

/// Every name that --model takes.
std::vector<std::string> every_name() {
    std::vector<std::string> names = model_names();
    for (const std::string& family : library_model_names()) {
        names.push_back(family);
        for (const NamedSize& size : load_model_config(*file_of(family)).sizes)
            names.push_back(fmt::format("{}_{}", family, size.name));
    }
    return names;
}

/// Networks of libraries that are called so there: `mobilenetv2_100` is `timm:mobilenetv2_100`.
std::vector<std::string> called_so_in_libraries(const std::string& name) {
    std::vector<std::string> names = every_name();
    std::erase_if(names, [&](const std::string& one) {
        return !of_library(one) || without_case(one.substr(one.find(':') + 1)) != without_case(name);
    });
    return names;
}

/// A library's name is no part of how alike two of its networks are called.
std::vector<std::string> nearest_models(const std::string& name, const std::vector<std::string>& likely) {
    const std::size_t colon = name.find(':');
    if (colon == name.npos) return nearest_names(name, likely);
    const std::string library = name.substr(0, colon + 1);
    std::vector<std::string> there;
    for (const std::string& one : likely) {
        if (one.starts_with(library)) there.push_back(one.substr(library.size()));
    }
    if (there.empty()) return nearest_names(name, likely);
    std::vector<std::string> near = nearest_names(name.substr(library.size()), there);
    for (std::string& one : near)
        one.insert(0, library);
    return near;
}

/// Names of which one is of the kind that was typed: of a library, or bundled.
std::vector<std::string> names_like(const std::string& name) {
    return of_library(name) ? every_name() : model_names();
}

}  // namespace

std::vector<std::string> nearest_model_names(const std::string& name) {
    std::vector<std::string> likely = names_like(name);
    const char generation = generation_of(name);
    std::erase_if(
        likely, [&](const std::string& one) { return generation != 0 && generation_of(one) != generation; });
    std::vector<std::string> near = nearest_models(name, likely);
    const bool other_spelling = near.size() == 1 && without_case(near.front()) == without_case(name);
    if (const auto alike = other_spelling ? near : called_so_in_libraries(name); !alike.empty()) near = alike;
    return near.empty() ? names_with(name, likely) : near;
}

namespace {

[[noreturn]] void fail_unknown_model(const std::string& name, const std::string& place = "--model") {
    fail_unknown(place, "model", name, names_like(name), nearest_model_names(name));
}

}  // namespace

std::vector<std::string> model_names() {
    return model_files_of(config_folder());
}

std::vector<std::string> models_of_library(const std::string& library) {
    std::vector<std::string> names = model_files_of(library_folder() / library);
    for (std::string& name : names)
        name.insert(0, library + ":");
    return names;
}

std::vector<std::string> library_model_names() {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const fs::directory_entry& library : fs::directory_iterator(library_folder(), ignored)) {
        for (std::string& name : models_of_library(library.path().filename().string()))
            names.push_back(std::move(name));
    }
    std::sort(names.begin(), names.end());
    return names;
}

fs::path bundled_model(const std::string& name, const std::string& place) {
    if (const auto path = file_of(name)) return *path;
    fail_unknown_model(name, place);
}

std::vector<std::string> models_named(const std::vector<std::string>& words) {
    std::vector<std::string> models;
    for (const std::string& word : words) {
        if (!is_pattern(word)) {
            models.push_back(word);
            continue;
        }
        bool any = false;
        for (const std::string& name : of_library(word) ? library_model_names() : model_names()) {
            if (word != "all" && fnmatch(word.c_str(), name.c_str(), 0) != 0) continue;
            any = true;
            if (std::find(models.begin(), models.end(), name) == models.end()) models.push_back(name);
        }
        if (!any) fail_unknown_model(word);
    }
    return models;
}

namespace {

ModelConfig import_model(const fs::path& path, const Importer& importer, const ImportRequest& wanted) {
    const auto [read, reason] = open_plugin<ImportModel>(kImporterPlugins, importer.plugin,
                                                         "mobilenet_cost_import", kImporterInterface);
    if (read == nullptr)
        fail(path.string(), fmt::format("reading {} files is not available: {}", importer.ending, reason));
    const ImportedModel imported = read(path, wanted);
    ModelConfig config = parse_model_config(imported.document, path.string());
    config.weights = imported.weights;
    return config;
}

}  // namespace

bool is_model_path(const std::string& name) {
    return name.find('/') != std::string::npos || fs::path(name).extension() == ".json" ||
           fs::path(name).extension() == ".jsonl" ||  // no model, which its reader says
           importer_of(name) != nullptr;
}

bool is_model_name(const std::string& name) {
    return !is_model_path(name) && (file_of(name) || find_size(name));
}

bool is_file_of_others(const std::string& name_or_path) {
    return importer_of(name_or_path) != nullptr;
}

bool is_model_file(const std::string& path) {
    if (is_file_of_others(path)) return true;
    std::error_code failed;
    if (fs::file_size(path, failed) > kLargestModelFile || failed) return false;
    constexpr std::string_view kSchema = "mobilenet-cost.model.v";
    const std::string text = read_text_file(path, kLargestModelFile);
    if (text.find(kSchema) == text.npos) return false;
    return schema_of_text(text).starts_with(kSchema);
}

ModelConfig find_model(const std::string& name_or_path, const ImportRequest& wanted) {
    if (const Importer* importer = importer_of(name_or_path))
        return import_model(name_or_path, *importer, wanted);
    if (is_model_path(name_or_path)) return load_model_config(name_or_path);
    if (const auto path = file_of(name_or_path)) return load_model_config(*path);
    if (auto config = find_size(name_or_path)) return *std::move(config);
    fail_unknown_model(name_or_path);
}

}  // namespace mobilenet_cost
