#include "mobilenet_cost/compare/read_stored.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/compare/json_documents.h"
#include "mobilenet_cost/compare/stored_run.h"
#include "mobilenet_cost/sweep/run_log.h"
#include "mobilenet_cost/sweep/run_log_read.h"

namespace mobilenet_cost {
namespace {

using nlohmann::json;

struct Reader {
    std::string schema;
    StoredDocument (*read)(const json& document, const std::string& file);
};

const std::array<Reader, 3>& readers() {
    static const std::array<Reader, 3> rows = {{{"mobilenet-cost.cost.v1", read_cost_document},
                                                {"mobilenet-cost.sweep.v1", read_sweep_document},
                                                {"mobilenet-cost.bench.v1", read_bench_document}}};
    return rows;
}

/// "mobilenet-cost.sweep.v2" -> "mobilenet-cost.sweep.v"
std::string_view without_version(std::string_view schema) {
    return schema.substr(0, schema.find_last_not_of("0123456789") + 1);
}

std::vector<std::string> known_schemas() {
    std::vector<std::string> names;
    for (const Reader& reader : readers())
        names.push_back(reader.schema);
    names.emplace_back(kRunLogSchema);
    return names;
}

[[noreturn]] void fail_schema(const std::string& schema, const std::string& file) {
    for (const std::string& known : known_schemas()) {
        if (without_version(known) == without_version(schema))
            fail(file, fmt::format("expected the schema \"{}\", found {}, of another version of this "
                                   "program",
                                   known, in_quotes(schema)));
    }
    const std::string kind = document_kind(schema);
    if (!kind.empty())
        fail(file,
             fmt::format("expected a run log or a document of `cost`, `sweep` or `bench`, found {}", kind));
    fail_unknown(file, "schema", schema, known_schemas());
}

StoredDocument read_document(const json& document, const std::string& file) {
    const std::string schema = ObjectReader(document, file, "").text("schema");
    const auto reader = std::find_if(readers().begin(), readers().end(),
                                     [&](const Reader& row) { return row.schema == schema; });
    if (reader == readers().end()) fail_schema(schema, file);
    return reader->read(document, file);
}

StoredDocument read_log(std::string_view text, const std::string& file) {
    const StoredRun stored = parse_run_log(text, file);
    StoredDocument document = stored_run(stored.run, file);
    document.note = stored.note;
    return document;
}

/// The schema of a first line that is an object by itself; empty: it is none.
std::string schema_of_line(std::string_view line, const std::string& file) try {
    if (!line.starts_with('{') || line.find('}') == std::string_view::npos) return "";
    const json parsed = parse_json(line, file);
    const auto schema = parsed.find("schema");
    return schema != parsed.end() && schema->is_string() ? schema->get<std::string>() : "";
} catch (const Error&) {  // no document by itself
    return "";
}

}  // namespace

StoredDocument parse_stored(std::string_view text, const std::string& file) {
    const std::size_t end = text.find('\n');
    const std::string schema = schema_of_line(text.substr(0, end), file);
    if (without_version(schema) == without_version(kRunLogSchema)) return read_log(text, file);
    const bool more_lines = end != std::string_view::npos && end + 1 < text.size();
    if (!schema.empty() && more_lines)
        fail(file, fmt::format("expected one document or a run log, found lines of {} (write it with "
                               "--format json)",
                               in_quotes(schema)));
    return read_document(parse_json(text, file), file);
}

StoredDocument read_stored(const std::string& path) {
    return parse_stored(read_text_file(path, kLargestLog), path);
}

}  // namespace mobilenet_cost
