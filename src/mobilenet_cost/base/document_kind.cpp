#include "mobilenet_cost/base/document_kind.h"

#include <algorithm>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_parse.h"

namespace mobilenet_cost {
namespace {

struct Kind {
    std::string_view name;   ///< mobilenet-cost.NAME.vN
    std::string_view words;  ///< with its article
    std::string_view readers;
};

constexpr Kind kKinds[] = {
    {"run", "a run log", "`report`, `compare` and `pick --from` read"},
    {"sweep", "a sweep's document", "`compare`, `pick --from` and `gate --cells` read"},
    {"cost", "a document of `cost`", "`compare` reads"},
    {"bench", "a document of `bench`", "`compare` and `pick --from` read"},
    {"budget", "a file of budgets", "`budget` reads"},
    {"model", "a model file", "`--model` reads"},
    {"published", "a file of published accuracies", "`pick` reads from configs/published"},
    {"gate", "a document of `gate`", "`report` reads"},
    {"self_test", "a document of `self-test`", ""},
    {"compare", "a document of `compare`", ""},
    {"network_diff", "a document of `compare`", ""},
    {"pick", "a document of `pick`", ""},
    {"budget_report", "a document of `budget`", ""},
    {"machine", "a document of `machine`", ""},
    {"models", "a document of `models`", ""},
    {"engines", "a document of `engines`", ""},
    {"conventions", "a document of `conventions`", ""},
    {"report", "the data of a page", ""},
};

/// "mobilenet-cost.sweep.v1" -> "sweep"; empty: it is none of this form.
std::string_view kind_name(std::string_view schema) {
    constexpr std::string_view kPrefix = "mobilenet-cost.";
    const std::size_t end = schema.rfind(".v");
    if (!schema.starts_with(kPrefix) || end == schema.npos || end < kPrefix.size()) return {};
    return schema.substr(kPrefix.size(), end - kPrefix.size());
}

std::string schema_of(const nlohmann::json& document) {
    if (!document.is_object()) return {};
    const auto schema = document.find("schema");
    return schema != document.end() && schema->is_string() ? schema->get<std::string>() : std::string();
}

/// Throws Error if the document says that it is another one of this program's than that of this schema.
void refuse_other_kind(const nlohmann::json& document, std::string_view schema, std::string_view place) {
    const std::string found = schema_of(document);
    const std::string kind = document_kind(found);
    if (kind.empty() || kind_name(found) == kind_name(schema)) return;
    fail(place, fmt::format("expected a document of the schema \"{}\", found {}", schema, kind));
}

}  // namespace

std::string document_kind(std::string_view schema) {
    for (const Kind& kind : kKinds) {
        if (kind_name(schema) != kind.name) continue;
        const std::string readers =
            kind.readers.empty() ? "no command reads" : fmt::format("{}", kind.readers);
        return fmt::format("{} ({}), which {}", kind.words, schema, readers);
    }
    return {};
}

std::string schema_of_text(std::string_view text) {
    const std::string_view line = text.substr(0, text.find('\n'));
    for (const std::string_view part : {line, text}) {
        const auto json = nlohmann::json::parse(part, nullptr, false);
        std::string schema = json.is_discarded() ? "" : schema_of(json);
        if (!document_kind(schema).empty()) return schema;
    }
    return {};
}

std::string document_kind_of_text(std::string_view text) {
    return document_kind(schema_of_text(text));
}

std::string_view kind_of_other_text(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n\xef\xbb\xbf"), text.size()));
    if (text.starts_with("<?xml")) return "XML";
    return text.starts_with("<!") || text.starts_with("<html") ? "a web page" : "no JSON";
}

nlohmann::json parse_document(std::string_view text, std::string_view schema, std::string_view place) {
    nlohmann::json document;
    try {
        document = parse_json(text, place);
    } catch (const Error&) {
        const std::string found = schema_of_text(text);
        const bool same = kind_name(found) == kind_name(schema);  // damaged, which the first message tells
        const std::string kind =
            text.starts_with('<') ? std::string(kind_of_other_text(text)) : document_kind(found);
        if (kind.empty() || (same && !found.empty())) throw;
        fail(place, fmt::format("expected a document of the schema \"{}\", found {}", schema, kind));
    }
    refuse_other_kind(document, schema, place);
    return document;
}

}  // namespace mobilenet_cost
