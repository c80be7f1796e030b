#pragma once

#include "mobilenet_cost/sweep/run_log.h"

namespace mobilenet_cost {

/// Throws Error, naming the line, for anything that is not such a log or is of another schema. A last line
/// that was torn by a kill is left out, with a note.
[[nodiscard]] StoredRun read_run_log(const std::string& path);

/// The same for the text of a log; `path` is for messages.
[[nodiscard]] StoredRun parse_run_log(std::string_view text, const std::string& path);

/// Cuts a log to its whole lines, so that appending is safe. Throws Error when it cannot.
void repair_run_log(const std::string& path, const StoredRun& stored);

}  // namespace mobilenet_cost
