#pragma once

#include "mobilenet_cost/model/import_request.h"
#include "mobilenet_cost/model/model_config.h"

namespace mobilenet_cost {

/// A bundled name, or a path (anything with a '/' or ending in .json, .onnx or .tflite). LIBRARY:NAME is the
/// network that this library builds; where the name ends in one of its family's sizes, its width multiplier
/// is fixed. Throws Error with the nearest name. A file of another format (.onnx, .tflite) is read by a
/// plug-in, which gets `wanted`.
[[nodiscard]] ModelConfig find_model(const std::string& name_or_path, const ImportRequest& wanted = {});

/// Whether find_model() takes it for a path.
[[nodiscard]] bool is_model_path(const std::string& name_or_path);

/// Whether find_model() has a network of that name, which is no path.
[[nodiscard]] bool is_model_name(const std::string& name);

/// Names that may be meant by one that it has no network of; few, or none.
[[nodiscard]] std::vector<std::string> nearest_model_names(const std::string& name);

/// A path to a file that find_model() reads by a plug-in: of another format than ours.
[[nodiscard]] bool is_file_of_others(const std::string& name_or_path);

/// Whether there is a model in the file: it is of another format than ours, or says that it is a model file.
[[nodiscard]] bool is_model_file(const std::string& path);

/// The file of a bundled model. Throws Error, naming `place`, with the nearest name.
[[nodiscard]] std::filesystem::path bundled_model(const std::string& name, const std::string& place);

/// The models that words of a command line name: a name or a path stands for itself, "all" for every bundled
/// model, and a pattern such as "mobilenet_v3*" for those that match, where they were not named before.
/// Throws Error for a pattern that none matches.
[[nodiscard]] std::vector<std::string> models_named(const std::vector<std::string>& words);

/// Where the bundled configs are. Throws Error when they are nowhere.
[[nodiscard]] std::filesystem::path config_folder();

/// Names of the bundled configs, sorted; without those of libraries.
[[nodiscard]] std::vector<std::string> model_names();

/// LIBRARY:NAME of each family of one library, sorted; none of one that is not known.
[[nodiscard]] std::vector<std::string> models_of_library(const std::string& library);

/// The same of every library.
[[nodiscard]] std::vector<std::string> library_model_names();

}  // namespace mobilenet_cost
