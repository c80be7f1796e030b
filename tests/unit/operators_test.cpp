#include "mobilenet_cost/model/operators.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "mobilenet_cost/base/json_parse.h"
#include "mobilenet_cost/base/text_file.h"

namespace mobilenet_cost {
namespace {

using Names = std::set<std::string>;

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;

/// The list of a schema in which some name stands, wherever it is.
const nlohmann::json* list_with(const nlohmann::json& json, const std::string& name) {
    if (json.is_array() && std::find(json.begin(), json.end(), name) != json.end()) return &json;
    for (const nlohmann::json& part : json) {
        if (!part.is_structured()) continue;
        if (const nlohmann::json* const list = list_with(part, name)) return list;
    }
    return nullptr;
}

Names names_in(const std::string& schema) {
    const std::string path = std::string(MOBILENET_COST_SOURCE_DIR "/docs/schemas/") + schema;
    const nlohmann::json document = parse_json(read_text_file(path, kMostBytes), path);
    const nlohmann::json* const list = list_with(document, "non_max_suppression");
    return list == nullptr ? Names() : list->get<Names>();
}

Names names_of_table() {
    const std::vector<std::string> names = operator_names();
    return {names.begin(), names.end()};
}

TEST(OperatorTable, NamesAreThoseOfTheModelFilesSchema) {
    EXPECT_EQ(names_in("model.schema.json"), names_of_table());
}

TEST(OperatorTable, LayersOfADocumentMayHaveEveryName) {
    const Names listed = names_in("cost.schema.json");
    for (const std::string& name : operator_names())
        EXPECT_TRUE(listed.contains(name)) << name;
}

TEST(OperatorTable, EveryNameStandsOnce) {
    EXPECT_EQ(names_of_table().size(), operator_table().size());
    Names plain;
    for (const OperatorRow& row : operator_table()) {
        if (row.onnx.empty()) continue;
        EXPECT_TRUE(plain.emplace(row.onnx).second) << row.onnx;
        EXPECT_EQ(operator_table()[*operator_of_onnx(row.onnx)].name, row.name);
    }
    EXPECT_FALSE(operator_of_onnx("").has_value());
}

}  // namespace
}  // namespace mobilenet_cost
