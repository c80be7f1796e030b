#include "mobilenet_cost/pick/published.h"

#include <algorithm>
#include <system_error>

#include "mobilenet_cost/base/document_kind.h"
#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/json_reader.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

constexpr std::size_t kLargestPublishedFile = 1 << 20;  // bytes
constexpr std::size_t kMostRows = 1000;                 // each is left out once of a fit to the others

struct Source {
    std::string id;
    std::string title;
    std::string url;
};

std::string read_url(const ObjectReader& reader) {
    std::string url = reader.text("url");
    if (!url.starts_with("https://")) reader.fail_expected("url", "an address that begins with https://");
    return url;
}

std::vector<Source> read_sources(const ObjectReader& document) {
    const std::size_t count = document.array("sources", 1, kMostRows).size();
    std::vector<Source> sources;
    for (std::size_t i = 0; i < count; ++i) {
        const ObjectReader reader = document.element("sources", i);
        reader.allow_only(std::vector<std::string>{"id", "title", "url"});
        sources.push_back({reader.text("id"), reader.text("title"), read_url(reader)});
        const bool twice = std::any_of(sources.begin(), sources.end() - 1,
                                       [&](const Source& other) { return other.id == sources.back().id; });
        if (twice) reader.fail_expected("id", "a name that no other source has");
    }
    return sources;
}

const Source& find_source(const ObjectReader& reader, const std::vector<Source>& sources) {
    const std::string id = reader.text("source");
    std::vector<std::string> known;
    for (const Source& source : sources) {
        if (source.id == id) return source;
        known.push_back(source.id);
    }
    fail_unknown(reader.place("source"), "source", id, known);
}

PublishedAccuracy read_row(const ObjectReader& reader, const std::vector<Source>& sources) {
    reader.allow_only(
        std::vector<std::string>{"model", "alpha", "resolution", "dtype", "top1", "top5", "source"});
    PublishedAccuracy row;
    row.model = reader.text("model");
    row.alpha = reader.number("alpha", 0, kLargestAlpha);
    row.resolution = reader.integer("resolution", 1, kLargestResolution);
    row.data_type = reader.one_of<DataType>("dtype");
    row.top1 = reader.number("top1", 0, 1);
    if (reader.has("top5")) row.top5 = reader.number("top5", 0, 1);
    if (row.top5 && *row.top5 < row.top1) reader.fail_expected("top5", "at least top1");
    const Source& source = find_source(reader, sources);
    row.source = source.title;
    row.url = source.url;
    return row;
}

bool is_same_checkpoint(const PublishedAccuracy& left, const PublishedAccuracy& right) {
    return left.model == right.model && left.alpha == right.alpha && left.resolution == right.resolution &&
           left.data_type == right.data_type && left.source == right.source;
}

}  // namespace

std::vector<PublishedAccuracy> parse_published(std::string_view text, const std::string& place) {
    const nlohmann::json document = parse_document(text, "mobilenet-cost.published.v1", place);
    const ObjectReader reader(document, place, "");
    reader.allow_only(std::vector<std::string>{"$schema", "schema", "family", "sources", "checkpoints"});
    reader.require_schema("mobilenet-cost.published.v1");
    (void)reader.text("family");  // for people
    const std::vector<Source> sources = read_sources(reader);
    const std::size_t count = reader.array("checkpoints", 1, kMostRows).size();
    std::vector<PublishedAccuracy> rows;
    for (std::size_t i = 0; i < count; ++i) {
        const ObjectReader row = reader.element("checkpoints", i);
        rows.push_back(read_row(row, sources));
        const bool twice = std::any_of(rows.begin(), rows.end() - 1, [&](const PublishedAccuracy& other) {
            return is_same_checkpoint(other, rows.back());
        });
        if (twice) fail(row.place(), "expected each checkpoint once for a source, found it twice");
    }
    return rows;
}

std::vector<PublishedAccuracy> load_published(const std::filesystem::path& folder) {
    std::error_code missing;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, missing)) {
        if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<PublishedAccuracy> rows;
    for (const std::filesystem::path& file : files) {
        for (PublishedAccuracy& row :
             parse_published(read_text_file(file, kLargestPublishedFile), file.string()))
            rows.push_back(std::move(row));
    }
    return rows;
}

std::vector<PublishedAccuracy> bundled_published() {
    return load_published(config_folder() / "published");
}

bool is_publishable(const Variant& variant) {
    const bool imagenet = variant.classes == 1000 || variant.classes == 1001;
    return imagenet && variant.form == Form() &&
           (variant.scope == AlphaScope::published || variant.alpha == 1);
}

const PublishedAccuracy* find_published(const std::vector<PublishedAccuracy>& rows, const std::string& model,
                                        const Variant& variant, DataType data_type) {
    if (!is_publishable(variant)) return nullptr;
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const PublishedAccuracy& row) {
        return row.model == model && row.alpha == variant.alpha && row.resolution == variant.resolution &&
               row.data_type == data_type;
    });
    return found == rows.end() ? nullptr : &*found;
}

}  // namespace mobilenet_cost
