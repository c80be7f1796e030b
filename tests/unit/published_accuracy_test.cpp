#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/pick/published.h"

#include "unit/models.h"

namespace mobilenet_cost {
namespace {

using test::error_of;

const std::string kFolder = std::string(MOBILENET_COST_SOURCE_DIR) + "/configs/published";

const std::string kFile = R"({"schema": "mobilenet-cost.published.v1", "family": "Tiny",
"sources": [{"id": "a", "title": "A list", "url": "https://example.org/a"}],
"checkpoints": [
{"model": "tiny", "alpha": 0.5, "resolution": 32, "dtype": "i8", "top1": 0.25, "top5": 0.5, "source": "a"}]})";

std::string replaced(const std::string& from, const std::string& to) {
    std::string text = kFile;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

std::string error_in(const std::string& text) {
    return error_of([&] { (void)parse_published(text, "p.json"); });
}

const std::vector<PublishedAccuracy>& bundled() {
    static const std::vector<PublishedAccuracy> rows = load_published(kFolder);
    return rows;
}

TEST(ParsePublished, ARow) {
    const std::vector<PublishedAccuracy> expected = {{.model = "tiny",
                                                      .alpha = 0.5,
                                                      .resolution = 32,
                                                      .data_type = DataType::i8,
                                                      .top1 = 0.25,
                                                      .top5 = 0.5,
                                                      .source = "A list",
                                                      .url = "https://example.org/a"}};
    EXPECT_EQ(parse_published(kFile, "p.json"), expected);
    EXPECT_EQ(parse_published(replaced(", \"top5\": 0.5", ""), "p.json").front().top5, std::nullopt);
}

TEST(ParsePublished, WrongFiles) {
    const std::vector<std::pair<std::string, std::string>> wrong = {
        {"{",
         "p.json: line 1, column 2: expected valid JSON, found unexpected end of input; expected string "
         "literal"},
        {replaced(".v1", ".v2"),
         "p.json: /schema: expected \"mobilenet-cost.published.v1\", found \"mobilenet-cost.published.v2\""},
        {replaced("\"family\"", "\"famly\""), "p.json: unknown key \"famly\" (did you mean \"family\"?)"},
        {replaced("https://", "ftp://"),
         "p.json: /sources/0/url: expected an address that begins with https://, found "
         "\"ftp://example.org/a\""},
        {replaced("\"top1\": 0.25", "\"top1\": 25"),
         "p.json: /checkpoints/0/top1: expected a number above 0 and at most 1, found 25"},
        {replaced("\"top5\": 0.5", "\"top5\": 0.2"),
         "p.json: /checkpoints/0/top5: expected at least top1, found 0.2"},
        {replaced("\"top1\": 0.25, ", ""), "p.json: /checkpoints/0: expected a key \"top1\", found none"},
        {replaced("\"source\": \"a\"", "\"source\": \"b\""),
         "p.json: /checkpoints/0/source: unknown source \"b\" (did you mean \"a\"?)"},
        {replaced("\"dtype\": \"i8\"", "\"dtype\": \"i4\""),
         "p.json: /checkpoints/0: unknown dtype \"i4\" (did you mean \"i8\"?)"},
        {replaced("\"alpha\": 0.5", "\"alpha\": 0"),
         "p.json: /checkpoints/0/alpha: expected a number above 0 and at most 1000, found 0"},
        {replaced("\"resolution\": 32", "\"resolution\": 32.5"),
         "p.json: /checkpoints/0/resolution: expected a whole number from 1 to 1000000, found 32.5"}};
    for (const auto& [text, error] : wrong)
        EXPECT_EQ(error_in(text), error);
}

TEST(ParsePublished, NothingTwice) {
    const std::string source = R"({"id": "a", "title": "A list", "url": "https://example.org/a"})";
    EXPECT_EQ(error_in(replaced(source, source + ", " + source)),
              "p.json: /sources/1/id: expected a name that no other source has, found \"a\"");
    const std::string row =
        kFile.substr(kFile.rfind("{\"model\""), kFile.rfind(']') - kFile.rfind("{\"model\""));
    EXPECT_EQ(error_in(replaced(row, row + ", " + row)),
              "p.json: /checkpoints/1: expected each checkpoint once for a source, found it twice");
}

TEST(LoadPublished, NoFolderIsNoRows) {
    EXPECT_TRUE(load_published("/no/such/folder").empty());
}

/// How many there are, by model and data type: TF-slim's tables are whole.
TEST(BundledPublished, Counts) {
    std::map<std::pair<std::string, std::string>, int> counts;
    for (const PublishedAccuracy& row : bundled())
        ++counts[{row.model, std::string(data_type_name(row.data_type))}];
    const std::map<std::pair<std::string, std::string>, int> expected = {
        {{"mobilenet_v1", "f32"}, 16 + 16 + 1},          {{"mobilenet_v1", "i8"}, 16 + 16},
        {{"mobilenet_v2", "f32"}, 22 + 2 + 4},           {{"mobilenet_v2", "i8"}, 4},
        {{"mobilenet_v3_large", "f32"}, 2 + 2 + 2 + 1},  {{"mobilenet_v3_large", "i8"}, 1 + 1 + 1},
        {{"mobilenet_v3_small", "f32"}, 2 + 1 + 2},      {{"mobilenet_v3_small", "i8"}, 1 + 1},
        {{"mobilenet_v3_large_minimalistic", "f32"}, 1}, {{"mobilenet_v3_large_minimalistic", "i8"}, 1},
        {{"mobilenet_v3_small_minimalistic", "f32"}, 1}, {{"mobilenet_v4_conv_small", "f32"}, 2},
        {{"mobilenet_v4_conv_medium", "f32"}, 2},        {{"mobilenet_v4_conv_large", "f32"}, 2}};
    EXPECT_EQ(counts, expected);
}

/// Every row is about a network that there is, at a width and size that the model's config knows; only the
/// paper of V4 also trained wider ones of V2.
TEST(BundledPublished, EveryNetworkExists) {
    for (const PublishedAccuracy& row : bundled()) {
        const ModelConfig& config = test::model(row.model);
        const auto holds = [](const auto& values, auto value) {
            return std::find(values.begin(), values.end(), value) != values.end();
        };
        EXPECT_TRUE(holds(config.resolutions, row.resolution)) << row.model << " " << row.resolution;
        if (!holds(config.alphas, row.alpha)) {
            EXPECT_NE(row.source.find("earlier models trained anew"), std::string::npos) << row.alpha;
        }
        EXPECT_GT(total_cost(config, {.alpha = row.alpha, .resolution = row.resolution}).macs, 0);
    }
}

TEST(BundledPublished, BetterNetworksForMoreWork) {
    // Not a law, but it holds in TF-slim's tables, and a figure in the wrong row would break it.
    std::map<std::pair<std::string, double>, std::map<std::int64_t, double>> by_width;
    for (const PublishedAccuracy& row : bundled()) {
        const auto* first = find_published(bundled(), row.model,
                                           {.alpha = row.alpha, .resolution = row.resolution}, DataType::f32);
        if (first != nullptr) by_width[{row.model, row.alpha}][row.resolution] = first->top1;
    }
    for (const auto& [width, sizes] : by_width) {
        double last = 0;
        for (const auto& [resolution, top1] : sizes) {
            EXPECT_GT(top1, last) << width.first << " " << width.second << " " << resolution;
            last = top1;
        }
    }
}

/// Figures copied by hand from the sources.
TEST(FindPublished, KnownFigures) {
    const auto top1 = [](const std::string& model, double alpha, std::int64_t resolution, DataType type) {
        const auto* row = find_published(bundled(), model, {.alpha = alpha, .resolution = resolution}, type);
        return row == nullptr ? 0 : row->top1;
    };
    EXPECT_EQ(top1("mobilenet_v1", 1, 224, DataType::f32), 0.709);
    EXPECT_EQ(top1("mobilenet_v1", 0.5, 160, DataType::f32), 0.591);
    EXPECT_EQ(top1("mobilenet_v1", 0.25, 128, DataType::i8), 0.395);
    EXPECT_EQ(top1("mobilenet_v2", 1.4, 224, DataType::f32), 0.75);
    EXPECT_EQ(top1("mobilenet_v2", 0.35, 96, DataType::f32), 0.455);
    EXPECT_EQ(top1("mobilenet_v2", 1, 224, DataType::i8), 0.708);
    EXPECT_EQ(top1("mobilenet_v3_large", 0.75, 224, DataType::f32), 0.733);
    EXPECT_EQ(top1("mobilenet_v3_small", 1, 224, DataType::i8), 0.649);
    EXPECT_EQ(top1("mobilenet_v4_conv_large", 1, 384, DataType::f32), 0.829);
    EXPECT_EQ(top1("mobilenet_v2", 1.4, 192, DataType::f32), 0) << "nobody published it";
    EXPECT_EQ(top1("mobilenet_v1", 1, 224, DataType::f16), 0);
    EXPECT_EQ(find_published(bundled(), "mobilenet_v1", {.alpha = 1, .resolution = 224}, DataType::f32)->top5,
              0.899);
}

TEST(FindPublished, OnlyTheNetworkThatWasTrained) {
    const auto found = [](const Variant& variant) {
        return find_published(bundled(), "mobilenet_v1", variant, DataType::f32) != nullptr;
    };
    EXPECT_TRUE(found({.alpha = 0.5, .resolution = 160, .classes = 1001}));
    EXPECT_TRUE(found({.alpha = 0.5, .resolution = 160, .batch = 8}));
    EXPECT_FALSE(found({.alpha = 0.5, .resolution = 160, .classes = 10}));
    EXPECT_FALSE(found({.alpha = 0.5, .resolution = 160, .scope = AlphaScope::inner}));
    EXPECT_TRUE(found({.alpha = 1, .resolution = 160, .scope = AlphaScope::inner})) << "the same network";
}

}  // namespace
}  // namespace mobilenet_cost
